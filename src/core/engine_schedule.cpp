// What to dial next: slots are set aside a short lead before their calls may leave, so that the store's commit is done
// by then, and no longer, so that no decision grows old. Where campaigns compete, the one that has been served least
// for its weight is next (stride scheduling).
#include <fmt/core.h>

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
constexpr auto unsent_limit = seconds{5};     // a claim that cannot be sent by then goes back
constexpr auto ask_again_after = seconds{1};  // no contact was due, and none is known to become due
constexpr std::size_t most_slots_a_claim = 500;

}  // namespace

// Twice the usual time from asking for contacts to having them: a slow disk gets its claims earlier, not fewer of them.
SteadyTime Engine::lead_until(SteadyTime now) const {
    return now + std::clamp(claim_latency_ * 2, shortest_lead, longest_lead);
}

void Engine::plan(const Now& now) {
    if (stopping_ || now.steady < plan_at_) return;
    plan_at_ = now.steady + plan_interval;  // claims come in groups, one commit each
    std::vector<std::pair<CampaignRun*, ClaimRequest>> open;
    for (auto& [id, campaign] : campaigns_) {
        if (!campaign->dials() || campaign->claim_asked || now.utc < campaign->not_before ||
            now.steady < campaign->held_until)
            continue;
        open.emplace_back(
            campaign.get(),
            ClaimRequest{
                .campaign = id, .at = now.utc, .max_attempts = campaign->campaign.retry.max_attempts, .slots = {}});
    }
    std::vector<std::pair<CampaignRun*, ClaimRequest>> full;
    while (!open.empty()) {
        const auto next = std::ranges::min_element(open, {}, [](const auto& entry) { return entry.first->served; });
        auto& [campaign, request] = *next;
        if (request.slots.size() < most_slots_a_claim && reserve_one(now, *campaign, request)) {
            campaign->served += 1.0 / campaign->campaign.weight;
            continue;
        }
        full.push_back(std::move(*next));
        open.erase(next);
    }
    for (auto& [campaign, request] : full) {
        if (request.slots.empty()) continue;
        campaign->claim_asked = true;
        campaign->claim_asked_at = now.steady;
        emit(std::move(request));
    }
}

