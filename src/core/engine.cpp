#include "core/engine.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <limits>

#include "base/check.hpp"
#include "core/engine_state.hpp"
#include "core/retry.hpp"
#include "core/verdict.hpp"

namespace outdial {

namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr auto list_again_after = seconds{3};  // an attempt was missing from one list
constexpr auto event_grace = seconds{5};       // younger than that: a list says nothing about it
constexpr int lists_missed_before_lost = 2;
constexpr auto talk_limit_while_down =
    minutes{60};  // of a server: then an answered call's end will not be seen any more
constexpr auto flush_interval = milliseconds{250};
constexpr auto longest_hold = seconds{60};

// The site may have dropped what an attempt of an earlier run still names. It then gets a place here that nothing new
// goes to.
constexpr Cap no_longer_configured{.originates_per_second = 1, .channels = 1};

}  // namespace

Engine::Engine(std::uint64_t seed) : random_(seed), all_(std::make_unique<Capacity>(no_longer_configured)) {}
Engine::~Engine() = default;

std::vector<Command> Engine::step(const Now& now, const Input& input) {
    commands_.clear();
    std::visit([&](const auto& given) { take(now, given); }, input);
    pass_deadlines(now);
    send(now);
    plan(now);
    ask_for_channels(now);
    flush_progress(now);
    find_next_wakeup(now);
    return std::move(commands_);
}

// --- configuration and orders
// ---------------------------------------------------------------------------------------------------------------------

void Engine::take(const Now&, const SiteChanged& input) {
    all_->change(input.site.limits);
    for (auto& [name, server] : servers_) server->configured = false;
    for (auto& [name, trunk] : trunks_) trunk->configured = false;
    for (auto& [id, campaign] : campaigns_) campaign->configured = false;

    for (const Server& given : input.site.servers) {
        auto& server = servers_[given.name];
        if (!server)
            server = std::make_unique<ServerRun>(ServerRun{.name = given.name, .capacity = Capacity{given.cap}});
        server->capacity.change(given.cap);
        server->configured = true;
    }
    for (const Trunk& given : input.site.trunks) {
        auto& trunk = trunks_[given.name];
        if (!trunk)
            trunk =
                std::make_unique<TrunkRun>(TrunkRun{.trunk = given, .capacity = Capacity{given.cap}, .in_hand = {}});
        trunk->trunk = given;
        trunk->capacity.change(given.cap);
        trunk->configured = true;
    }
    for (const CampaignRecord& record : input.records) {
        const auto given = std::ranges::find(input.site.campaigns, record.name, &Campaign::name);
        if (given == input.site.campaigns.end()) continue;
        const Cap cap{.originates_per_second = given->pacing.originates_per_second, .channels = given->pacing.channels};
        auto& campaign = campaigns_[record.id];
        if (!campaign) {
            campaign = std::make_unique<CampaignRun>(
                CampaignRun{.record = record, .campaign = *given, .capacity = Capacity{cap}});
        }
        campaign->campaign = *given;
        campaign->record.name = record.name;
        campaign->record.list = record.list;
        campaign->capacity.change(cap);
        campaign->configured = true;
        campaign->not_before = UtcTime{};
    }
}

void Engine::take(const Now& now, const CampaignOrdered& input) {
    const auto found = campaigns_.find(input.campaign);
    if (found == campaigns_.end()) return;
    CampaignRun& campaign = *found->second;
    const auto state = apply(input.order, campaign.record.state);
    if (!state) return;
    set_state(campaign, *state);
    campaign.not_before = UtcTime{};
    campaign.held_until = SteadyTime::min();
    campaign.refusals = 0;
    if (*state == CampaignState::running) {
        // A campaign that joins is not owed what the others were served before it came.
        for (const auto& [id, other] : campaigns_) {
            if (other->dials() && other.get() != &campaign) campaign.served = std::max(campaign.served, other->served);
        }
    }
    if (input.order == CampaignOrder::stop) {
        for (auto& [id, attempt] : attempts_) {
            CallFacts& facts = attempt->claim.facts;
            if (attempt->campaign != &campaign || !attempt->is_sent() || facts.answered_at || facts.ended_at) continue;
            facts.cancel_requested = true;
            set_deadline(*attempt, now.steady + silence_after_timeout);
            emit(HangUp{.attempt = id, .server = attempt->server->name});
        }
    }
    finish_if_idle(campaign);
}

