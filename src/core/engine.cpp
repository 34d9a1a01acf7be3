#include "core/engine.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <limits>

#include "base/check.hpp"
#include "core/callback.hpp"
#include "core/engine_state.hpp"
#include "core/retry.hpp"
#include "core/verdict.hpp"

namespace outdial {

namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr auto flush_interval = milliseconds{250};
constexpr auto talk_check_interval = minutes{60};  // an answered call this long without news is looked for
constexpr auto longest_hold = seconds{60};

// The site may have dropped what an attempt of an earlier run still names. It then gets a place here that nothing new
// goes to.
constexpr Cap no_longer_configured{.originates_per_second = 1, .channels = 1};

// A campaign whose file is gone: what its rules would have said of an outcome is not known. The person is left alone
// for long, and the rules decide when they are back.
RetryRules rules_of_the_unknown() {
    RetryRules rules;
    rules.max_attempts = std::numeric_limits<int>::max();
    rules.technical = {.after = rules.lost_after, .times = std::numeric_limits<int>::max()};
    for (Disposition disposition : {Disposition::busy, Disposition::no_answer, Disposition::declined,
                                    Disposition::machine, Disposition::abandoned}) {
        rules.person[disposition] = rules.technical;
    }
    return rules;
}

// What a claim was checked against.
bool claims_by_other_rules(const Campaign& a, const Campaign& b) {
    return a.do_not_call != b.do_not_call || !same(a.limits, b.limits) || !same_rules(a.calling, b.calling) ||
           a.ring_timeout != b.ring_timeout || !same(a.order, b.order);
}

}  // namespace

Engine::Engine(std::uint64_t seed) : random_(seed), all_(std::make_unique<Capacity>(no_longer_configured)) {}
Engine::~Engine() = default;

std::vector<Command> Engine::step(const Now& now, const Input& input) {
    commands_.clear();
    std::visit([&](const auto& given) { take(now, given); }, input);
    watch_clock(now);
    pass_deadlines(now);
    watch_servers(now);
    send(now);
    plan(now);
    ask_for_channels(now);
    flush_progress(now);
    find_next_wakeup(now);
    return std::move(commands_);
}

// --- configuration and orders

void Engine::take(const Now&, const SiteChanged& input) {
    all_->change(input.site.limits);
    for (auto& [name, server] : servers_) server->configured = false;
    for (auto& [name, trunk] : trunks_) trunk->configured = false;
    std::vector<const CampaignRun*> already_there;
    for (auto& [id, campaign] : campaigns_) {
        if (campaign->configured) already_there.push_back(campaign.get());
        campaign->configured = false;
    }

    for (const Server& given : input.site.servers) {
        auto& server = servers_[given.name];
        if (!server)
            server = std::make_unique<ServerRun>(ServerRun{.name = given.name, .capacity = Capacity{given.cap}});
        server->capacity.change(given.cap);
        server->has_call_records = given.has_call_records;
        server->configured = true;
    }
    for (const Trunk& given : input.site.trunks) {
        auto& trunk = trunks_[given.name];
        if (!trunk) trunk = std::make_unique<TrunkRun>(TrunkRun{.trunk = given, .capacity = Capacity{given.cap}});
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
        if (claims_by_other_rules(campaign->campaign, *given)) withdraw_claims(*campaign);
        campaign->campaign = *given;
        if (campaign->record.name.empty())
            campaign->record.state = record.state;  // until now only its attempts were known
        campaign->record.name = record.name;
        campaign->record.list = record.list;
        campaign->capacity.change(cap);
        campaign->configured = true;
        campaign->ask_at_once();
        if (std::ranges::find(already_there, campaign.get()) == already_there.end()) join(*campaign);
    }
    slow_down(overload_.is_at_least(Overload::slowed));
    // Taking a campaign's file away stops it; putting the file back must not start it without an order.
    for (auto& [id, campaign] : campaigns_) {
        if (campaign->configured || campaign->record.state != CampaignState::running) continue;
        set_state(*campaign, CampaignState::paused);
        emit(Alert{.about = campaign->record.name, .text = "its file is gone: the campaign is paused"});
    }
}

void Engine::take(const Now& now, const CampaignOrdered& input) {
    const auto found = campaigns_.find(input.campaign);
    if (found == campaigns_.end()) return;
    CampaignRun& campaign = *found->second;
    const auto state = apply(input.order, campaign.record.state);
    if (!state) return;
    set_state(campaign, *state);
    campaign.ask_at_once();
    campaign.held_until = SteadyTime::min();
    campaign.refusals = 0;
    if (*state == CampaignState::running) join(campaign);
    if (input.order == CampaignOrder::stop) hang_up_unanswered(now, campaign);
    finish_if_idle(campaign);
}

