// What is still alive: servers come and go, and what they tell of their channels decides when events were missed. An
// attempt of which two lists in a row say nothing is over, seen or not.
#include <algorithm>

#include "base/check.hpp"
#include "core/engine_state.hpp"
#include "core/verdict.hpp"

namespace outdial {

namespace {

constexpr auto list_again_after = std::chrono::seconds{3};  // an attempt was missing from one list
constexpr int lists_missed_before_lost = 2;
constexpr auto talk_limit_while_down =
    std::chrono::minutes{60};  // of a server: then an answered call's end will not be seen any more

}  // namespace

// --- servers

void Engine::take(const Now& now, const ServerUp& input) {
    const auto found = servers_.find(input.server);
    if (found == servers_.end()) return;
    ServerRun& server = *found->second;
    server.state = ServerRun::State::reconciling;
    server.up_since = now.steady;
    server.originate_window = input.originate_window;
    server.list_asked = false;
    server.list_due = now.steady;
}

void Engine::take(const Now& now, const ServerDown& input) {
    const auto found = servers_.find(input.server);
    if (found == servers_.end()) return;
    ServerRun& server = *found->second;
    if (server.state != ServerRun::State::down) server.down_since = now.steady;
    server.state = ServerRun::State::down;
    server.forget_silence();
    server.list_asked = false;
    server.list_due = SteadyTime::max();
    for (auto& [id, attempt] : attempts_) {
        if (attempt->server != &server) continue;
        response_known(*attempt);  // it will not come any more; reconciliation tells what was under way
        attempt->missed_lists = 0;
    }
    OUTDIAL_CHECK(server.unanswered == 0);
}

void Engine::take(const Now&, const ServerDraining& input) {
    const auto found = servers_.find(input.server);
    if (found != servers_.end() && found->second->state != ServerRun::State::down)
        found->second->state = ServerRun::State::draining;
}

void Engine::take(const Now& now, const ChannelListFailed& input) {
    const auto found = servers_.find(input.server);
    if (found == servers_.end() || found->second->state == ServerRun::State::down) return;
    found->second->list_asked = false;
    found->second->list_due = now.steady + list_again_after;
}

void Engine::take(const Now& now, const ChannelList& input) {
    const auto found = servers_.find(input.server);
    if (found == servers_.end() || !found->second->list_asked) return;
    ServerRun& server = *found->second;
    server.list_asked = false;
    server.list_due = now.steady + list_interval;
    if (server.state == ServerRun::State::reconciling) server.state = ServerRun::State::ready;

    using Kind = ChannelEvent::Kind;
    std::vector<AttemptId> listed;
    for (const ChannelList::Row& row : input.rows) {
        listed.push_back(row.attempt);
        const Kind kind = row.up ? Kind::answered : row.ringing ? Kind::ringing : Kind::created;
        if (attempts_.contains(row.attempt)) {
            fold_event(now,
                       AttemptEvent{.attempt = row.attempt,
                                    .event = {.kind = kind, .at = now.utc, .cause = {}, .tech_cause = {}, .text = {}}});
        }
    }
    std::ranges::sort(listed);

    std::vector<LiveAttempt*> gone;
    for (auto& [id, attempt] : attempts_) {
        if (attempt->server != &server || !attempt->is_sent()) continue;
        // The list is no barrier in the stream of events: of what was sent or heard of a moment ago it says nothing.
        // But nothing of an earlier link is still on its way.
        const bool of_earlier_link = attempt->last_event_at < server.up_since;
        const bool quiet = of_earlier_link || attempt->last_event_at + list_event_grace <= input.asked_at;
        if (std::ranges::binary_search(listed, id) || !quiet) {
            attempt->missed_lists = 0;
        } else if (++attempt->missed_lists >= lists_missed_before_lost) {
            gone.push_back(attempt.get());
        } else {
            server.list_due = now.steady + list_again_after;
        }
    }
    settle_unseen(now, server, gone);
}

// Calls that are over without our having seen the end. Records, where the server keeps them, are asked once.
void Engine::settle_unseen(const Now& now, const ServerRun& server, const std::vector<LiveAttempt*>& gone) {
    FindCallRecords find{.server = server.name, .attempts = {}};
    for (LiveAttempt* attempt : gone) {
        if (!server.has_call_records || attempt->records_asked) {
            settle(now, *attempt, disposition_of(attempt->claim.facts));
            continue;
        }
        attempt->records_asked = true;
        find.attempts.push_back(attempt->id());
    }
    if (!find.attempts.empty()) emit(std::move(find));
}

void Engine::take(const Now& now, const CallRecordsFound& input) {
    for (const AttemptEvent& event : input.events) {
        if (attempts_.contains(event.attempt)) fold_event(now, event);
    }
    for (const AttemptId& id : input.asked) {
        const auto found = attempts_.find(id);
        if (found != attempts_.end()) settle(now, *found->second, disposition_of(found->second->claim.facts));
    }
}

void Engine::ask_for_channels(const Now& now) {
    for (auto& [name, server] : servers_) {
        if (server->list_asked || now.steady < server->list_due) continue;
        if (server->state != ServerRun::State::reconciling && server->capacity.sent() == 0) {
            server->list_due = now.steady + list_interval;  // nothing to ask about
            continue;
        }
        server->list_asked = true;
        emit(ListChannels{.server = name});
    }
}

// --- attempts of an earlier run

void Engine::take(const Now& now, const AttemptsFound& input) {
    not_earlier_than_ = input.not_earlier_than;
    if (input.dialed_before) keep_rates(now);
    for (const Claim& claim : input.claims) {
        LiveAttempt& attempt = add_attempt(claim, SlotStage::released);
        // Whether its Originate left before the end of the earlier run is not known: it counts as sent.
        if (!attempt.claim.facts.originated_at) attempt.claim.facts.originated_at = claim.claimed_at;
        attempt.sent_at = now.steady - list_event_grace;
        attempt.last_event_at = attempt.sent_at;
        if (attempt.claim.facts.ringing_at) attempt.rings_since = now.steady;  // by what is known for sure
        move(attempt, SlotStage::sent);
        after_facts(now, attempt);
    }
    // Since when a server has been out of reach, nobody knows; a call may have left just before this start.
    for (const auto& [name, server] : servers_) server->down_since = now.steady;
}

// --- deadlines

void Engine::set_deadline(LiveAttempt& attempt, SteadyTime at) {
    if (attempt.deadline == at) return;
    if (attempt.deadline != SteadyTime::max()) deadlines_.erase({attempt.deadline, attempt.id()});
    attempt.deadline = at;
    if (at != SteadyTime::max()) deadlines_.emplace(std::pair{at, attempt.id()}, &attempt);
}

void Engine::pass_deadlines(const Now& now) {
    while (!deadlines_.empty() && deadlines_.begin()->first.first <= now.steady)
        pass_deadline(now, *deadlines_.begin()->second);
}

void Engine::pass_deadline(const Now& now, LiveAttempt& attempt) {
    const CallFacts& facts = attempt.claim.facts;
    if (!attempt.is_sent()) return settle(now, attempt, Disposition::canceled);
    if (settle_at(facts)) return settle(now, attempt, disposition_of(facts));
    if (attempt.cancel_at <= now.steady && !facts.answered_at) return cancel_unanswered(now, attempt);

    // No end was seen in time. While the server can be asked, its list of channels decides; while it cannot, only time
    // does.
    ServerRun& server = *attempt.server;
    if (server.state != ServerRun::State::down) {
        server.list_due = std::min(server.list_due, now.steady);
        // Asterisk's own ring timeout has failed, or the hangup that we asked for was lost.
        if (!facts.answered_at && (facts.cancel_requested || attempt.silent_at() + list_interval <= now.steady)) {
            attempt.claim.facts.cancel_requested = true;
            mark_changed(now, attempt);
            emit(HangUp{.attempt = attempt.id(), .server = server.name});
        }
        return set_deadline(attempt, now.steady + list_interval);
    }
    const Microseconds call_limit = facts.answered_at ? Microseconds{talk_limit_while_down}
                                                      : attempt.campaign->campaign.ring_timeout + silence_after_timeout;
    if (server.down_since + call_limit <= now.steady) return settle(now, attempt, disposition_of(facts));
    set_deadline(attempt, server.down_since + call_limit);
}

}  // namespace outdial
