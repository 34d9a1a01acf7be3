#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "ami/text.hpp"

namespace outdial::sim {

/// Asterisk compares ids, channel names and commands in any case.
[[nodiscard]] inline std::string lower_case(std::string_view text) {
    std::string result{text};
    std::ranges::transform(result, result.begin(), ami::ascii_lower);
    return result;
}

}  // namespace outdial::sim
