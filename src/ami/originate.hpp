#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "ami/action.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace outdial::ami {

/// A call to place. Once answered, the channel goes to the application when one is named, else to the extension.
struct Originate {
    std::string channel_id;  // becomes the channel's Uniqueid, and is the action's ActionID: [a-z0-9-]
    std::string channel;     // "PJSIP/12125550100@carrier-a"

    std::string context;  // and `exten` and `priority`
    std::string exten;
    int priority = 1;

    std::string application;  // "Stasis"
    std::string data;         // "voicebot,4711"

    std::string caller_id_name;
    std::string caller_id_number;
    Milliseconds timeout{30'000};  // how long it may ring
    std::string account;
    std::vector<std::pair<std::string, std::string>> variables;  // name, value
};

// What Asterisk cuts or misreads beyond (main/manager.c, action_originate): a longer value is refused here.
inline constexpr std::size_t max_channel_bytes = 255;
inline constexpr std::size_t max_context_bytes = 79;
inline constexpr std::size_t max_exten_bytes = 79;
inline constexpr std::size_t max_application_bytes = 31;
inline constexpr std::size_t max_caller_id_bytes = 255;  // of `"Name" <number>`
inline constexpr Milliseconds min_ring_timeout{1'000};   // 0 would ring for ever
inline constexpr Milliseconds max_ring_timeout{180'000};

/// The action, its ActionID to be `channel_id`; or why Asterisk would refuse, cut or misunderstand it. Always async (a
/// synchronous one blocks the whole session until the answer), never EarlyMedia (it books a 183 as an answer).
[[nodiscard]] Result<Action> to_action(const Originate& call);

}  // namespace outdial::ami
