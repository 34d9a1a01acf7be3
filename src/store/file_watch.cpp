#include "store/file_watch.hpp"

#include <fmt/core.h>
#include <sys/stat.h>

namespace outdial::store {

namespace {

constexpr std::array suffixes{"", "-wal", "-shm"};

}  // namespace

FileWatch::FileWatch(std::filesystem::path database) : database_(std::move(database)) {
    for (std::size_t i = 0; i < suffixes.size(); ++i) seen_[i] = identity_of(database_.string() + suffixes[i]);
}

FileWatch::Identity FileWatch::identity_of(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return {};
    return {status.st_dev, status.st_ino, true};
}

Result<void> FileWatch::check() const {
    for (std::size_t i = 0; i < suffixes.size(); ++i) {
        const std::string path = database_.string() + suffixes[i];
        if (identity_of(path) == seen_[i]) continue;
        if (i == 0) {
            return fail(
                fmt::format("database {}: the file was moved, deleted or replaced under the running daemon; put it "
                            "back and dialing goes on, or restart the daemon to use what is there now",
                            path));
        }
        return fail(
            fmt::format("{} was moved, deleted or replaced under the running daemon; put it back if it was moved, else "
                        "restart the daemon: it alone may touch this file",
                        path));
    }
    return {};
}

}  // namespace outdial::store
