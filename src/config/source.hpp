#pragma once

#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "config/problem.hpp"

namespace outdial::config {

/// A configuration file beyond this size is refused unread: yaml-cpp needs seconds for a scalar of 50 MB.
inline constexpr std::size_t max_file_bytes = 1024 * 1024;

struct FileContent {
    std::string bytes;
    mode_t mode = 0;  // permission bits
    uid_t owner = 0;
};

/// Reads a regular file of at most `max_bytes`. Symbolic links are followed (packages and container mounts use them),
/// but what they lead to must be a regular file: a FIFO or device is refused without blocking. The error does not name
/// the path.
[[nodiscard]] Result<FileContent> read_regular_file(const std::filesystem::path& path, std::size_t max_bytes);

/// Reports what no YAML text of ours may hold: a byte order mark, invalid UTF-8, NUL and other control characters, a
/// carriage return without its line feed. True when there is nothing to report. Stops at the first, since what follows
/// it is usually no text at all.
[[nodiscard]] bool check_bytes(std::string_view bytes, Problems& problems);

/// Valid UTF-8 without C0, DEL and C1 control characters.
[[nodiscard]] bool is_clean_text(std::string_view text);

}  // namespace outdial::config
