#pragma once

#include <nlohmann/json_fwd.hpp>

#include "cli/database_access.hpp"

namespace outdial::cli {

/// The answer to a request of daemon/do_not_call_order.hpp; refusals have been reported.
[[nodiscard]] Outcome<nlohmann::json> change_lists(const CommonOptions& common, DatabaseAccess& access,
                                                   const nlohmann::json& request);

}  // namespace outdial::cli
