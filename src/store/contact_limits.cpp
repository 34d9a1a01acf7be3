#include "store/contact_limits.hpp"

#include <algorithm>

namespace outdial::store {

namespace {

struct Count {
    const ContactLimit* limit;
    UtcTime since;  // calls that ended later are counted
    int calls = 0;
    bool over = false;
};

UtcTime end_of(const ContactLimit& limit, UtcTime ended_at) {
    return limit.within ? ended_at + *limit.within : UtcTime::max();
}

}  // namespace

ContactLimits::Verdict ContactLimits::verdict(const std::vector<ContactLimit>& limits, const Called& called,
                                              UtcTime at) {
    Verdict verdict;
    for (const LimitScope scope : all_limit_scopes) judge(limits, called, at, scope, verdict);
    return verdict;
}

Rows ContactLimits::calls(const Called& called, LimitScope scope, UtcTime ended_after) {
    if (scope == LimitScope::number) return of_number_.rows(called.number, ended_after);
    if (scope == LimitScope::account && !called.account.empty()) return of_account_.rows(called.account, ended_after);
    return of_contact_.rows(called.contact, ended_after);
}

int ContactLimits::live_of_account(std::string_view account) {
    Rows rows = live_of_account_.rows(account);
    return rows.next() ? static_cast<int>(rows.integer(0)) : 0;
}

// One walk over the calls, the newest first, for all limits of the scope.
void ContactLimits::judge(const std::vector<ContactLimit>& limits, const Called& called, UtcTime at, LimitScope scope,
                          Verdict& verdict) {
    std::vector<Count> counts;
    UtcTime since = at;
    for (const ContactLimit& limit : limits) {
        if (limit.per != scope || !concerns(limit.regions, called.place) || !in_force(limit, at)) continue;
        counts.push_back({&limit, limit.within ? at - *limit.within : UtcTime::min()});
        since = std::min(since, counts.back().since);
    }
    if (counts.empty()) return;
    std::size_t undecided = counts.size();
    const auto count_one = [&](Count& count, UtcTime until) {
        if (++count.calls < count.limit->most) return;
        count.over = true;
        --undecided;
        if (verdict.over && verdict.until >= until) return;
        verdict.over = true;
        verdict.until = until;
        verdict.rule = count.limit->name;
    };
    // A call that is under way may become of any kind yet.
    const int live = scope == LimitScope::account && !called.account.empty() ? live_of_account(called.account) : 0;
    for (Count& count : counts) {
        for (int i = 0; i < live && !count.over; ++i) count_one(count, at + account_in_call_delay);
    }
    Rows rows = calls(called, scope, since);
    while (undecided > 0 && rows.next()) {
        const UtcTime ended_at = from_unix_ms(rows.integer(0));
        const auto outcome = disposition_from(rows.text(1));
        for (Count& count : counts) {
            if (count.over || ended_at <= count.since) continue;
            if (outcome && !is_of(count.limit->counted, *outcome, rows.text(2))) continue;
            count_one(count, end_of(*count.limit, ended_at));
        }
    }
    for (const Count& count : counts) verdict.counted.push_back({count.limit, count.calls});
}

}  // namespace outdial::store
