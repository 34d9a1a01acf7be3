#include "base/file_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <string>
#include <system_error>

namespace outdial {
namespace {

std::string reason(int error) { return std::generic_category().message(error); }

/// The process id that the holder wrote, or "another process".
std::string holder_of(int file) {
    std::array<char, 32> text{};
    const ssize_t size = ::pread(file, text.data(), text.size(), 0);
    std::string digits;
    for (ssize_t i = 0;
         i < size && text[static_cast<std::size_t>(i)] >= '0' && text[static_cast<std::size_t>(i)] <= '9'; ++i) {
        digits += text[static_cast<std::size_t>(i)];
    }
    return digits.empty() ? "another process" : "process " + digits;
}

}  // namespace

Result<FileLock> FileLock::acquire(const std::filesystem::path& path) {
    FileDescriptor file{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR | S_IRGRP)};
    if (!file) {
        return fail("cannot open the lock file " + path.string() + ": " + reason(errno) +
                    "; it must be a file, or nothing yet, in a folder where this user may write");
    }
    if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK) {
            return fail(path.string() + " is locked by " + holder_of(file.get()));
        }
        return fail("cannot lock " + path.string() + ": " + reason(errno));
    }
    // The process id is for people who look; a disk too full to hold it does not weaken the lock.
    const std::string pid = std::to_string(::getpid()) + "\n";
    if (::ftruncate(file.get(), 0) == 0) {
        [[maybe_unused]] const ssize_t written = ::pwrite(file.get(), pid.data(), pid.size(), 0);
    }
    return FileLock{std::move(file)};
}

std::filesystem::path database_lock_file(const std::filesystem::path& database) {
    std::filesystem::path file = database;
    file += ".lock";
    return file;
}

}  // namespace outdial