// Sets one slot aside on the least used of the campaign's trunks and of its servers; false when none has room in time.
bool Engine::reserve_one(const Now& now, CampaignRun& campaign, ClaimRequest& request) {
    const SteadyTime until = lead_until(now.steady);
    const auto may = [&](const Capacity& capacity) { return capacity.may_reserve(now.steady, until); };
    if (!may(*all_) || !may(campaign.capacity)) return false;
    // One probe is enough to learn whether refusals have ended.
    if (campaign.refusals >= refusals_before_hold && campaign.live + static_cast<int>(request.slots.size()) > 0)
        return false;

    TrunkRun* trunk = nullptr;
    ServerRun* server = nullptr;
    for (const std::string& trunk_name : campaign.campaign.trunks) {
        const auto trunk_found = trunks_.find(trunk_name);
        if (trunk_found == trunks_.end()) continue;
        TrunkRun& candidate = *trunk_found->second;
        if (!candidate.configured || !may(candidate.capacity)) continue;
        if (trunk != nullptr && candidate.capacity.used_fraction() >= trunk->capacity.used_fraction()) continue;
        ServerRun* best = nullptr;
        for (const std::string& server_name : candidate.trunk.servers) {
            const auto server_found = servers_.find(server_name);
            if (server_found == servers_.end()) continue;
            ServerRun& at = *server_found->second;
            if (!at.configured || at.state != ServerRun::State::ready || !may(at.capacity)) continue;
            if (best == nullptr || at.capacity.used_fraction() < best->capacity.used_fraction()) best = &at;
        }
        if (best == nullptr) continue;
        trunk = &candidate;
        server = best;
    }
    if (trunk == nullptr) return false;

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

void Engine::learn_claim_latency(const Now& now, const CampaignRun& campaign) {
    const Microseconds latency = now.steady - campaign.claim_asked_at;
    claim_latency_ = claim_latency_ == Microseconds{} ? latency : (claim_latency_ * 7 + latency) / 8;
}

void Engine::take(const Now& now, const ClaimResult& input) {
    CampaignRun& campaign = *campaigns_.at(input.campaign);
    OUTDIAL_CHECK(campaign.claim_asked);
    campaign.claim_asked = false;
    learn_claim_latency(now, campaign);
    for (const Slot& slot : input.unused) {
        campaign.capacity.move(SlotStage::reserved, SlotStage::released);
        give_back(slot);
    }
    for (const Claim& claim : input.claims) {
        LiveAttempt& attempt = add_attempt(claim, SlotStage::reserved);
        move(attempt, SlotStage::in_hand);
        attempt.trunk->in_hand.push_back(&attempt);
        set_deadline(attempt, now.steady + unsent_limit);
    }
    if (input.unused.empty()) return;
    campaign.not_before = input.next_due_at ? std::max(*input.next_due_at, now.utc) : now.utc + ask_again_after;
    if (input.exhausted && input.claims.empty() && campaign.live == 0 &&
        campaign.record.state == CampaignState::running) {
        set_state(campaign, CampaignState::finished);
    }
    finish_if_idle(campaign);
}

void Engine::take(const Now& now, const ClaimFailed& input) {
    CampaignRun& campaign = *campaigns_.at(input.request.campaign);
    OUTDIAL_CHECK(campaign.claim_asked);
    campaign.claim_asked = false;
    for (const Slot& slot : input.request.slots) {
        campaign.capacity.move(SlotStage::reserved, SlotStage::released);
        give_back(slot);
    }
    campaign.not_before = now.utc + ask_again_after;
    finish_if_idle(campaign);
}

void Engine::send(const Now& now) {
    for (auto& [name, trunk] : trunks_) {
        while (!trunk->in_hand.empty() && send_front(now, *trunk)) {
        }
    }
}

// Deals with the trunk's oldest claim: sends it, or takes it back when it must not be sent any more. False when it has
// to wait.
bool Engine::send_front(const Now& now, TrunkRun& trunk) {
    LiveAttempt& attempt = *trunk.in_hand.front();
    const bool may_leave = !stopping_ && attempt.campaign->dials() && trunk.configured && attempt.server->configured &&
                           attempt.server->state == ServerRun::State::ready;
    if (!may_leave) {
        settle(now, attempt, Disposition::canceled);
        return true;
    }
    for (const Capacity* level :
         {all_.get(), &attempt.server->capacity, &trunk.capacity, &attempt.campaign->capacity}) {
        if (!level->may_send(now.steady)) return false;
    }
    if (attempt.server->unanswered >= attempt.server->originate_window) return false;
    trunk.in_hand.pop_front();
    originate(now, attempt);
    return true;
}

void Engine::originate(const Now& now, LiveAttempt& attempt) {
    for (Capacity* level :
         {all_.get(), &attempt.server->capacity, &attempt.trunk->capacity, &attempt.campaign->capacity}) {
        level->take(now.steady);
    }
    move(attempt, SlotStage::sent);
    attempt.claim.facts.originated_at = now.utc;
    attempt.sent_at = now.steady;
    attempt.last_event_at = now.steady;
    attempt.awaits_response = true;
    ++attempt.server->unanswered;
    if (attempt.server->list_due == SteadyTime::max()) attempt.server->list_due = now.steady + list_interval;
    const Milliseconds ring_timeout = attempt.campaign->campaign.ring_timeout;
    set_deadline(attempt, now.steady + ring_timeout + silence_after_timeout);
    mark_changed(now, attempt);
    emit(originate_order(attempt.claim, attempt.campaign->campaign, attempt.trunk->trunk));
}

void Engine::find_next_wakeup(const Now& now) {
    SteadyTime at = flush_at_;
    if (!deadlines_.empty()) at = std::min(at, deadlines_.begin()->first.first);
    for (const auto& [name, server] : servers_) {
        if (server->state != ServerRun::State::down && !server->list_asked) at = std::min(at, server->list_due);
    }
    for (const auto& [name, trunk] : trunks_) {
        if (trunk->in_hand.empty()) continue;
        const LiveAttempt& front = *trunk->in_hand.front();
        if (front.server->unanswered >= front.server->originate_window) continue;  // its Response wakes us
        SteadyTime leaves{};
        for (const Capacity* level :
             {all_.get(), &front.server->capacity, &trunk->capacity, &front.campaign->capacity}) {
            leaves = std::max(leaves, level->may_send_at(now.steady));
        }
        at = std::min(at, leaves);
    }
    for (const auto& [id, campaign] : campaigns_) {
        if (stopping_ || !campaign->dials() || campaign->claim_asked) continue;
        const SteadyTime due = now.steady + std::max(Milliseconds{0}, campaign->not_before - now.utc);
        at = std::min(at, std::max({due, campaign->held_until, plan_at_}));
    }
    next_wakeup_ = std::max(at, now.steady);
}

std::string Engine::waiting_for(const Now& now, const CampaignRun& campaign) const {
    if (!campaign.dials()) return fmt::format("the campaign is {}", to_text(campaign.record.state));
    if (now.steady < campaign.held_until) return campaign.held_because;
    if (campaign.capacity.occupied() >= campaign.capacity.channels()) return "all channels of the campaign are in use";
    if (all_->occupied() >= all_->channels()) return "all channels of limits are in use";
    bool any_server_ready = false;
    bool any_trunk_free = false;
    for (const std::string& name : campaign.campaign.trunks) {
        const auto trunk = trunks_.find(name);
        if (trunk == trunks_.end() || !trunk->second->configured) continue;
        if (trunk->second->capacity.occupied() < trunk->second->capacity.channels()) any_trunk_free = true;
        for (const std::string& server_name : trunk->second->trunk.servers) {
            const auto server = servers_.find(server_name);
            if (server != servers_.end() && server->second->state == ServerRun::State::ready) any_server_ready = true;
        }
    }
    if (!any_server_ready) return "no Asterisk of its trunks is ready";
    if (!any_trunk_free) return "all channels of its trunks are in use";
    if (now.utc < campaign.not_before) return "no contact is due";
    return {};
}

}  // namespace outdial
