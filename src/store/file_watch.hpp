#pragma once

#include <sys/types.h>

#include <array>
#include <filesystem>

#include "base/result.hpp"

namespace outdial::store {

/// Remembers which files a connection has open (the database, its -wal and its -shm), and tells when one of the three
/// paths leads elsewhere, or the log is shorter than what was written into it: SQLite would go on writing what nobody
/// finds any more.
class FileWatch {
public:
    /// With the connection open: it has made all three.
    explicit FileWatch(std::filesystem::path database);

    /// An error names the file, and says what to do. `log_pages`: so many are in the log. A few microseconds.
    [[nodiscard]] Result<void> check(int log_pages) const;

private:
    struct Identity {
        dev_t device = 0;
        ino_t inode = 0;
        bool exists = false;
        bool operator==(const Identity&) const = default;
    };
    struct Found {
        Identity identity;
        off_t bytes = 0;
    };
    [[nodiscard]] static Found look_at(const std::string& path);

    std::filesystem::path database_;
    std::array<Identity, 3> seen_{};
};

}  // namespace outdial::store
