#pragma once

#include <filesystem>

#include "config/load.hpp"

namespace outdial::config {

/// Looks at the files and folders that outdial.yaml names besides campaigns: the database, the control socket, secrets,
/// certificate authorities, call detail records. Adds to a `loaded` without problems what the daemon would stumble
/// over, each at its place in outdial.yaml; where this process's user may not look, a warning. Who owns a secret is not
/// judged, because this process may run as another user than the daemon.
void examine_named_files(const std::filesystem::path& outdial_yaml, LoadResult& loaded);

}  // namespace outdial::config
