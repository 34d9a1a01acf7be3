// How often somebody was rung, by the calls that left and what the servers know of them: all campaigns together.
#include <fmt/format.h>

#include <algorithm>

#include "simulation/checker.hpp"

namespace outdial::simulation {

namespace {

// The daemon's wall clock counts whole milliseconds.
constexpr std::int64_t clock_grain_us = 2'000;

}  // namespace

std::string Checker::account_of(const std::string& campaign, const std::string& contact) const {
    const Person* found = person(campaign, contact);
    return found == nullptr ? std::string{} : found->account;
}

// Where the servers or the links were in trouble the daemon cannot know who was rung, and the checker asks nothing.
bool Checker::is_counted(const LimitRules& limit, const std::string& attempt, const Call& call,
                         std::int64_t now_us) const {
    if (call.disturbed || !call.taken_up) return false;
    if (!call.truth) return live_.contains(attempt) && limit.per == "account";
    const bool busy = call.truth->fate == "busy" && call.truth->end != "hung-up-by-action";
    if (limit.of == "busy" ? !busy : !call.truth->rang && !call.truth->answered) return false;
    if (limit.of == "conversation" && !call.truth->answered) return false;
    return limit.within_ms == 0 || now_us - call.ended_us < limit.within_ms * 1'000 - clock_grain_us;
}

void Checker::check_limits(const WiredCall& call, std::int64_t now_us) {
    const auto rules = rules_.back().campaigns.find(call.campaign);
    if (rules == rules_.back().campaigns.end() || stepped_ms_ != 0 || !events_are_whole_) return;
    const std::string account = account_of(call.campaign, call.contact);
    for (const LimitRules& limit : rules->second.limits) {
        const auto is_of_the_same = [&](const Call& other) {
            if (limit.per == "number") return other.number == call.number;
            if (limit.per == "account" && !account.empty()) return account_of(other.campaign, other.contact) == account;
            return other.contact == call.contact;
        };
        const auto counted = std::ranges::count_if(calls_, [&](const auto& entry) {
            return is_of_the_same(entry.second) && is_counted(limit, entry.first, entry.second, now_us);
        });
        if (counted < limit.most) continue;
        violate("limit",
                fmt::format("{} calls {} of {} after {} calls within {} ms, allowed are {} {} per {}", call.attempt,
                            call.number, call.contact, counted, limit.within_ms, limit.most, limit.of, limit.per));
    }
}

}  // namespace outdial::simulation
