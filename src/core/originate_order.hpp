#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/attempt.hpp"
#include "core/site.hpp"

namespace outdial {

/// Everything that an Originate says, rendered for one attempt. Exactly one of `exten` and `application` is set.
struct OriginateOrder {
    AttemptId attempt;
    std::string server;
    std::string channel;  // PJSIP/12125550100@carrier-a
    std::string context;
    std::string exten;
    int priority = 1;
    std::string application;
    std::string data;
    std::string caller_id_name;
    std::string caller_id_number;
    Milliseconds ring_timeout{};
    std::vector<std::pair<std::string, std::string>> variables;
};

[[nodiscard]] OriginateOrder originate_order(const Claim& claim, const Campaign& campaign, const Trunk& trunk);

}  // namespace outdial
