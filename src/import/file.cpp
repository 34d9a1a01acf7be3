#include "import/file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace outdial::lists {
namespace {

tl::unexpected<Error> system_failure(std::string_view what, const std::string& path) {
    const auto reason = std::error_code{errno, std::generic_category()}.message();
    return fail(fmt::format("{}: cannot {} it: {}", path, what, reason));
}

}  // namespace

Result<File> File::open(std::string path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return system_failure("open", path);
    File file{descriptor, std::move(path)};
    struct stat status {};
    if (::fstat(descriptor, &status) != 0) return system_failure("examine", file.path_);
    if (S_ISDIR(status.st_mode)) return fail(fmt::format("{}: it is a folder, not a file", file.path_));
    if (S_ISREG(status.st_mode)) file.size_ = static_cast<std::uint64_t>(status.st_size);
    return file;
}

Result<File> File::create_private(std::string path) {
    constexpr mode_t owner_only = 0600;
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return system_failure("replace", path);
    const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, owner_only);
    if (descriptor < 0) return system_failure("create", path);
    return File{descriptor, std::move(path)};
}

File::File(File&& other) noexcept
    : descriptor_{std::exchange(other.descriptor_, -1)}, path_{std::move(other.path_)}, size_{other.size_} {}

File& File::operator=(File&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    std::swap(path_, other.path_);
    std::swap(size_, other.size_);
    return *this;
}

File::~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

Result<std::size_t> File::read(std::span<char> into) {
    for (;;) {
        const ssize_t got = ::read(descriptor_, into.data(), into.size());
        if (got >= 0) return static_cast<std::size_t>(got);
        if (errno != EINTR) {
            return fail(fmt::format("cannot read it: {}", std::error_code{errno, std::generic_category()}.message()));
        }
    }
}

Result<void> File::skip(std::uint64_t bytes) {
    if (::lseek(descriptor_, static_cast<off_t>(bytes), SEEK_CUR) < 0) return system_failure("read", path_);
    return {};
}

Result<void> File::write(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
        if (written >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(written));
        } else if (errno != EINTR) {
            return system_failure("write", path_);
        }
    }
    return {};
}

Result<void> File::close() {
    if (::close(std::exchange(descriptor_, -1)) != 0) return system_failure("write", path_);
    return {};
}

}  // namespace outdial::lists
