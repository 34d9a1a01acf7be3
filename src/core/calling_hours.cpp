#include "core/calling_hours.hpp"

#include <algorithm>

namespace outdial {

std::optional<DayHours> hours_on(const CallingHours& rule, LocalDate date) {
    if (rule.in_force_from && date < *rule.in_force_from) return std::nullopt;
    if (rule.in_force_through && date > *rule.in_force_through) return std::nullopt;
    if (std::ranges::binary_search(rule.holidays, date)) return rule.on_holidays;
    return rule.weekdays[std::chrono::weekday{date}.iso_encoding() - 1];
}

OpenIntervals intersection(std::span<const OpenInterval> a, std::span<const OpenInterval> b) {
    OpenIntervals both;
    for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
        const UtcTime opens_at = std::max(a[i].opens_at, b[j].opens_at);
        const UtcTime closes_at = std::min(a[i].closes_at, b[j].closes_at);
        if (opens_at < closes_at) both.push_back({opens_at, closes_at});
        // Of the two, the one that ends first meets no more of the other.
        a[i].closes_at < b[j].closes_at ? ++i : ++j;
    }
    return both;
}

std::optional<OpenInterval> open_at_or_after(std::span<const OpenInterval> intervals, UtcTime at) {
    const auto found = std::ranges::upper_bound(intervals, at, {}, &OpenInterval::closes_at);
    return found == intervals.end() ? std::nullopt : std::optional{*found};
}

}  // namespace outdial
