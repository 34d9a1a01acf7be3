#pragma once

#include <atomic>
#include <filesystem>

#include "base/result.hpp"

namespace outdial::store {

/// Reads the whole database through a connection of its own, beside the daemon that writes it (about 20 s a gigabyte).
/// An error names the first damage found, and what to do. Ends early, without an error, once `stop` is set.
[[nodiscard]] Result<void> quick_check(const std::filesystem::path& database, const std::atomic<bool>& stop);

}  // namespace outdial::store
