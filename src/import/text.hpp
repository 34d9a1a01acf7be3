#pragma once

#include <string>
#include <string_view>

namespace outdial::lists {

/// ASCII letters only: header names and regions.
[[nodiscard]] std::string lower(std::string_view text);

[[nodiscard]] std::string_view trimmed(std::string_view text);

}  // namespace outdial::lists
