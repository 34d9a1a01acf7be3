#include "base/printable.hpp"

#include <fmt/format.h>

#include <optional>

#include "base/utf8.hpp"

namespace outdial {
namespace {

/// Control characters, and the marks that turn the direction of what follows (Unicode 15, 23.2).
bool steers_terminal(char32_t c) {
    return c < 0x20 || (c >= 0x7F && c <= 0x9F) || (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) ||
           c == 0x2028 || c == 0x2029;
}

}  // namespace

std::string printable(std::string_view text) {
    std::string shown;
    while (!text.empty()) {
        const std::string_view before = text;
        const std::optional<char32_t> c = take_code_point(text);
        if (!c) {
            shown += fmt::format("\\x{:02x}", static_cast<unsigned char>(text.front()));
            text.remove_prefix(1);
        } else if (*c == '\n') {
            shown += "\\n";
        } else if (*c == '\t') {
            shown += "\\t";
        } else if (steers_terminal(*c)) {
            shown += *c <= 0xFF ? fmt::format("\\x{:02x}", static_cast<unsigned>(*c))
                                : fmt::format("\\u{:04x}", static_cast<unsigned>(*c));
        } else {
            shown += before.substr(0, before.size() - text.size());
        }
    }
    return shown;
}

}  // namespace outdial