void Engine::set_state(CampaignRun& campaign, CampaignState state) {
    if (campaign.record.state == state) return;
    campaign.record.state = state;
    emit(CampaignStateChanged{.campaign = campaign.record.id, .state = state});
}

void Engine::finish_if_idle(CampaignRun& campaign) {
    if (campaign.record.state == CampaignState::draining && campaign.live == 0 && !campaign.claim_asked) {
        set_state(campaign, CampaignState::finished);
    }
}

void Engine::take(const Now&, const ContactsAdded& input) {
    for (auto& [id, campaign] : campaigns_) {
        if (campaign->campaign.list == input.list) campaign->not_before = UtcTime{};
    }
}

// --- servers
// --------------------------------------------------------------------------------------------------------------------------------------

void Engine::take(const Now& now, const ServerUp& input) {
    const auto found = servers_.find(input.server);
    if (found == servers_.end()) return;
    ServerRun& server = *found->second;
    server.state = ServerRun::State::reconciling;
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
    server.list_asked = false;
    server.list_due = SteadyTime::max();
    server.unanswered = 0;
    for (auto& [id, attempt] : attempts_) {
        if (attempt->server != &server) continue;
        attempt->awaits_response = false;  // whatever was under way is in doubt; reconciliation tells
        if (attempt->is_sent()) attempt->missed_lists = 0;
    }
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
            take(now, AttemptEvent{.attempt = row.attempt,
                                   .event = {.kind = kind, .at = now.utc, .cause = {}, .tech_cause = {}, .text = {}}});
        }
    }
    std::ranges::sort(listed);

    std::vector<LiveAttempt*> gone;
    for (auto& [id, attempt] : attempts_) {
        if (attempt->server != &server || !attempt->is_sent() || attempt->sent_at + event_grace > input.asked_at)
            continue;
        const bool quiet = attempt->last_event_at + event_grace <= input.asked_at;
        if (std::ranges::binary_search(listed, id) || !quiet) {
            attempt->missed_lists = 0;
        } else if (++attempt->missed_lists >= lists_missed_before_lost) {
            gone.push_back(attempt.get());
        } else {
            server.list_due = now.steady + list_again_after;
        }
    }
    for (LiveAttempt* attempt : gone) settle(now, *attempt, disposition_of(attempt->claim.facts));
}

void Engine::ask_for_channels(const Now& now) {
    for (auto& [name, server] : servers_) {
        if (server->list_asked || now.steady < server->list_due) continue;
        if (server->state == ServerRun::State::ready && server->capacity.sent() == 0) {
            server->list_due = now.steady + list_interval;  // nothing to ask about
            continue;
        }
        server->list_asked = true;
        emit(ListChannels{.server = name});
    }
}

// --- attempts
// -------------------------------------------------------------------------------------------------------------------------------------

void Engine::move(LiveAttempt& attempt, SlotStage to) {
    if (attempt.stage == to) return;
    for (Capacity* level :
         {all_.get(), &attempt.server->capacity, &attempt.trunk->capacity, &attempt.campaign->capacity}) {
        level->move(attempt.stage, to);
    }
    attempt.stage = to;
}

void Engine::give_back(const Slot& slot) {
    servers_.at(slot.server)->capacity.move(SlotStage::reserved, SlotStage::released);
    trunks_.at(slot.trunk)->capacity.move(SlotStage::reserved, SlotStage::released);
    all_->move(SlotStage::reserved, SlotStage::released);
}

Engine::LiveAttempt& Engine::add_attempt(const Claim& claim, SlotStage stage) {
    auto& server = servers_[claim.slot.server];
    if (!server) {
        server = std::make_unique<ServerRun>(
            ServerRun{.name = claim.slot.server, .capacity = Capacity{no_longer_configured}, .configured = false});
    }
    auto& trunk = trunks_[claim.slot.trunk];
    if (!trunk) {
        trunk = std::make_unique<TrunkRun>(
            TrunkRun{.trunk = {}, .capacity = Capacity{no_longer_configured}, .configured = false, .in_hand = {}});
    }
    auto& campaign = campaigns_[claim.campaign];
    if (!campaign) {
        campaign = std::make_unique<CampaignRun>(CampaignRun{.record = {.id = claim.campaign, .name = {}, .list = {}},
                                                             .campaign = {},
                                                             .capacity = Capacity{no_longer_configured},
                                                             .configured = false});
        campaign->campaign.retry.max_attempts =
            std::numeric_limits<int>::max();  // its rules are not known: they decide when it is back
    }
    auto attempt = std::make_unique<LiveAttempt>(LiveAttempt{
        .claim = claim, .campaign = campaign.get(), .trunk = trunk.get(), .server = server.get(), .stage = stage});
    const auto [place, is_new] = attempts_.emplace(claim.slot.attempt, std::move(attempt));
    OUTDIAL_CHECK(is_new);
    ++campaign->live;
    return *place->second;
}

