#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/secret.hpp"

namespace outdial::config {

inline constexpr std::string_view credential_prefix = "credential:";

/// A file name of letters, digits, `_`, `.` and `-`, other than `.` and `..`.
[[nodiscard]] bool is_credential_name(std::string_view name);

/// Reads what ServerConfig::secret_file names: a path, or `credential:NAME`, the file NAME in `credentials_dir`, which
/// is systemd's $CREDENTIALS_DIRECTORY (empty: the service has none). One newline at the end is dropped. Refused: a
/// file that its group may write or that others may read or write, one of another user than root and this process's,
/// an empty secret, control characters, more than max_secret_bytes. Errors name the file, never the secret.
[[nodiscard]] Result<Secret> read_secret(const std::string& secret_file, const std::filesystem::path& credentials_dir);

/// Whether read_secret() would take the file at a path, but for its owner: the user that asks may be another than the
/// daemon's.
[[nodiscard]] Result<void> check_secret(const std::string& path);

/// Leaves room in the 1,000 bytes that Asterisk reads of a line.
inline constexpr std::size_t max_secret_bytes = 512;

}  // namespace outdial::config
