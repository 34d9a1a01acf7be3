#pragma once

#include <cstddef>
#include <cstring>
#include <string_view>

namespace outdial::ami {

[[nodiscard]] constexpr char ascii_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

/// Equal but for ASCII case. The common cases are decided by the length and one memcmp: Asterisk writes a key the same
/// way every time.
[[nodiscard]] inline bool equal_ignoring_case(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    if (std::memcmp(a.data(), b.data(), a.size()) == 0) return true;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (ascii_lower(a[i]) != ascii_lower(b[i])) return false;
    }
    return true;
}

/// Bytes that end a line, cut a value (NUL) or have no business in one: C0 and DEL.
[[nodiscard]] constexpr bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

}  // namespace outdial::ami
