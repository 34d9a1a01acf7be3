#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "store/forgetting.hpp"

namespace outdial::daemon {

/// [{"contact_id", "list", "numbers", "attempts", "in_call"}]: what `outdial forget` tells, through the daemon or
/// without one. Counts alone, nothing of the person's.
[[nodiscard]] nlohmann::json people_json(const std::vector<store::PersonRecord>& people);

}  // namespace outdial::daemon
