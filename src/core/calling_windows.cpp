#include "core/calling_windows.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace outdial {

namespace {

using std::chrono::days;

// Most openings are within two days, nearly all within a week with its holidays.
constexpr std::array<days, 3> reaches{days{8}, days{40}, farthest_opening};

bool has_hours(const CallingRules& rules, const Place& place) {
    return std::ranges::any_of(rules.hours, [&](const HoursRule& rule) { return concerns(rule.regions, place); });
}

}  // namespace

Result<CallingWindow> CallingWindows::at(const Place& place, UtcTime at) {
    if (!rules_ || !has_hours(*rules_, place)) return CallingWindow{.kind = CallingWindow::Kind::always};
    if (place.zones.empty() && rules_->zone_of_unknown.empty()) {
        return CallingWindow{.kind = CallingWindow::Kind::unknown_zone};
    }
    // Whole days, so that who asks next gets what is remembered.
    const UtcTime today{std::chrono::floor<days>(at.time_since_epoch())};
    for (const days reach : reaches) {
        const Result<OpenIntervals> intervals = open(place, today, today + reach);
        if (!intervals) return tl::unexpected<Error>(intervals.error());
        if (const auto window = first_in(*intervals, at)) return *window;
    }
    return CallingWindow{.kind = CallingWindow::Kind::never};
}

Result<OpenIntervals> CallingWindows::open(const Place& place, UtcTime from, UtcTime to) {
    const std::span<const std::string> zones =
        place.zones.empty() ? std::span{&rules_->zone_of_unknown, 1} : std::span{place.zones};
    OpenIntervals all{{from, to}};
    for (std::size_t i = 0; i < rules_->hours.size(); ++i) {
        const HoursRule& rule = rules_->hours[i];
        if (!concerns(rule.regions, place)) continue;
        for (const std::string& zone : zones) {
            Remembered& here = remembered_[{i, zone}];
            if (here.from != from || here.to < to) {
                Result<OpenIntervals> found = geography_.open_in(zone, rule.hours, from, to);
                if (!found) {
                    remembered_.erase({i, zone});
                    return found;
                }
                here = {from, to, std::move(*found)};
            }
            all = intersection(all, here.open);
        }
    }
    return all;
}

// What ends sooner than a telephone rings is no opening; nor is the rest of one.
std::optional<CallingWindow> CallingWindows::first_in(const OpenIntervals& open, UtcTime at) const {
    for (const OpenInterval& interval : open) {
        const UtcTime calls_until = interval.closes_at - ring_timeout_ - call_setup_time;
        if (interval.opens_at >= calls_until || calls_until <= at) continue;
        return CallingWindow{.kind = CallingWindow::Kind::hours,
                             .opens_at = interval.opens_at,
                             .calls_until = calls_until,
                             .closes_at = interval.closes_at};
    }
    return std::nullopt;
}

}  // namespace outdial
