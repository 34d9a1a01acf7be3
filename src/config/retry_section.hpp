#pragma once

#include "config/fields.hpp"
#include "core/campaign.hpp"

namespace outdial::config {

/// `retry`; the defaults of RetryRules where it is absent. Rules that can never apply are warned of.
[[nodiscard]] RetryRules read_retry(const Value& retry, Problems& problems);

}  // namespace outdial::config
