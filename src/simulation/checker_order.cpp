// Whom a campaign calls at all, and who is called before whom.
#include <fmt/format.h>

#include <algorithm>

#include "simulation/checker.hpp"

namespace outdial::simulation {

namespace {

// Whether the campaign's rules want a call to `a` before the first call to `b`, both never called.
bool comes_first(const std::string& first, const Person& a, const Person& b) {
    if (first == "important") return a.importance > b.importance || (a.importance == b.importance && a.row < b.row);
    if (first == "poor") return a.balance < b.balance || (a.balance == b.balance && a.row < b.row);
    if (first == "late") return a.row > b.row;
    return false;
}

}  // namespace

void Checker::check_order(const WiredCall& call) {
    const auto rules = rules_.back().campaigns.find(call.campaign);
    const Person* called = person(call.campaign, call.contact);
    if (violation_ || rules == rules_.back().campaigns.end() || called == nullptr) return;
    // Who wants to be called back is called before others, and whatever the filter says.
    if (callbacks_.contains(call.campaign + " " + call.contact)) return;
    const OrderRules& order = rules->second.order;
    if (order.balance_above >= 0 && called->balance <= order.balance_above) {
        violate("filter", fmt::format("{} calls {}, who has {}, and whoever has no more than {} is not called",
                                      call.attempt, call.contact, called->balance, order.balance_above));
    }
    // Whoever was put aside by other rules comes up as a retry, whatever these say; and who came later, nobody knows
    // when.
    const bool always_the_same = std::ranges::all_of(rules_, [&](const SiteRules& earlier) {
        const auto found = earlier.campaigns.find(call.campaign);
        return found == earlier.campaigns.end() || found->second.order == order;
    });
    if (!always_the_same || called->row < 0 || view_->attempts_of(call.campaign, call.contact).size() != 1) return;
    // One place: who is on another clock may be outside their hours.
    for (const std::string& external_id : view_->never_taken(call.campaign)) {
        const Person* other = person(call.campaign, external_id);
        if (other == nullptr || other->row < 0 || other->zone != called->zone) continue;
        if (!comes_first(order.first, *other, *called)) continue;
        violate("order", fmt::format("{} calls {} before {}, who has never been taken and comes first: {}",
                                     call.attempt, call.contact, external_id, order.first));
    }
}

}  // namespace outdial::simulation
