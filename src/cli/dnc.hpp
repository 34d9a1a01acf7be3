#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "cli/database_access.hpp"

namespace outdial::cli {

/// The answer to a request of daemon/do_not_call_order.hpp; refusals have been reported.
[[nodiscard]] Outcome<nlohmann::json> change_lists(const CommonOptions& common, DatabaseAccess& access,
                                                   const nlohmann::json& request);

/// The first instant of a day by UTC, "2027-05-31"; nothing for what is no such day.
[[nodiscard]] std::optional<UtcTime> utc_day(std::string_view text);

}  // namespace outdial::cli
