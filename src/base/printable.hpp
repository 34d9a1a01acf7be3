#pragma once

#include <string>
#include <string_view>

namespace outdial {

/// The text as one line that cannot steer a terminal, a log or a reader's eye: control characters, broken UTF-8, and
/// the marks that turn the direction of what follows or begin a line are shown, as \n, \t, \x1b or \u202e.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace outdial
