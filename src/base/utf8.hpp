#pragma once

#include <optional>
#include <string_view>

namespace outdial {

/// Takes the first code point off `rest`, or nothing (and takes nothing) where `rest` is empty or not UTF-8: truncated,
/// overlong, a surrogate or beyond U+10FFFF (RFC 3629).
[[nodiscard]] std::optional<char32_t> take_code_point(std::string_view& rest);

[[nodiscard]] bool is_utf8(std::string_view text);

}  // namespace outdial
