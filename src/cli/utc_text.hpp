#pragma once

#include <optional>
#include <string_view>

#include "base/time.hpp"

namespace outdial::cli {

/// The first instant of a day by UTC, "2027-05-31"; nothing for what is no such day.
[[nodiscard]] std::optional<UtcTime> utc_day(std::string_view text);
/// "2027-05-31", "2027-05-31 14:30" or "2027-05-31 14:30:05", by UTC; T may stand in place of the blank.
[[nodiscard]] std::optional<UtcTime> utc_instant(std::string_view text);

}  // namespace outdial::cli
