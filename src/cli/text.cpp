#include "cli/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "base/utf8.hpp"

namespace outdial::cli {
namespace {

struct Unit {
    std::string_view name;
    std::int64_t seconds;
};
constexpr std::array<Unit, 4> units{{{"d", 86'400}, {"h", 3'600}, {"min", 60}, {"s", 1}}};

/// Combining marks and joiners take no column; the scripts of East Asia and most pictographs take two. The blocks that
/// names are written in; a rare character that is measured wrongly shifts one column.
int width_of(char32_t c) {
    if ((c >= 0x300 && c <= 0x36F) || (c >= 0x200B && c <= 0x200F) || (c >= 0xFE00 && c <= 0xFE0F)) {
        return 0;
    }
    const bool wide = (c >= 0x1100 && c <= 0x115F) || (c >= 0x2E80 && c <= 0xA4CF) || (c >= 0xAC00 && c <= 0xD7A3) ||
                      (c >= 0xF900 && c <= 0xFAFF) || (c >= 0xFF00 && c <= 0xFF60) || (c >= 0x1F300 && c <= 0x1FAFF) ||
                      (c >= 0x20000 && c <= 0x3FFFD);
    return wide ? 2 : 1;
}

}  // namespace

std::string grouped(std::int64_t number) {
    std::string digits = std::to_string(number);
    const std::size_t first = number < 0 ? 1 : 0;
    for (std::size_t at = digits.size(); at > first + 3;) {
        at -= 3;
        digits.insert(at, ",");
    }
    return digits;
}

std::string counted(std::int64_t number, std::string_view one, std::string_view many) {
    return grouped(number) + " " + std::string{number == 1 ? one : many};
}

std::string percent(double share) { return fmt::format("{:.1f} %", share * 100); }

std::string rate(double per_second) { return fmt::format("{:.6g}", per_second); }

std::string duration(std::int64_t milliseconds) {
    const std::int64_t seconds = std::max<std::int64_t>(milliseconds, 0) / 1000;
    for (std::size_t i = 0; i + 1 < units.size(); ++i) {
        if (seconds >= units[i].seconds) {
            const std::int64_t rest = seconds % units[i].seconds / units[i + 1].seconds;
            return fmt::format("{} {} {} {}", seconds / units[i].seconds, units[i].name, rest, units[i + 1].name);
        }
    }
    return seconds >= 10 ? fmt::format("{} s", seconds)
                         : fmt::format("{:.1f} s", static_cast<double>(std::max<std::int64_t>(milliseconds, 0)) / 1000);
}

std::string bar(double share, int width) {
    const int inside = std::max(width - 2, 1);
    // Rounded down, and full only at the end: a bar that looks full means done.
    const int full = static_cast<int>(std::floor(std::clamp(share, 0.0, 1.0) * inside));
    return "[" + std::string(static_cast<std::size_t>(full), '#') +
           std::string(static_cast<std::size_t>(inside - full), '-') + "]";
}

int display_width(std::string_view text) {
    int width = 0;
    while (!text.empty()) {
        const std::optional<char32_t> c = take_code_point(text);
        if (!c) {
            text.remove_prefix(1);
        }
        width += c ? width_of(*c) : 1;
    }
    return width;
}

std::string csv_field(std::string_view text) {
    // What Excel and LibreOffice take for the start of a formula (OWASP, "CSV Injection").
    const bool formula = !text.empty() && std::string_view{"=+-@\t\r"}.find(text.front()) != std::string_view::npos;
    std::string field = formula ? "'" : "";
    field += text;
    if (field.find_first_of(",\"\r\n") == std::string::npos) {
        return field;
    }
    std::string quoted = "\"";
    for (const char c : field) {
        quoted += c;
        if (c == '"') {
            quoted += '"';
        }
    }
    return quoted + '"';
}

}  // namespace outdial::cli
