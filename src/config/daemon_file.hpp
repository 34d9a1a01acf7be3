#pragma once

#include <filesystem>
#include <optional>

#include "config/configuration.hpp"
#include "config/node.hpp"

namespace outdial::config {

/// outdial.yaml as far as it can be understood: of use only if no problem was reported.
struct DaemonFile {
    Configuration configuration;
    std::optional<Position> rule_packs_at;  // of the value that names their folder; nothing: the default one is meant
    std::optional<Position> campaigns_at;   // of the value that names the folder; nothing: it could not be read
};

/// `folder` is what relative paths are relative to.
[[nodiscard]] DaemonFile read_daemon_file(const Node& root, const std::filesystem::path& folder, Problems& problems);

}  // namespace outdial::config
