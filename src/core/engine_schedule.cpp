// Whom to ask the store for: slots are set aside a short lead before their calls may leave, so that the store's commit
// is done by then, and no longer, so that no decision grows old. Where campaigns compete, the one that has been served
// least for its weight is next (stride scheduling).
#include <algorithm>

#include "base/check.hpp"
#include "core/engine_state.hpp"

namespace outdial {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Microseconds shortest_lead = milliseconds{60};
constexpr Microseconds longest_lead = seconds{1};
constexpr auto plan_interval = milliseconds{10};
constexpr auto unsent_limit = seconds{2};           // a claim that cannot be sent by then goes back
constexpr auto ask_again_soon = milliseconds{100};  // the store had too few contacts, whatever it says of the next
constexpr auto ask_again_after = seconds{1};        // no contact was due, and none is known to become due
constexpr std::size_t most_slots_a_claim = 500;
constexpr Milliseconds longest_sleep = seconds{60};  // the wall clock may be set while we wait for an instant of it

}  // namespace

// Twice the time from asking for contacts to having them: a slow disk gets its claims earlier, not fewer of them.
Microseconds Engine::lead() const {
    return std::clamp<Microseconds>(claim_latency_ * 2 + plan_interval, shortest_lead, longest_lead);
}

void Engine::plan(const Now& now) {
    // One round at a time: a campaign whose claim is still under way must not lose its turn to those whose is not.
    if (stopping_ || overload_.is_at_least(Overload::no_claims)) return;
    if (now.steady < plan_at_ || claims_under_way_ > 0 || now.steady < trusts_clock_at(now)) return;
    plan_at_ = now.steady + plan_interval;  // claims come in groups, one commit each
    std::vector<std::pair<CampaignRun*, ClaimRequest>> open;
    for (auto& [id, campaign] : campaigns_) {
        if (!campaign->dials() || now.utc < campaign->not_before || now.steady < campaign->ask_again_at ||
            now.steady < campaign->held_until)
            continue;
        // One turn is the most that it may be owed. What it could not use earlier, for want of contacts or because of
        // its own caps, is gone, or it would shut the others out now.
        campaign->served = std::max(campaign->served, served_ - 1.0 / campaign->campaign.weight);
        open.emplace_back(campaign.get(), request_of(now, *campaign));
    }
    std::vector<std::pair<CampaignRun*, ClaimRequest>> full;
    while (!open.empty()) {
        const auto next = std::ranges::min_element(open, {}, [](const auto& entry) { return entry.first->served; });
        auto& [campaign, request] = *next;
        if (request.slots.size() < most_slots_a_claim && reserve_one(now, *campaign, request)) {
            served_ = std::max(served_, campaign->served);
            campaign->served += 1.0 / campaign->campaign.weight;
            continue;
        }
        full.push_back(std::move(*next));
        open.erase(next);
    }
    for (auto& [campaign, request] : full) {
        if (request.slots.empty()) continue;
        ++claims_under_way_;
        campaign->claim_asked = true;
        campaign->claim_asked_at = now.steady;
        campaign->slots_asked = request.slots.size();
        campaign->due_meanwhile = UtcTime::max();
        emit(std::move(request));
    }
}

ClaimRequest Engine::request_of(const Now& now, const CampaignRun& campaign) {
    return {.campaign = campaign.record.id,
            .at = now.utc,
            .max_attempts = campaign.campaign.retry.max_attempts,
            .slots = {},
            .do_not_call = campaign.campaign.do_not_call,
            .calling = campaign.campaign.calling,
            .ring_timeout = campaign.campaign.ring_timeout,
            .limits = campaign.campaign.limits,
            .rules = campaign.campaign.rules,
            .order = campaign.campaign.order};
}

std::vector<ClaimRequest> Engine::claim_rules(const Now& now) const {
    std::vector<ClaimRequest> rules;
    for (const auto& [id, campaign] : campaigns_) {
        if (campaign->configured) rules.push_back(request_of(now, *campaign));
    }
    return rules;
}

// Sets one slot aside on one of the campaign's trunks and of its servers; false when none has room in time. Each gets
// calls in proportion to its free channels, by turns. Not simply the emptiest one: where calls fail at once it is
// always empty, and would draw them all.
bool Engine::reserve_one(const Now& now, CampaignRun& campaign, ClaimRequest& request) {
    const Microseconds ahead = lead();
    const auto may = [&](const Capacity& capacity) { return capacity.may_reserve(now.steady, ahead); };
    if (!may(*all_) || !may(campaign.capacity) || campaign.probes()) return false;

    TrunkRun* trunk = nullptr;
    ServerRun* server = nullptr;
    for_each_route(campaign, [&](TrunkRun& trunk_here, ServerRun& server_here) {
        if (!may(trunk_here.capacity) || !may(server_here.capacity)) return;
        // Who was left out for long is next, and no more than that.
        const auto turn = [&](const TrunkRun& t, const ServerRun& s) {
            return std::pair{std::max(t.turn, trunk_turn_), std::max(s.turn, server_turn_)};
        };
        if (trunk != nullptr && turn(trunk_here, server_here) >= turn(*trunk, *server)) return;
        trunk = &trunk_here;
        server = &server_here;
    });
    if (trunk == nullptr) return false;
    trunk_turn_ = std::max(trunk->turn, trunk_turn_);
    server_turn_ = std::max(server->turn, server_turn_);
    trunk->turn = trunk_turn_ + 1.0 / trunk->capacity.free();
    server->turn = server_turn_ + 1.0 / server->capacity.free();

    std::string caller_id = campaign.campaign.caller_id_number;
    const auto& pool = trunk->trunk.caller_ids;
    if (caller_id.empty() && !pool.empty()) caller_id = pool[trunk->next_caller_id++ % pool.size()];
    for (Capacity* level : {all_.get(), &server->capacity, &trunk->capacity, &campaign.capacity}) {
        level->move(SlotStage::released, SlotStage::reserved);
    }
    request.slots.push_back({.attempt = AttemptId::make(now.utc, random_),
                             .trunk = trunk->trunk.name,
                             .server = server->name,
                             .caller_id = std::move(caller_id)});
    return true;
}

