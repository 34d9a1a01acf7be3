#include "import/text.hpp"

#include <fmt/format.h>

#include <iterator>

#include "number/utf8.hpp"

namespace outdial::lists {

std::string printable(std::string_view text) {
    std::string shown;
    shown.reserve(text.size());
    while (!text.empty()) {
        std::string_view rest = text;
        const auto c = number::take_code_point(rest);
        const std::size_t size = c ? text.size() - rest.size() : 1;
        // Between U+0080 and U+009F lie control characters too, among them one that begins terminal commands.
        const bool harmless = c && *c >= 0x20 && (*c < 0x7F || *c > 0x9F);
        for (const char byte : text.substr(0, size)) {
            if (harmless) {
                shown.push_back(byte);
            } else {
                fmt::format_to(std::back_inserter(shown), "\\x{:02X}", static_cast<unsigned char>(byte));
            }
        }
        text.remove_prefix(size);
    }
    return shown;
}

std::string lower(std::string_view text) {
    std::string result{text};
    for (char& c : result) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return result;
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blanks = " \t\r\n";
    const auto first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

}  // namespace outdial::lists
