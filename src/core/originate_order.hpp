#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/attempt.hpp"
#include "core/site.hpp"

namespace outdial {

/// An Originate that Asterisk takes up later than this has waited in a server that hung: whoever it was for may be in
/// another call by then, or asleep. As long as a link may be silent before it is given up.
inline constexpr Milliseconds originate_valid_for = std::chrono::seconds{10};
/// The channel variable that says so, in seconds since 1970 by the server's clock; the dialplan looks at it.
inline constexpr const char* not_after_variable = "OUTDIAL_NOT_AFTER";
/// Who is to talk, on the call that keeps a callback for a named agent.
inline constexpr const char* agent_variable = "OUTDIAL_AGENT";

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