// A campaign that joins is not owed what the others were served before it came.
void Engine::join(CampaignRun& campaign) const { campaign.served = std::max(campaign.served, served_); }

void Engine::end_claim(const Now& now, CampaignRun& campaign, std::size_t slots) {
    OUTDIAL_CHECK(campaign.claim_asked && campaign.slots_asked == slots);
    campaign.claim_asked = false;
    --claims_under_way_;
    const Microseconds latency = now.steady - campaign.claim_asked_at;
    claim_latency_ = std::max(latency, claim_latency_ - (claim_latency_ - latency) / 64);
}

void Engine::give_back(CampaignRun& campaign, const Slot& slot) {
    for (Capacity* level :
         {all_.get(), &servers_.at(slot.server)->capacity, &trunks_.at(slot.trunk)->capacity, &campaign.capacity}) {
        level->move(SlotStage::reserved, SlotStage::released);
    }
}

void Engine::take(const Now& now, const ClaimResult& input) {
    CampaignRun& campaign = *campaigns_.at(input.campaign);
    end_claim(now, campaign, input.claims.size() + input.unused.size());
    for (const Slot& slot : input.unused) give_back(campaign, slot);
    for (const Claim& claim : input.claims) {
        LiveAttempt& attempt = add_attempt(claim, SlotStage::reserved);
        attempt.withdrawn = campaign.claim_withdrawn;
        put_in_hand(attempt);
        set_deadline(attempt, now.steady + unsent_limit);
    }
    campaign.claim_withdrawn = false;
    if (campaign.problem != input.problem && !input.problem.empty()) {
        emit(Alert{.about = campaign.record.name, .text = "nobody is called: " + input.problem});
    }
    campaign.problem = input.problem;
    campaign.preparing = input.preparing;
    if (!input.unused.empty()) {
        const bool nothing_new = campaign.due_meanwhile == UtcTime::max();
        campaign.not_before = std::min(input.next_due_at.value_or(UtcTime{}), campaign.due_meanwhile);
        campaign.outside_hours = input.outside_hours;
        campaign.ask_again_at = now.steady + (nothing_new && !input.next_due_at ? ask_again_after : ask_again_soon);
        if (input.exhausted && nothing_new && campaign.live == 0 && campaign.dials()) {
            set_state(campaign, CampaignState::finished);
        }
    }
    finish_if_idle(campaign);
}

void Engine::take(const Now& now, const ClaimFailed& input) {
    CampaignRun& campaign = *campaigns_.at(input.request.campaign);
    end_claim(now, campaign, input.request.slots.size());
    for (const Slot& slot : input.request.slots) give_back(campaign, slot);
    campaign.claim_withdrawn = false;
    campaign.ask_again_at = now.steady + ask_again_after;
    finish_if_idle(campaign);
}

// From when on plan() could set a slot aside for the campaign; SteadyTime::max() when an input must come first.
SteadyTime Engine::may_claim_at(const Now& now, const CampaignRun& campaign) const {
    if (stopping_ || overload_.is_at_least(Overload::no_claims)) return SteadyTime::max();
    if (claims_under_way_ > 0 || !campaign.dials() || campaign.probes()) return SteadyTime::max();
    const auto room_at = [&](const Capacity& capacity) { return capacity.may_reserve_at(now.steady, lead()); };
    SteadyTime route = SteadyTime::max();
    for_each_route(campaign, [&](const TrunkRun& trunk, const ServerRun& server) {
        route = std::min(route, std::max(room_at(trunk.capacity), room_at(server.capacity)));
    });
    const Milliseconds until_due = std::clamp(campaign.not_before - now.utc, Milliseconds{0}, longest_sleep);
    return std::max({route, room_at(*all_), room_at(campaign.capacity), now.steady + until_due, campaign.held_until,
                     campaign.ask_again_at, plan_at_, trusts_clock_at(now)});
}

// The last calls of an earlier run may have left just now: it need not have stored so much, and the wall clock by which
// its rows tell the time may have been set since.
void Engine::keep_rates(const Now& now) {
    all_->assume_used(now.steady);
    for (auto& [name, server] : servers_) server->capacity.assume_used(now.steady);
    for (auto& [name, trunk] : trunks_) trunk->capacity.assume_used(now.steady);
    for (auto& [id, campaign] : campaigns_) campaign->capacity.assume_used(now.steady);
}

void Engine::find_next_wakeup(const Now& now) {
    SteadyTime at = flush_at_;
    if (!deadlines_.empty()) at = std::min(at, deadlines_.begin()->first.first);
    for (const auto& [name, server] : servers_) {
        if (server->state != ServerRun::State::down && !server->list_asked) at = std::min(at, server->list_due);
        if (server->silent) at = std::min(at, server->silent_until);
        if (server->unheard_since != SteadyTime::max()) at = std::min(at, server->unheard_since + silence_limit);
    }
    for (const auto& [way, queue] : in_hand_) at = std::min(at, may_send_at(now, *queue.front()));
    for (const auto& [id, campaign] : campaigns_) at = std::min(at, may_claim_at(now, *campaign));
    next_wakeup_ = std::max(at, now.steady);
}

}  // namespace outdial