void Engine::take(const Now& now, const AttemptsFound& input) {
    for (const Claim& claim : input.claims) {
        LiveAttempt& attempt = add_attempt(claim, SlotStage::released);
        // Whether its Originate left before the end of the earlier run is not known: it counts as sent.
        if (!attempt.claim.facts.originated_at) attempt.claim.facts.originated_at = claim.claimed_at;
        attempt.sent_at = now.steady - event_grace;
        attempt.last_event_at = attempt.sent_at;
        move(attempt, SlotStage::sent);
        after_facts(now, attempt);
    }
}

void Engine::take(const Now& now, const AttemptEvent& input) {
    const auto found = attempts_.find(input.attempt);
    if (found == attempts_.end()) {
        ++events_without_attempt_;
        return;
    }
    LiveAttempt& attempt = *found->second;
    using Kind = ChannelEvent::Kind;
    const Kind kind = input.event.kind;
    const bool response_is_settled =
        kind == Kind::accepted || kind == Kind::refused || kind == Kind::not_sent || kind == Kind::unanswered;
    if (attempt.awaits_response && response_is_settled) {
        attempt.awaits_response = false;
        --attempt.server->unanswered;
    }
    CampaignRun& campaign = *attempt.campaign;
    if (kind == Kind::accepted) campaign.refusals = 0;
    if (kind == Kind::refused && ++campaign.refusals >= refusals_before_hold) {
        // Every contact would meet the same refusal: a wrong context or right concerns the campaign, not the person.
        const int doublings = std::min(campaign.refusals - refusals_before_hold, 6);
        campaign.held_until = now.steady + std::min<Microseconds>(longest_hold, seconds{1} * (1 << doublings));
        campaign.held_because =
            fmt::format("Asterisk {} refuses its calls: {}", attempt.server->name, input.event.text);
        if (campaign.refusals == refusals_before_hold)
            emit(Alert{.about = campaign.record.name, .text = campaign.held_because});
    }
    CallFacts folded = fold(attempt.claim.facts, input.event);
    attempt.last_event_at = now.steady;
    attempt.missed_lists = 0;
    if (folded == attempt.claim.facts) return;
    attempt.claim.facts = std::move(folded);
    mark_changed(now, attempt);
    after_facts(now, attempt);
}

// The facts of a sent attempt have changed: free its channel, settle it, or wait some more.
void Engine::after_facts(const Now& now, LiveAttempt& attempt) {
    const CallFacts& facts = attempt.claim.facts;
    const bool no_channel_any_more =
        facts.ended_at || facts.refused_at || facts.not_sent_at || (facts.originate_failed_at && !facts.created_at);
    if (no_channel_any_more) move(attempt, SlotStage::released);
    if (const auto due = settle_at(facts)) {
        if (*due <= now.utc) {
            settle(now, attempt, disposition_of(facts));
        } else {
            set_deadline(attempt, now.steady + (*due - now.utc));
        }
        return;
    }
    if (facts.answered_at) {
        set_deadline(attempt, now.steady + talk_limit_while_down);
    } else if (attempt.deadline == SteadyTime::max()) {
        set_deadline(attempt, attempt.sent_at + attempt.campaign->campaign.ring_timeout + silence_after_timeout);
    }
}

