// What the engine remembers of each campaign, trunk, server and attempt; for engine*.cpp only.
#pragma once

#include "core/engine.hpp"

namespace outdial {

inline constexpr Milliseconds silence_after_timeout =
    std::chrono::seconds{15};  // past the ring timeout without an end: ask for the channels
inline constexpr Milliseconds list_interval = std::chrono::seconds{60};  // between lists of channels while calls are up
inline constexpr Milliseconds list_event_grace =
    std::chrono::seconds{5};                    // younger than that: a list says nothing about an attempt
inline constexpr int refusals_before_hold = 3;  // refused Originates in a row
inline constexpr Milliseconds silence_limit =
    std::chrono::seconds{10};  // after an accepted Originate without any event: the server is not heard

struct Engine::ServerRun {
    // down -> reconciling (its channels are being listed) -> ready; draining: up, but it takes no new calls.
    enum class State { down, reconciling, ready, draining };

    std::string name;
    Capacity capacity;
    bool configured = true;
    bool has_call_records = false;
    State state = State::down;
    int originate_window = 0;
    int unanswered = 0;       // Originates without a Response
    bool list_asked = false;  // a ListChannels is on its way
    SteadyTime list_due = SteadyTime::max();
    SteadyTime up_since{};
    SteadyTime down_since{};
    double turn = 0;  // when it is next: grows with each slot by one part of its free channels
    SteadyTime unheard_since = SteadyTime::max();  // of an accepted Originate that no event has followed
    bool silent = false;                           // it accepts Originates and tells nothing of them
    SteadyTime silent_until{};                     // then it is probed with one call
    int silences = 0;                              // one after the other

    [[nodiscard]] bool takes_calls() const {
        return configured && state == State::ready && !silent && unanswered < originate_window && !probes();
    }
    // One call at a time shows whether it is heard again.
    [[nodiscard]] bool probes() const {
        return silences > 0 && (capacity.waiting() + unanswered > 0 || unheard_since != SteadyTime::max());
    }
    void forget_silence() {
        unheard_since = SteadyTime::max();
        silent = false;
        silences = 0;
    }
};

struct Engine::TrunkRun {
    Trunk trunk;
    Capacity capacity;
    bool configured = true;
    std::size_t next_caller_id = 0;
    double turn = 0;  // as ServerRun's
};

struct Engine::CampaignRun {
    CampaignRecord record;
    Campaign campaign;
    Capacity capacity;
    bool configured = true;
    int live = 0;        // attempts that are not settled
    int unanswered = 0;  // Originates without a Response
    double served = 0;   // slots so far, divided by the weight: the campaign with the least is next
    bool claim_asked = false;
    bool claim_withdrawn = false;  // it was asked for by other rules than now hold
    SteadyTime claim_asked_at{};
    std::size_t slots_asked = 0;
    UtcTime not_before{};                       // no contact is due before
    bool outside_hours = false;                 // because of their calling hours
    UtcTime due_meanwhile = UtcTime::max();     // learnt since the claim was asked for, which its answer cannot know
    SteadyTime ask_again_at{};                  // the store had nothing, or could not: so long it is left alone
    int refusals = 0;                           // Originates refused one after the other
    SteadyTime held_until = SteadyTime::min();  // after refusals
    std::string held_because = {};
    std::string problem = {};    // why the store claims nobody for it
    std::string preparing = {};  // what the store does for it before it claims anybody

    [[nodiscard]] bool dials() const { return configured && record.state == CampaignState::running; }
    // One probe at a time is enough to learn whether refusals have ended.
    [[nodiscard]] bool probes() const {
        return refusals >= refusals_before_hold && capacity.waiting() + unanswered > 0;
    }
    // A contact may be due from then on, whatever the store knew when it was last asked.
    void expect_due(UtcTime at) {
        not_before = std::min(not_before, at);
        due_meanwhile = std::min(due_meanwhile, at);
    }
    // Contacts, rules or the state have changed: what the store said before counts no more.
    void ask_at_once() {
        expect_due(UtcTime{});
        ask_again_at = SteadyTime{};
    }
};

struct Engine::LiveAttempt {
    Claim claim;  // claim.facts is what is known
    CampaignRun* campaign;
    TrunkRun* trunk;
    ServerRun* server;
    SlotStage stage = SlotStage::reserved;
    std::uint64_t in_hand_number = 0;  // the order in which claims came
    bool withdrawn = false;            // it must not leave, if it has not
    bool forbidden = false;            // its number came onto a do-not-call list
    bool awaits_response = false;      // counted in ServerRun::unanswered and CampaignRun::unanswered
    bool changed = false;              // listed in Engine::changed_
    SteadyTime sent_at{};
    SteadyTime last_event_at{};
    int missed_lists = 0;        // channel lists in a row without it
    bool records_asked = false;  // FindCallRecords was commanded for it
    SteadyTime rings_since = SteadyTime::max();
    SteadyTime cancel_at = SteadyTime::max();  // it is to be hung up and must ring on until then
    SteadyTime deadline = SteadyTime::max();

    [[nodiscard]] const AttemptId& id() const { return claim.slot.attempt; }
    [[nodiscard]] bool is_sent() const { return claim.facts.originated_at && !claim.facts.not_sent_at; }
    // Nobody has heard a call that does not ring yet; one that rings does so for as long as the campaign's rules want.
    [[nodiscard]] bool must_ring_on(const Now& now) const {
        return rings_since != SteadyTime::max() && now.steady < rings_since + campaign->campaign.ring_floor;
    }
    [[nodiscard]] SteadyTime silent_at() const {
        return sent_at + campaign->campaign.ring_timeout + silence_after_timeout;
    }
};

template <class Command>
void Engine::emit(Command&& command) {
    commands_.emplace_back(std::forward<Command>(command));
}

// Every configured trunk of the campaign with every server that dials through it and takes calls now.
template <class Visitor>
void Engine::for_each_route(const CampaignRun& campaign, Visitor visit) const {
    for (const std::string& trunk_name : campaign.campaign.trunks) {
        const auto trunk = trunks_.find(trunk_name);
        if (trunk == trunks_.end() || !trunk->second->configured) continue;
        for (const std::string& server_name : trunk->second->trunk.servers) {
            const auto server = servers_.find(server_name);
            if (server == servers_.end() || !server->second->takes_calls()) continue;
            visit(*trunk->second, *server->second);
        }
    }
}

}  // namespace outdial
