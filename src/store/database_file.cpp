#include "store/database_file.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace outdial::store {

namespace {

constexpr mode_t database_mode = 0640;
constexpr mode_t others = 0007;

std::string reason(int error) { return std::generic_category().message(error); }

/// Of whoever is to write it: its owner could put call lists and campaigns of his own into it.
Result<void> check_writers_file(const std::filesystem::path& path) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) {
        return fail(fmt::format("database {}: {}", path.native(), reason(errno)));
    }
    if (S_ISLNK(status.st_mode)) {
        return fail(
            fmt::format("database {}: it is a symbolic link, and a second daemon could open the file by its own name "
                        "unseen; write that name into outdial.yaml: readlink -f {}",
                        path.native(), path.native()));
    }
    if (auto checked = check_database_file(path); !checked) return checked;
    // Its lock and its log lie beside the name that it is opened by.
    if (status.st_nlink > 1) {
        return fail(fmt::format(
            "database {}: it has {} names (hard links), and whoever opens it by another one finds neither "
            "its lock nor its log; leave it one: find {} -samefile {}",
            path.native(), status.st_nlink, path.has_parent_path() ? path.parent_path().native() : ".", path.native()));
    }
    if (status.st_uid != 0 && status.st_uid != ::geteuid()) {
        return fail(fmt::format(
            "database {}: it belongs to user {}, and Outdial runs as user {}; if the file is Outdial's, run: "
            "chown {} {}*",
            path.native(), status.st_uid, ::geteuid(), ::geteuid(), path.native()));
    }
    return {};
}

}  // namespace

Result<void> check_database_file(const std::filesystem::path& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) {
        return fail(fmt::format("database {}: {}", path.native(), reason(errno)));
    }
    if (!S_ISREG(status.st_mode)) return fail(fmt::format("database {}: it is not a file", path.native()));
    if ((status.st_mode & others) != 0) {
        return fail(
            fmt::format("database {}: every user of this machine can open it, and it holds people's numbers; "
                        "run: chmod o-rwx {}*",
                        path.native(), path.native()));
    }
    return {};
}

Result<void> prepare_database_file(const std::filesystem::path& path) {
    const int file = ::open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, database_mode);
    if (file < 0) {
        if (errno == EEXIST) return check_writers_file(path);
        return fail(
            fmt::format("database {}: it cannot be created: {}; check that its folder exists and belongs to "
                        "the user that Outdial runs as",
                        path.native(), reason(errno)));
    }
    // The umask took bits away from the mode given to open().
    const bool mode_set = ::fchmod(file, database_mode) == 0;
    const int error = errno;
    ::close(file);
    if (!mode_set) return fail(fmt::format("database {}: its mode cannot be set: {}", path.native(), reason(error)));
    return {};
}

}  // namespace outdial::store
