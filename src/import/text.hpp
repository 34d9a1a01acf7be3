#pragma once

#include <string>
#include <string_view>

namespace outdial::lists {

/// The text with control characters and bytes that are not UTF-8 written as \x1B: safe to show on a terminal, one line.
[[nodiscard]] std::string printable(std::string_view text);

/// ASCII letters only: header names and regions.
[[nodiscard]] std::string lower(std::string_view text);

[[nodiscard]] std::string_view trimmed(std::string_view text);

}  // namespace outdial::lists
