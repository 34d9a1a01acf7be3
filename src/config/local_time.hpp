#pragma once

#include <optional>
#include <string_view>

#include "config/fields.hpp"
#include "core/calling_hours.hpp"

namespace outdial::config {

inline constexpr std::size_t max_intervals_a_day = 8;

/// 2026-12-25
[[nodiscard]] std::optional<LocalDate> parse_date(std::string_view text);
[[nodiscard]] std::optional<LocalDate> read_date(const Value& value);

/// `closed`, "09:00-20:00", or a list of such that are in order and apart from each other.
[[nodiscard]] std::optional<DayHours> read_day_hours(const Value& value);

}  // namespace outdial::config
