// What the engine remembers of each campaign, trunk, server and attempt; for engine*.cpp only.
#pragma once

#include <deque>

#include "core/engine.hpp"

namespace outdial {

inline constexpr Milliseconds silence_after_timeout =
    std::chrono::seconds{15};  // past the ring timeout without an end: ask for the channels
inline constexpr Milliseconds list_interval = std::chrono::seconds{60};  // between lists of channels while calls are up
inline constexpr int refusals_before_hold = 3;                           // refused Originates in a row

struct Engine::ServerRun {
    // down -> reconciling (its channels are being listed) -> ready; draining: up, but it takes no new calls.
    enum class State { down, reconciling, ready, draining };

    std::string name;
    Capacity capacity;
    bool configured = true;
    State state = State::down;
    int originate_window = 0;
    int unanswered = 0;       // Originates without a Response
    bool list_asked = false;  // a ListChannels is on its way
    SteadyTime list_due = SteadyTime::max();
    SteadyTime down_since{};
};

struct Engine::TrunkRun {
    Trunk trunk;
    Capacity capacity;
    bool configured = true;
    std::size_t next_caller_id = 0;
    std::deque<LiveAttempt*> in_hand = {};  // first come, first sent
};

struct Engine::CampaignRun {
    CampaignRecord record;
    Campaign campaign;
    Capacity capacity;
    bool configured = true;
    int live = 0;       // attempts that are not settled
    double served = 0;  // slots so far, divided by the weight: the campaign with the least is next
    bool claim_asked = false;
    SteadyTime claim_asked_at{};
    UtcTime not_before{};                       // no contact is due before
    int refusals = 0;                           // Originates refused one after the other
    SteadyTime held_until = SteadyTime::min();  // after refusals
    std::string held_because = {};

    [[nodiscard]] bool dials() const { return configured && record.state == CampaignState::running; }
};

struct Engine::LiveAttempt {
    Claim claim;  // claim.facts is what is known
    CampaignRun* campaign;
    TrunkRun* trunk;
    ServerRun* server;
    SlotStage stage = SlotStage::reserved;
    bool awaits_response = false;  // counted in ServerRun::unanswered
    bool changed = false;          // listed in Engine::changed_
    SteadyTime sent_at{};
    SteadyTime last_event_at{};
    int missed_lists = 0;  // channel lists in a row without it
    SteadyTime deadline = SteadyTime::max();

    [[nodiscard]] const AttemptId& id() const { return claim.slot.attempt; }
    [[nodiscard]] bool is_sent() const { return claim.facts.originated_at && !claim.facts.not_sent_at; }
};

template <class Command>
void Engine::emit(Command&& command) {
    commands_.emplace_back(std::forward<Command>(command));
}

}  // namespace outdial
