#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include <sys/types.h>

namespace outdial::store {

/// Another process that holds a lock of the database.
struct LockHolder {
    pid_t pid = 0;        // 0: it runs in another process namespace (a container), where its id is not ours
    std::string program;  // its name; empty where /proc does not show it, as under ProtectProc=invisible
};

/// "process 4711 (sqlite3)".
[[nodiscard]] std::string to_text(const LockHolder& holder);

/// Who holds the lock for writing; none where nobody does (any more), or this process itself. Asks the kernel through
/// the descriptors that SQLite has open, so a connection to the database must be open in this process.
[[nodiscard]] std::optional<LockHolder> write_lock_holder(const std::filesystem::path& database);

/// Of the other processes that read in a transaction: the one that sees the oldest state, which is the one that keeps
/// the write-ahead log from being reused. As above.
[[nodiscard]] std::optional<LockHolder> oldest_reader(const std::filesystem::path& database);

}  // namespace outdial::store