void Engine::settle(const Now& now, LiveAttempt& attempt, Disposition disposition) {
    CampaignRun& campaign = *attempt.campaign;
    const CallFacts& facts = attempt.claim.facts;
    const EndedAttempt ended{.disposition = disposition,
                             .originated = attempt.is_sent(),
                             .may_have_rung = may_have_rung(facts),
                             .result = facts.result,
                             .position = attempt.claim.position,
                             .numbers = static_cast<int>(attempt.claim.contact.numbers.size()),
                             .history = attempt.claim.history,
                             .at = now.utc};
    Settlement settlement{.attempt = attempt.id(),
                          .campaign = campaign.record.id,
                          .contact = attempt.claim.contact.id,
                          .facts = facts,
                          .settled_at = now.utc,
                          .disposition = disposition,
                          .message = facts.refusal,
                          .next = next_step(campaign.campaign.retry, ended)};
    if (settlement.next.kind == NextStep::Kind::retry)
        campaign.not_before = std::min(campaign.not_before, settlement.next.due_at);

    if (attempt.awaits_response) --attempt.server->unanswered;
    if (attempt.changed) std::erase(changed_, &attempt);
    if (attempt.stage == SlotStage::in_hand) std::erase(attempt.trunk->in_hand, &attempt);
    move(attempt, SlotStage::released);
    set_deadline(attempt, SteadyTime::max());
    --campaign.live;
    attempts_.erase(settlement.attempt);
    emit(std::move(settlement));
    finish_if_idle(campaign);
}

// --- deadlines
// ------------------------------------------------------------------------------------------------------------------------------------

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

    // No end was seen in time. While the server can be asked, its list of channels decides; while it cannot, only time
    // does.
    ServerRun& server = *attempt.server;
    if (server.state != ServerRun::State::down) {
        server.list_due = std::min(server.list_due, now.steady);
        return set_deadline(attempt, now.steady + list_interval);
    }
    const bool long_down = server.down_since + talk_limit_while_down <= now.steady;
    if (!facts.answered_at || long_down) {
        if (server.down_since + silence_after_timeout + attempt.campaign->campaign.ring_timeout <= now.steady) {
            return settle(now, attempt, disposition_of(facts));
        }
    }
    set_deadline(attempt, now.steady + list_interval);
}

void Engine::mark_changed(const Now& now, LiveAttempt& attempt) {
    if (attempt.changed) return;
    attempt.changed = true;
    changed_.push_back(&attempt);
    if (flush_at_ == SteadyTime::max()) flush_at_ = now.steady + flush_interval;
}

void Engine::flush_progress(const Now& now) {
    if (now.steady < flush_at_) return;
    flush_at_ = SteadyTime::max();
    if (changed_.empty()) return;
    ProgressMade made;
    made.attempts.reserve(changed_.size());
    for (LiveAttempt* attempt : changed_) {
        attempt->changed = false;
        made.attempts.push_back({.attempt = attempt->id(), .facts = attempt->claim.facts});
    }
    changed_.clear();
    emit(std::move(made));
}

void Engine::take(const Now&, const Tick&) {}

// --- status
// ---------------------------------------------------------------------------------------------------------------------------------------

std::optional<CampaignRecord> Engine::campaign(std::string_view name) const {
    for (const auto& [id, campaign] : campaigns_) {
        if (campaign->configured && campaign->record.name == name) return campaign->record;
    }
    return std::nullopt;
}

EngineStatus Engine::status(const Now& now) const {
    const auto cap_of = [](const Capacity& capacity) {
        return Cap{.originates_per_second = capacity.originates_per_second(), .channels = capacity.channels()};
    };
    EngineStatus status;
    for (const auto& [id, campaign] : campaigns_) {
        if (!campaign->configured) continue;
        status.campaigns.push_back({.name = campaign->record.name,
                                    .state = campaign->record.state,
                                    .calls = campaign->capacity.occupied(),
                                    .waiting_for = waiting_for(now, *campaign)});
    }
    for (const auto& [name, trunk] : trunks_) {
        if (!trunk->configured) continue;
        status.trunks.push_back({.name = name, .calls = trunk->capacity.occupied(), .cap = cap_of(trunk->capacity)});
    }
    for (const auto& [name, server] : servers_) {
        if (!server->configured) continue;
        status.servers.push_back({.name = name,
                                  .calls = server->capacity.occupied(),
                                  .cap = cap_of(server->capacity),
                                  .ready = server->state == ServerRun::State::ready});
    }
    status.all = {.name = "all", .calls = all_->occupied(), .cap = cap_of(*all_)};
    status.events_without_attempt = events_without_attempt_;
    return status;
}

}  // namespace outdial
