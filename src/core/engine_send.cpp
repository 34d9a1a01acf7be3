// Who leaves now. Claims wait in one queue for each way out (campaign, trunk, server); of those whose every limit
// permits a call, the one that came first goes.
#include <algorithm>
#include <iterator>

#include "base/check.hpp"
#include "core/engine_state.hpp"

namespace outdial {

void Engine::send(const Now& now) {
    take_back_claims(now);
    while (true) {
        LiveAttempt* first = nullptr;
        for (const auto& [way, queue] : in_hand_) {
            LiveAttempt* front = queue.front();
            if (first != nullptr && first->in_hand_number < front->in_hand_number) continue;
            if (may_send_at(now, *front) == now.steady) first = front;
        }
        if (first == nullptr) return;
        remove_from_hand(*first);
        originate(now, *first);
    }
}

// Claims that must not be sent any more go back to the store.
void Engine::take_back_claims(const Now& now) {
    std::vector<LiveAttempt*> back;
    const bool clock_is_trusted = trusts_clock_at(now) <= now.steady;
    const bool nothing_leaves = stopping_ || overload_.is_at_least(Overload::outcomes_only);
    for (const auto& [way, queue] : in_hand_) {
        const auto& [campaign, trunk, server] = way;
        const bool may_leave = !nothing_leaves && clock_is_trusted && campaign->dials() &&
                               now.steady >= campaign->held_until && is_way(*campaign, *trunk, *server) &&
                               server->state == ServerRun::State::ready && !server->silent;
        std::ranges::copy_if(queue, std::back_inserter(back), [&](const LiveAttempt* attempt) {
            return !may_leave || attempt->withdrawn || now.utc >= attempt->claim.send_before;
        });
    }
    std::ranges::sort(back, {}, &LiveAttempt::in_hand_number);
    for (LiveAttempt* attempt : back) settle(now, *attempt, Disposition::canceled);
}

// A reload may have taken the way from the campaign while a claim for it was being committed.
bool Engine::is_way(const CampaignRun& campaign, const TrunkRun& trunk, const ServerRun& server) {
    const auto& trunks = campaign.campaign.trunks;
    const auto& servers = trunk.trunk.servers;
    return trunk.configured && server.configured && std::ranges::find(trunks, trunk.trunk.name) != trunks.end() &&
           std::ranges::find(servers, server.name) != servers.end();
}

// SteadyTime::max() when not time but an input must come first: a Response, or the end of a call.
SteadyTime Engine::may_send_at(const Now& now, const LiveAttempt& attempt) const {
    if (attempt.server->unanswered >= attempt.server->originate_window) return SteadyTime::max();
    SteadyTime at = now.steady;
    for (const Capacity* level :
         {all_.get(), &attempt.server->capacity, &attempt.trunk->capacity, &attempt.campaign->capacity}) {
        at = std::max(at, level->may_send_at(now.steady));
    }
    return at;
}

void Engine::put_in_hand(LiveAttempt& attempt) {
    attempt.in_hand_number = ++claims_in_hand_so_far_;
    in_hand_[{attempt.campaign, attempt.trunk, attempt.server}].push_back(&attempt);
    move(attempt, SlotStage::in_hand);
}

void Engine::remove_from_hand(LiveAttempt& attempt) {
    const auto way = in_hand_.find({attempt.campaign, attempt.trunk, attempt.server});
    OUTDIAL_CHECK(way != in_hand_.end());
    std::erase(way->second, &attempt);
    if (way->second.empty()) in_hand_.erase(way);
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
    ++attempt.campaign->unanswered;
    set_deadline(attempt, attempt.silent_at());
    mark_changed(now, attempt);
    emit(originate_order(attempt.claim, attempt.campaign->campaign, attempt.trunk->trunk));
}

}  // namespace outdial
