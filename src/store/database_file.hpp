#pragma once

#include <filesystem>

#include "base/result.hpp"

namespace outdial::store {

/// Creates the file with mode 0640 if it is missing, before SQLite can create it with a wider one; -wal and -shm
/// inherit the mode. An existing file is refused that other users can read or write, that belongs to one other than
/// root and this process's, or that has a second name: a symbolic link to it, or a hard link. Never opens an existing
/// file: closing it again would drop the locks that this process holds on it.
[[nodiscard]] Result<void> prepare_database_file(const std::filesystem::path& path);

/// Refuses a missing file and one that other users can read or write.
[[nodiscard]] Result<void> check_database_file(const std::filesystem::path& path);

}  // namespace outdial::store
