#pragma once

#include "config/fields.hpp"
#include "core/calling_rules.hpp"

namespace outdial::config {

/// `calling_hours`; where it is absent, from 09:00 to 20:00 every day, by the clocks of the called. `always` is no rule
/// at all.
[[nodiscard]] SharedCallingRules read_calling_hours(const Value& value, Problems& problems);

/// "2026-12-25"; nothing for what is no day of the calendar.
[[nodiscard]] std::optional<LocalDate> parse_date(std::string_view text);
/// "09:00-20:00"; the end may be 24:00. Nothing for what is none.
[[nodiscard]] std::optional<LocalInterval> parse_interval(std::string_view text);

}  // namespace outdial::config
