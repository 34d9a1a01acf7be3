#include "store/reserve_file.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <system_error>

#include "base/file_descriptor.hpp"

namespace outdial::store {

namespace {

constexpr mode_t reserve_mode = 0640;

std::optional<struct statvfs> file_system_of(const std::filesystem::path& file) {
    struct statvfs status {};
    if (::statvfs(file.parent_path().empty() ? "." : file.parent_path().c_str(), &status) != 0) return std::nullopt;
    return status;
}

}  // namespace

ReserveFile::ReserveFile(const std::filesystem::path& database, std::uint64_t bytes) : path_(database), bytes_(bytes) {
    path_ += ".reserve";
    if (const auto status = file_system_of(path_)) {
        bytes_ = std::min<std::uint64_t>(bytes_, status->f_blocks * status->f_frsize / reserve_share);
    }
}

Result<void> ReserveFile::keep() {
    const FileDescriptor file{::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, reserve_mode)};
    int error = file ? 0 : errno;
    if (file && bytes_ > 0) error = ::posix_fallocate(file.get(), 0, static_cast<off_t>(bytes_));
    kept_ = error == 0;
    obstacle_.clear();
    if (kept_) return {};
    if (file) ::unlink(path_.c_str());
    std::string failure = fmt::format("{}: {} MiB of disk space cannot be set aside for the outcomes of calls: {}",
                                      path_.native(), bytes_ >> 20, std::generic_category().message(error));
    if (error != ENOSPC && error != EDQUOT) obstacle_ = failure;
    return fail(std::move(failure));
}

void ReserveFile::release() {
    obstacle_.clear();
    ::unlink(path_.c_str());
    kept_ = false;
}

bool ReserveFile::room_to_keep() const {
    const auto status = file_system_of(path_);
    return status && status->f_bavail * status->f_frsize >= bytes_needed_free();
}

}  // namespace outdial::store
