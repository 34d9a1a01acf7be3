#pragma once

#include <sys/types.h>

#include <array>
#include <filesystem>

#include "base/result.hpp"

namespace outdial::store {

/// Remembers which files a connection has open (the database, its -wal and its -shm), and tells when one of the three
/// paths leads elsewhere: SQLite would go on writing into files that nobody finds any more.
class FileWatch {
public:
    /// With the connection open: it has made all three.
    explicit FileWatch(std::filesystem::path database);

    /// An error names the file, and says what to do. A few microseconds.
    [[nodiscard]] Result<void> check() const;

private:
    struct Identity {
        dev_t device = 0;
        ino_t inode = 0;
        bool exists = false;
        bool operator==(const Identity&) const = default;
    };
    [[nodiscard]] static Identity identity_of(const std::string& path);

    std::filesystem::path database_;
    std::array<Identity, 3> seen_{};
};

}  // namespace outdial::store
