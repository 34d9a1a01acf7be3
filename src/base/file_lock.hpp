#pragma once

#include <filesystem>

#include "base/file_descriptor.hpp"
#include "base/result.hpp"

namespace outdial {

/// An exclusive lock that the kernel gives back when its process ends, however it ends (flock(2)). The file stays
/// behind, because removing it would let two processes lock two files of one name.
class FileLock {
public:
    /// Never waits. The file is made if there is none, readable by its group, and holds the process id of the last
    /// holder. An error names the holder, or what hinders us.
    [[nodiscard]] static Result<FileLock> acquire(const std::filesystem::path& file);

private:
    explicit FileLock(FileDescriptor file) : file_(std::move(file)) {}

    FileDescriptor file_;
};

/// What whoever writes to this database must hold: the daemon for as long as it runs, and an import while none runs.
[[nodiscard]] std::filesystem::path database_lock_file(const std::filesystem::path& database);

}  // namespace outdial
