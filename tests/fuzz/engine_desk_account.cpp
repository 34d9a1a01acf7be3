// What the engine asks for, and the rules that each command must keep.
#include <algorithm>
#include <cmath>
#include <utility>

#include "fuzz/engine_desk.hpp"

namespace outdial::fuzz {

using std::chrono::seconds;

void EngineDesk::step(const Input& input) {
    for (const Command& command : engine_.step(now_, input)) {
        std::visit([this](const auto& asked) { account(asked); }, command);
    }
}

// Only where the campaign may dial now.
void EngineDesk::check_routes(const Slot& slot, std::size_t campaign) const {
    const ServerState& server = servers_[place_of(slot.server)];
    OUTDIAL_CHECK(server.up && server.listed && !server.draining);
    OUTDIAL_CHECK(states_[campaign] == CampaignState::running);
    OUTDIAL_CHECK(!stopped_);
    OUTDIAL_CHECK(levels_[first_campaign + campaign].configured);
    OUTDIAL_CHECK(levels_[first_trunk + place_of(slot.trunk)].configured);
    OUTDIAL_CHECK(levels_[first_server + place_of(slot.server)].configured);
}

void EngineDesk::account(const ClaimRequest& request) {
    const auto campaign = static_cast<std::size_t>(request.campaign.value) - 1;
    OUTDIAL_CHECK(!request.slots.empty());
    OUTDIAL_CHECK(load_ < 0.75);
    for (const Slot& slot : request.slots) {
        check_routes(slot, campaign);
        Attempt attempt{.state = Attempt::State::asked,
                        .slot = slot,
                        .campaign = campaign,
                        .levels = {all_level, first_server + place_of(slot.server), first_trunk + place_of(slot.trunk),
                                   first_campaign + campaign},
                        .contact = {},
                        .charged = 0,
                        .facts = {},
                        .over = false,
                        .records_asked = false};
        for (const std::size_t place : attempt.levels) {
            OUTDIAL_CHECK(++levels_[place].occupied <= levels_[place].cap.channels);
        }
        OUTDIAL_CHECK(attempts_.emplace(slot.attempt, std::move(attempt)).second);
    }
    claims_asked_.push_back(request);
}

void EngineDesk::check_rate(Level& level) {
    while (!level.sends.empty() && now_.steady - level.sends.front() > seconds{1}) level.sends.pop_front();
    level.sends.push_back(now_.steady);
    OUTDIAL_CHECK(static_cast<double>(level.sends.size()) <= std::ceil(level.cap.originates_per_second));
}

void EngineDesk::account(const OriginateOrder& order) {
    Attempt& attempt = attempts_.at(order.attempt);
    // Committed, and for the first and only time.
    OUTDIAL_CHECK(attempt.state == Attempt::State::committed);
    OUTDIAL_CHECK(load_ < 0.9);
    OUTDIAL_CHECK(order.server == attempt.slot.server);
    check_routes(attempt.slot, attempt.campaign);
    for (const std::size_t place : attempt.levels) {
        OUTDIAL_CHECK(++levels_[place].calls <= levels_[place].cap.channels);
        check_rate(levels_[place]);
    }
    attempt.state = Attempt::State::sent;
    attempt.facts.originated_at = now_.utc;
    sent_.push_back(order.attempt);
}

void EngineDesk::account(const HangUp& command) {
    const Attempt& attempt = attempts_.at(command.attempt);
    OUTDIAL_CHECK(attempt.state == Attempt::State::sent && command.server == attempt.slot.server);
    OUTDIAL_CHECK(!attempt.facts.answered_at);  // nobody's conversation is ended by us
}

void EngineDesk::account(const Settlement& settlement) {
    Attempt& attempt = attempts_.at(settlement.attempt);
    const bool was_sent = attempt.state == Attempt::State::sent;
    OUTDIAL_CHECK(was_sent || attempt.state == Attempt::State::committed);
    OUTDIAL_CHECK(settlement.contact == attempt.contact);
    if (!was_sent) OUTDIAL_CHECK(settlement.disposition == Disposition::canceled && !settlement.next.charged);
    if (settlement.next.kind == NextStep::Kind::retry) {
        OUTDIAL_CHECK(attempt.charged + (settlement.next.charged ? 1 : 0) < max_attempts);
    }
    free_channel(attempt);
    attempt.state = Attempt::State::settled;
}

void EngineDesk::account(const ProgressMade& progress) {
    for (const Progress& made : progress.attempts) {
        OUTDIAL_CHECK(attempts_.at(made.attempt).state == Attempt::State::sent);
    }
}

void EngineDesk::account(const CampaignStateChanged& changed) {
    CampaignState& state = states_[static_cast<std::size_t>(changed.campaign.value) - 1];
    OUTDIAL_CHECK(state != changed.state);
    state = changed.state;
}

void EngineDesk::account(const ListChannels& command) {
    ServerState& server = servers_[place_of(command.server)];
    OUTDIAL_CHECK(server.up && !server.list_asked);
    server.list_asked = true;
    server.list_asked_at = now_.steady;
}

void EngineDesk::account(const ReconnectServer& command) {
    OUTDIAL_CHECK(load_ >= 1.0);
    OUTDIAL_CHECK(servers_[place_of(command.server)].up);
}

void EngineDesk::account(const OptedOut& command) {
    OUTDIAL_CHECK(attempts_.at(command.attempt).facts.result == opted_out);
    OUTDIAL_CHECK(!command.numbers.empty());
}

void EngineDesk::account(const FindCallRecords& command) {
    for (const AttemptId& id : command.attempts) {
        Attempt& attempt = attempts_.at(id);
        OUTDIAL_CHECK(attempt.state == Attempt::State::sent && attempt.slot.server == command.server);
        OUTDIAL_CHECK(!std::exchange(attempt.records_asked, true));
    }
    records_asked_.push_back(command);
}

void EngineDesk::account(const Alert& alert) { OUTDIAL_CHECK(!alert.about.empty() && !alert.text.empty()); }

void EngineDesk::fold_fact(Attempt& attempt, const ChannelEvent& event) {
    attempt.facts = fold(attempt.facts, event);
    const CallFacts& facts = attempt.facts;
    if (facts.ended_at || facts.refused_at || facts.not_sent_at || (facts.originate_failed_at && !facts.created_at)) {
        free_channel(attempt);
    }
}

void EngineDesk::free_channel(Attempt& attempt) {
    if (attempt.over) return;
    attempt.over = true;
    for (const std::size_t place : attempt.levels) {
        --levels_[place].occupied;
        if (attempt.state == Attempt::State::sent) --levels_[place].calls;
    }
}

}  // namespace outdial::fuzz
