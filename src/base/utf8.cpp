#include "base/utf8.hpp"

#include <algorithm>
#include <cstddef>

namespace outdial {

std::optional<char32_t> take_code_point(std::string_view& rest) {
    if (rest.empty()) return std::nullopt;
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(rest[i]); };
    const unsigned char first = byte(0);
    std::size_t length = 1;
    char32_t value = first;
    char32_t smallest = 0;  // a smaller value in this many bytes is an overlong form, used to smuggle forbidden ones
    if (first >= 0x80) {
        if ((first & 0xE0U) == 0xC0U) {
            length = 2, value = first & 0x1FU, smallest = 0x80;
        } else if ((first & 0xF0U) == 0xE0U) {
            length = 3, value = first & 0x0FU, smallest = 0x800;
        } else if ((first & 0xF8U) == 0xF0U) {
            length = 4, value = first & 0x07U, smallest = 0x10000;
        } else {
            return std::nullopt;
        }
    }
    if (rest.size() < length) return std::nullopt;
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0U) != 0x80U) return std::nullopt;
        value = (value << 6U) | (byte(i) & 0x3FU);
    }
    if (value < smallest || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) return std::nullopt;
    rest.remove_prefix(length);
    return value;
}

bool is_utf8(std::string_view text) {
    if (std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; })) return true;
    while (!text.empty()) {
        if (!take_code_point(text)) return false;
    }
    return true;
}

}  // namespace outdial
