#pragma once

#include <filesystem>

#include "base/result.hpp"

namespace outdial::store {

/// Creates the file with mode 0640 if it is missing, before SQLite can create it with a wider one; -wal and -shm
/// inherit the mode. An existing file that other users can read or write, or that belongs to one other than root and
/// this process's, is refused. Never opens an existing file: closing it again would drop the locks that this process
/// holds on it.
[[nodiscard]] Result<void> prepare_database_file(const std::filesystem::path& path);

/// Refuses what prepare_database_file refuses, and a missing file.
[[nodiscard]] Result<void> check_database_file(const std::filesystem::path& path);

}  // namespace outdial::store