void Engine::hang_up_unanswered(const Now& now, const CampaignRun& campaign) {
    for (auto& [id, attempt] : attempts_) {
        if (attempt->campaign == &campaign && attempt->is_sent()) cancel_unanswered(now, *attempt);
    }
}

void Engine::cancel_unanswered(const Now& now, LiveAttempt& attempt) {
    CallFacts& facts = attempt.claim.facts;
    if (facts.answered_at || facts.ended_at) return;
    if (attempt.must_ring_on(now)) return cancel_later(attempt);
    facts.cancel_requested = true;
    attempt.cancel_at = SteadyTime::max();
    mark_changed(now, attempt);
    const SteadyTime effect_seen_by = now.steady + silence_after_timeout;
    set_deadline(attempt, attempt.deadline > now.steady ? std::min(attempt.deadline, effect_seen_by) : effect_seen_by);
    emit(HangUp{.attempt = attempt.id(), .server = attempt.server->name});
}

void Engine::cancel_later(LiveAttempt& attempt) {
    attempt.cancel_at = attempt.rings_since + attempt.campaign->campaign.ring_floor;
    set_deadline(attempt, std::min(attempt.deadline, attempt.cancel_at));
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
        if (campaign->campaign.list == input.list) campaign->ask_at_once();
    }
}

void Engine::take(const Now&, const ContactDue& input) {
    const auto campaign = campaigns_.find(input.campaign);
    if (campaign != campaigns_.end()) campaign->second->expect_due(input.at);
}

// --- servers

// --- attempts

void Engine::move(LiveAttempt& attempt, SlotStage to) {
    if (attempt.stage == to) return;
    for (Capacity* level :
         {all_.get(), &attempt.server->capacity, &attempt.trunk->capacity, &attempt.campaign->capacity}) {
        level->move(attempt.stage, to);
    }
    attempt.stage = to;
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
            TrunkRun{.trunk = {}, .capacity = Capacity{no_longer_configured}, .configured = false});
    }
    auto& campaign = campaigns_[claim.campaign];
    if (!campaign) {
        campaign = std::make_unique<CampaignRun>(CampaignRun{.record = {.id = claim.campaign, .name = {}, .list = {}},
                                                             .campaign = {},
                                                             .capacity = Capacity{no_longer_configured},
                                                             .configured = false});
        campaign->campaign.retry = rules_of_the_unknown();
    }
    auto attempt = std::make_unique<LiveAttempt>(LiveAttempt{
        .claim = claim, .campaign = campaign.get(), .trunk = trunk.get(), .server = server.get(), .stage = stage});
    const auto [place, is_new] = attempts_.emplace(claim.slot.attempt, std::move(attempt));
    OUTDIAL_CHECK(is_new);
    ++campaign->live;
    return *place->second;
}

void Engine::take(const Now& now, const AttemptEvent& input) {
    const auto found = attempts_.find(input.attempt);
    if (found == attempts_.end()) {
        ++events_without_attempt_;
        return;
    }
    listen_to(now, *found->second, input.event.kind);
    fold_event(now, input);
}

void Engine::fold_event(const Now& now, const AttemptEvent& input) {
    LiveAttempt& attempt = *attempts_.at(input.attempt);
    using Kind = ChannelEvent::Kind;
    const Kind kind = input.event.kind;
    response_known(attempt);  // or whatever else shows that the Originate is not in doubt any more
    if (kind == Kind::accepted) attempt.campaign->refusals = 0;
    if (kind == Kind::refused && !attempt.claim.facts.refused_at) {
        note_refusal(now, *attempt.campaign,
                     fmt::format("Asterisk {} refuses its calls: {}", attempt.server->name, input.event.text));
    }
    CallFacts folded = fold(attempt.claim.facts, with_callback_time(now, attempt, input.event));
    if (kind != Kind::unanswered) {
        attempt.last_event_at = now.steady;
        attempt.missed_lists = 0;
    }
    if (folded == attempt.claim.facts) return;
    // The hangup that was asked for may have come before there was a channel.
    const bool channel_news = folded.created_at && !attempt.claim.facts.created_at;
    if (folded.ringing_at && attempt.rings_since == SteadyTime::max()) attempt.rings_since = now.steady;
    if (channel_news && folded.cancel_requested && !folded.answered_at && !folded.ended_at) {
        if (attempt.must_ring_on(now)) {
            cancel_later(attempt);
        } else {
            emit(HangUp{.attempt = attempt.id(), .server = attempt.server->name});
        }
    }
    const bool opts_out = folded.result == opted_out && attempt.claim.facts.result != opted_out;
    attempt.claim.facts = std::move(folded);
    if (opts_out) note_opt_out(attempt);
    mark_changed(now, attempt);
    after_facts(now, attempt);
}

