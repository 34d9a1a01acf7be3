#include "store/file_watch.hpp"

#include <fmt/core.h>
#include <sys/stat.h>

namespace outdial::store {

namespace {

constexpr std::array suffixes{"", "-wal", "-shm"};
constexpr std::size_t log = 1;

// https://www.sqlite.org/fileformat2.html#walformat, with pages of the default size.
constexpr off_t log_header_bytes = 32;
constexpr off_t log_page_bytes = 24 + 4096;

}  // namespace

FileWatch::FileWatch(std::filesystem::path database) : database_(std::move(database)) {
    for (std::size_t i = 0; i < suffixes.size(); ++i) seen_[i] = look_at(database_.string() + suffixes[i]).identity;
}

FileWatch::Found FileWatch::look_at(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return {};
    return {{status.st_dev, status.st_ino, true}, status.st_size};
}

Result<void> FileWatch::check(int log_pages) const {
    for (std::size_t i = 0; i < suffixes.size(); ++i) {
        const std::string path = database_.string() + suffixes[i];
        const Found found = look_at(path);
        const bool whole = i != log || log_pages == 0 || found.bytes >= log_header_bytes + log_pages * log_page_bytes;
        if (found.identity == seen_[i] && whole) continue;
        if (found.identity == seen_[i]) {
            return fail(
                fmt::format("{} was cut short under the running daemon, to {} bytes, and what was committed last is no "
                            "longer in it; stop Outdial, restore the newest backup, start it with --accept-rollback",
                            path, found.bytes));
        }
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
