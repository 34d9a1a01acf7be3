#include "config/scalar.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace outdial::config {

namespace {

constexpr std::size_t max_digits = 9;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// 0, or digits that do not begin with 0.
bool is_whole(std::string_view text) {
    return !text.empty() && text.size() <= max_digits && std::ranges::all_of(text, is_digit) &&
           (text.size() == 1 || text.front() != '0');
}

struct Unit {
    char letter;
    Milliseconds length;
};
constexpr std::array units{Unit{'d', std::chrono::hours{24}}, Unit{'h', std::chrono::hours{1}},
                           Unit{'m', std::chrono::minutes{1}}, Unit{'s', std::chrono::seconds{1}}};

/// Skips the characters that `accept` takes; returns how many.
template <class Accept>
std::size_t skip(std::string_view& text, Accept accept) {
    const auto end = std::ranges::find_if_not(text, accept);
    const auto count = static_cast<std::size_t>(end - text.begin());
    text.remove_prefix(count);
    return count;
}

bool skip_exponent(std::string_view& text) {
    if (text.empty() || (text.front() != 'e' && text.front() != 'E')) return true;
    text.remove_prefix(1);
    if (!text.empty() && (text.front() == '+' || text.front() == '-')) text.remove_prefix(1);
    return skip(text, is_digit) > 0;
}

}  // namespace

Result<std::int64_t> parse_integer(std::string_view text, IntegerRange range) {
    const auto allowed = fmt::format("must be a whole number from {} to {}", range.min, range.max);
    const bool negative = text.starts_with('-');
    const std::string_view digits = text.substr(negative ? 1 : 0);
    if (!is_whole(digits)) {
        const bool leading_zero = digits.size() > 1 && digits.front() == '0' && std::ranges::all_of(digits, is_digit);
        return fail(leading_zero ? allowed + ", without leading zeros" : allowed);
    }
    std::int64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    if (value < range.min || value > range.max) return fail(allowed);
    return value;
}

Result<double> parse_decimal(std::string_view text, DecimalRange range) {
    constexpr std::size_t max_places = 6;
    const auto wrong = fail(fmt::format("must be a number from {} to {}, such as 20 or 0.5", range.min, range.max));
    const std::size_t point = text.find('.');
    if (!is_whole(text.substr(0, point))) return wrong;
    if (point != std::string_view::npos) {
        const std::string_view places = text.substr(point + 1);
        if (places.empty() || places.size() > max_places || !std::ranges::all_of(places, is_digit)) return wrong;
    }
    double value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    if (value < range.min || value > range.max) return wrong;
    return value;
}

Result<Milliseconds> parse_duration(std::string_view text, DurationRange range) {
    const auto wrong = fail(fmt::format("must be a duration such as 30s, 10m, 2h or 1d, from {} to {}",
                                        to_text(range.min), to_text(range.max)));
    if (text.empty()) return wrong;
    const auto unit = std::ranges::find(units, text.back(), &Unit::letter);
    const std::string_view digits = text.substr(0, text.size() - 1);
    if (unit == units.end() || !is_whole(digits)) return wrong;
    std::int64_t count = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), count);
    const Milliseconds value = count * unit->length;  // at most 10^9 days: far from overflow
    if (value < range.min || value > range.max) return wrong;
    return value;
}

std::string to_text(Milliseconds duration) {
    for (const Unit& unit : units) {
        if (duration.count() != 0 && duration % unit.length == Milliseconds{0}) {
            return fmt::format("{}{}", duration / unit.length, unit.letter);
        }
    }
    return fmt::format("{}ms", duration.count());
}

bool looks_like_number(std::string_view text) {
    if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
    if (text == ".inf" || text == ".Inf" || text == ".INF" || text == ".nan" || text == ".NaN" || text == ".NAN") {
        return true;
    }
    const auto digit_or_underscore = [](char c) { return is_digit(c) || c == '_'; };
    if (text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'o' || text[1] == 'b')) {
        const bool hexadecimal = text[1] == 'x';
        return std::ranges::all_of(text.substr(2), [&](char c) {
            return digit_or_underscore(c) || (hexadecimal && ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')));
        });
    }
    if (text.empty() || !(is_digit(text[0]) || (text[0] == '.' && text.size() > 1 && is_digit(text[1])))) return false;
    skip(text, digit_or_underscore);
    if (text.starts_with('.')) {
        text.remove_prefix(1);
        skip(text, digit_or_underscore);
    }
    return skip_exponent(text) && text.empty();
}

bool looks_like_boolean(std::string_view text) {
    constexpr std::array<std::string_view, 6> words{"true", "false", "yes", "no", "on", "off"};
    std::string lower{text.substr(0, 6)};
    std::ranges::transform(lower, lower.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return text.size() <= 5 && std::ranges::find(words, lower) != words.end();
}

}  // namespace outdial::config