// A time that says nothing of its zone is meant by the clock of the person, who has just chosen it.
ChannelEvent Engine::with_callback_time(const Now& now, const LiveAttempt& attempt, ChannelEvent event) {
    if (event.callback.empty() || attempt.claim.facts.callback_at) return event;
    const Campaign& campaign = attempt.campaign->campaign;
    const CallbackClocks clocks{.zones = attempt.claim.zones,
                                .otherwise = campaign.calling ? campaign.calling->zone_of_unknown : std::string{},
                                .now = now.utc};
    const auto at = callback_time(event.callback, clocks, geography_);
    if (at) {
        event.callback_at = *at;
    } else {
        emit(Alert{.about = campaign.name,
                   .text = fmt::format("attempt {} asks to be called back at '{}', which is not kept: {}",
                                       attempt.id().view(), event.callback, at.error().message)});
    }
    return event;
}

void Engine::response_known(LiveAttempt& attempt) {
    if (!attempt.awaits_response) return;
    attempt.awaits_response = false;
    --attempt.server->unanswered;
    --attempt.campaign->unanswered;
}

// Every contact would meet the same refusal: a wrong context or right concerns the campaign, not the person. So it is
// held, longer each time that a probe after the hold is refused as well; refusals of calls sent before the hold tell
// nothing new.
void Engine::note_refusal(const Now& now, CampaignRun& campaign, std::string because) {
    if (now.steady < campaign.held_until) return;
    if (++campaign.refusals < refusals_before_hold) return;
    const int doublings = std::min(campaign.refusals - refusals_before_hold, 6);
    campaign.held_until = now.steady + std::min<Microseconds>(longest_hold, seconds{1} * (1 << doublings));
    campaign.held_because = std::move(because);
    if (campaign.refusals == refusals_before_hold) {
        emit(Alert{.about = campaign.record.name, .text = campaign.held_because});
    }
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
            // The wall clock may have been set back since.
            set_deadline(attempt, now.steady + std::min(*due - now.utc, late_hangup_grace));
        }
        return;
    }
    if (facts.answered_at) {
        set_deadline(attempt, now.steady + talk_check_interval);
    } else if (attempt.deadline == SteadyTime::max()) {
        set_deadline(attempt, attempt.silent_at());
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
                             .forbidden = attempt.forbidden,
                             .callback_at = facts.callback_at,
                             .at = now.utc};
    Settlement settlement{.attempt = attempt.id(),
                          .campaign = campaign.record.id,
                          .contact = attempt.claim.contact.id,
                          .facts = facts,
                          .settled_at = now.utc,
                          .disposition = disposition,
                          .message = facts.refusal,
                          .next = next_step(campaign.campaign.retry, ended)};
    if (settlement.next.kind == NextStep::Kind::retry) campaign.expect_due(settlement.next.due_at);

    response_known(attempt);
    if (attempt.changed) std::erase(changed_, &attempt);
    if (attempt.stage == SlotStage::in_hand) remove_from_hand(attempt);
    move(attempt, SlotStage::released);
    set_deadline(attempt, SteadyTime::max());
    --campaign.live;
    attempts_.erase(settlement.attempt);
    emit(std::move(settlement));
    finish_if_idle(campaign);
}

// --- deadlines

void Engine::mark_changed(const Now& now, LiveAttempt& attempt) {
    if (attempt.changed) return;
    attempt.changed = true;
    changed_.push_back(&attempt);
    if (flush_at_ == SteadyTime::max()) flush_at_ = now.steady + flush_interval;
}

void Engine::flush_progress(const Now& now) {
    if (now.steady < flush_at_) return;
    flush_at_ = SteadyTime::max();
    if (changed_.empty() || (!stopping_ && overload_.is_at_least(Overload::outcomes_only))) return;
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

void Engine::stop_dialing() {
    stopping_ = true;
    flush_at_ = {};  // what is not told now, the next run does not know
}

}  // namespace outdial
