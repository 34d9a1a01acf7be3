// When people may be called, by the clock on their wall. Which instants those are is the zone room's matter.
#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <span>
#include <vector>

#include "base/time.hpp"

namespace outdial {

/// A day where the called person is, whatever instants that makes it.
using LocalDate = std::chrono::local_days;

inline constexpr int minutes_per_day = 24 * 60;

/// Minutes since midnight, 0 to 1440. The first is open, the last is not: 09:00-20:00 is {540, 1200}, and at 20:00:00
/// it is closed.
struct LocalInterval {
    int opens = 0;
    int closes = 0;
    bool operator==(const LocalInterval&) const = default;
};

/// Of one day: in order, without a gap of nothing between them. None: closed all day.
using DayHours = std::vector<LocalInterval>;

/// One rule about hours: a campaign's own, or a region's of a rule pack.
struct CallingHours {
    std::array<DayHours, 7> weekdays;  // Monday first
    DayHours on_holidays;              // instead of the weekday's
    std::vector<LocalDate> holidays;   // in order
    std::optional<LocalDate> in_force_from;
    std::optional<LocalDate> in_force_through;  // that day included
    bool operator==(const CallingHours&) const = default;
};

/// Nothing while the rule is not in force: then it forbids nothing.
[[nodiscard]] std::optional<DayHours> hours_on(const CallingHours& rule, LocalDate date);

/// Open from the first instant to just before the last.
struct OpenInterval {
    UtcTime opens_at;
    UtcTime closes_at;
    bool operator==(const OpenInterval&) const = default;
};

/// In order, apart from each other.
using OpenIntervals = std::vector<OpenInterval>;

/// When both are open.
[[nodiscard]] OpenIntervals intersection(std::span<const OpenInterval> a, std::span<const OpenInterval> b);

/// The one that holds `at`, else the first after it, else nothing.
[[nodiscard]] std::optional<OpenInterval> open_at_or_after(std::span<const OpenInterval> intervals, UtcTime at);

}  // namespace outdial
