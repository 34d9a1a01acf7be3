#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/time.hpp"
#include "sim/witness.hpp"
#include "sim/world.hpp"

namespace outdial::sim {

/// One Originate and the channel that came of it.
struct Call {
    enum class Phase {
        queued,   // accepted; no channel yet
        dialing,  // the channel exists, the far end has been invited
        up,       // answered, in the dialplan or an application
        ended,    // Hangup sent; only a late OriginateResponse is left
    };
    /// Asterisk's ChannelState numbers.
    enum class State { down = 0, ringing = 5, up = 6 };

    // As asked for.
    WitnessRow seen;  // what was received, and what has happened since
    CallPlan plan;
    std::string uniqueid;  // the ChannelId, or generated
    std::string technology;
    std::string dial_string;  // of `PJSIP/2125550101@trunk`: 2125550101@trunk
    std::string caller_name;
    std::string caller_number;
    std::string application;  // instead of an extension
    std::string data;
    int priority = 1;
    std::vector<std::pair<std::string, std::string>> variables;
    std::optional<Microseconds> ring_timeout;  // nothing: rings for ever

    // As it has come to be.
    std::string name;  // the channel's: PJSIP/trunk-0000002a
    Phase phase = Phase::queued;
    State state = State::down;
    bool caller_set = false;     // the channel's caller id is what was asked for; `<unknown>` before
    bool connected_set = false;  // its connected line
    bool dial_begun = false;     // DialBegin was sent
    bool response_due = true;    // the OriginateResponse was not sent yet
    bool succeeded = false;      // it will say so
    int reason = 0;              // and give this Reason
    bool in_dialplan =
        false;  // it stands at its own context, exten and priority; before, where its endpoint would enter
    int dialplan_priority = 1;
    std::string running_application;
    std::string running_data;
    SteadyTime created{};
};

}  // namespace outdial::sim
