#pragma once

#include <string>
#include <vector>

#include "ami/pending_actions.hpp"
#include "base/result.hpp"

namespace outdial::ami {

/// A row of CoreShowChannels.
struct ListedChannel {
    std::string unique_id;
    std::string linked_id;
    std::string name;         // "PJSIP/carrier-a-0000002c"
    int state = 0;            // 5 ringing, 6 up (include/asterisk/channelstate.h)
    std::string application;  // "AppDial2" while an Originate rings

    bool operator==(const ListedChannel&) const = default;
};

/// What CoreShowChannels was answered with. `server` names it in the error.
[[nodiscard]] Result<std::vector<ListedChannel>> listed_channels(const Reply& reply, const std::string& server);

}  // namespace outdial::ami
