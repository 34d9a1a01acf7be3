#pragma once

#include <string>
#include <vector>

#include "core/campaign.hpp"
#include "core/template.hpp"

namespace outdial {

/// A cap that is never exceeded: calls begun in any sliding second, and calls at once.
struct Cap {
    double originates_per_second = 0;
    int channels = 0;
};

/// One Asterisk, as the scheduler sees it; how to reach it is the configuration's and the daemon's matter.
struct Server {
    std::string name;
    Cap cap;
    bool has_call_records = false;  // it keeps call detail records that can be read afterwards
};

/// Where calls leave.
struct Trunk {
    std::string name;
    std::vector<std::string> servers;  // names of Site::servers that can dial through it
    Template dial;                     // "PJSIP/{digits}@carrier-a"
    Cap cap;
    std::vector<std::string> caller_ids;  // E.164, used in turn; may be empty
};

/// Everything the engine needs to know of the configuration. Names are unique in their list, and every name referred to
/// exists.
struct Site {
    Cap limits;  // all servers together
    std::vector<Server> servers;
    std::vector<Trunk> trunks;
    std::vector<Campaign> campaigns;
};

}  // namespace outdial
