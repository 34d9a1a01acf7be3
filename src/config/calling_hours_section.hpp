#pragma once

#include "config/fields.hpp"
#include "core/calling_rules.hpp"

namespace outdial::config {

/// `calling_hours`; where it is absent, from 09:00 to 20:00 every day, by the clocks of the called. `always` is no rule
/// at all.
[[nodiscard]] SharedCallingRules read_calling_hours(const Value& value, Problems& problems);

}  // namespace outdial::config
