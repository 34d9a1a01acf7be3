#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "core/engine.hpp"
#include "core/explanation.hpp"

namespace outdial::daemon {

/// [{"campaign", "list", "contact_id", "external_id", "number", "next_at", "rules": [{"rule", "permits", "until",
/// "text"}], "campaign_waits_for"}]; instants are UTC milliseconds, null where there is none.
[[nodiscard]] nlohmann::json explanations_json(const std::vector<Explanation>& explanations,
                                               const EngineStatus& status);

}  // namespace outdial::daemon
