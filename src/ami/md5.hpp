#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace outdial::ami {

/// 32 lower-case hex digits, for the Challenge login; MD5 is the only digest AMI knows. Fails where OpenSSL runs in
/// FIPS mode.
[[nodiscard]] Result<std::string> md5_hex(std::string_view text);

}  // namespace outdial::ami
