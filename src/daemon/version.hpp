#pragma once

#include <string_view>

#include "base/time.hpp"

namespace outdial::daemon {

inline constexpr std::string_view version = OUTDIAL_VERSION;
/// 2026-11-01 00:00 UTC, before which this version did not exist: a clock that says an earlier day is wrong.
inline constexpr UtcTime released = from_unix_ms(1'793'491'200'000);

}  // namespace outdial::daemon
