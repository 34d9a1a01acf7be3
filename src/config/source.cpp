#include "config/source.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <system_error>

namespace outdial::config {

namespace {

class FileDescriptor {
public:
    explicit FileDescriptor(int value) : value_(value) {}
    FileDescriptor(const FileDescriptor&) = delete;
    FileDescriptor& operator=(const FileDescriptor&) = delete;
    ~FileDescriptor() {
        if (value_ >= 0) ::close(value_);
    }
    [[nodiscard]] int get() const { return value_; }

private:
    int value_;
};

tl::unexpected<Error> system_failure(std::string_view what) {
    return fail(fmt::format("{}: {}", what, std::system_category().message(errno)));
}

/// The UTF-8 character at the start of `text`: its size in bytes (0 = invalid, RFC 3629) and its code point.
struct Character {
    std::size_t size = 0;
    std::uint32_t code_point = 0;
};

Character first_character(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char lead = byte(0);
    if (lead < 0x80) return {1, lead};
    const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || text.size() < size) return {};
    std::uint32_t code_point = lead & (0xFFU >> (size + 1));
    for (std::size_t i = 1; i < size; ++i) {
        if ((byte(i) & 0xC0) != 0x80) return {};
        code_point = (code_point << 6) | (byte(i) & 0x3FU);
    }
    constexpr std::uint32_t smallest_of_size[] = {0, 0, 0x80, 0x800, 0x10000};
    const bool surrogate = code_point >= 0xD800 && code_point <= 0xDFFF;
    if (code_point < smallest_of_size[size] || surrogate || code_point > 0x10FFFF) return {};
    return {size, code_point};
}

bool is_control(std::uint32_t code_point) { return code_point < 0x20 || (code_point >= 0x7F && code_point <= 0x9F); }

}  // namespace

Result<FileContent> read_regular_file(const std::filesystem::path& path, std::size_t max_bytes) {
    const FileDescriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
    if (file.get() < 0) return system_failure("it cannot be opened");
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) return system_failure("it cannot be examined");
    if (!S_ISREG(status.st_mode)) return fail("it is not a regular file");

    const std::string too_large = fmt::format("it is larger than {} bytes, the most that is read", max_bytes);
    if (static_cast<std::uint64_t>(status.st_size) > max_bytes) return fail(too_large);
    FileContent content{{}, static_cast<mode_t>(status.st_mode & 07777), status.st_uid};
    content.bytes.resize(max_bytes + 1);  // one more than allowed: it may have grown since
    std::size_t size = 0;
    while (size < content.bytes.size()) {
        const ssize_t count = ::read(file.get(), content.bytes.data() + size, content.bytes.size() - size);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return system_failure("it cannot be read");
        if (count == 0) break;
        size += static_cast<std::size_t>(count);
    }
    if (size > max_bytes) return fail(too_large);
    content.bytes.resize(size);
    return content;
}

bool check_bytes(std::string_view bytes, Problems& problems) {
    if (bytes.starts_with("\xEF\xBB\xBF")) {
        problems.add({1, 1}, "the file begins with a byte order mark; save it as UTF-8 without one");
        return false;
    }
    Position at;
    for (std::size_t i = 0; i < bytes.size();) {
        const Character character = first_character(bytes.substr(i));
        if (character.size == 0) {
            problems.add(at, "this is not UTF-8 text; save the file as UTF-8");
            return false;
        }
        const std::uint32_t code_point = character.code_point;
        const bool line_end = code_point == '\n' || (code_point == '\r' && bytes.substr(i).starts_with("\r\n"));
        if (is_control(code_point) && !line_end && code_point != '\t') {
            problems.add(at, fmt::format("control character U+{:04X} is not allowed; remove it", code_point));
            return false;
        }
        i += character.size;
        ++at.column;
        if (code_point == '\n') at = {at.line + 1, 1};
    }
    return true;
}

bool is_clean_text(std::string_view text) {
    while (!text.empty()) {
        const Character character = first_character(text);
        if (character.size == 0 || is_control(character.code_point)) return false;
        text.remove_prefix(character.size);
    }
    return true;
}

}  // namespace outdial::config
