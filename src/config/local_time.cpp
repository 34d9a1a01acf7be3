#include "config/local_time.hpp"

#include <algorithm>

namespace outdial::config {

namespace {

constexpr std::size_t date_bytes = 10;
constexpr std::size_t interval_bytes = 11;

/// Exactly so many digits.
std::optional<int> digits(std::string_view text) {
    int value = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return std::nullopt;
        value = value * 10 + (c - '0');
    }
    return value;
}

/// 09:00, up to 24:00.
std::optional<int> parse_minutes(std::string_view text) {
    const auto hours = digits(text.substr(0, 2));
    const auto minutes = digits(text.substr(3, 2));
    if (text[2] != ':' || !hours || !minutes || *minutes > 59) return std::nullopt;
    const int total = *hours * 60 + *minutes;
    return total > minutes_per_day ? std::nullopt : std::optional{total};
}

std::optional<LocalInterval> parse_interval(std::string_view text) {
    if (text.size() != interval_bytes || text[5] != '-') return std::nullopt;
    const auto opens = parse_minutes(text.substr(0, 5));
    const auto closes = parse_minutes(text.substr(6));
    if (!opens || !closes || *opens >= *closes) return std::nullopt;
    return LocalInterval{*opens, *closes};
}

const TextRule interval_rule{interval_bytes, "a time of day such as \"09:00-20:00\", from 00:00 to 24:00",
                             [](std::string_view text) { return parse_interval(text).has_value(); }};
const TextRule hours_rule{interval_bytes, "a time of day such as \"09:00-20:00\", a list of such, or closed",
                          [](std::string_view text) { return text == "closed" || parse_interval(text); }};
const TextRule date_rule{date_bytes, "a date such as 2026-12-25",
                         [](std::string_view text) { return parse_date(text).has_value(); }};

}  // namespace

std::optional<LocalDate> parse_date(std::string_view text) {
    if (text.size() != date_bytes || text[4] != '-' || text[7] != '-') return std::nullopt;
    const auto year = digits(text.substr(0, 4));
    const auto month = digits(text.substr(5, 2));
    const auto day = digits(text.substr(8, 2));
    if (!year || !month || !day) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year{*year}, std::chrono::month{static_cast<unsigned>(*month)},
                                           std::chrono::day{static_cast<unsigned>(*day)}};
    return date.ok() ? std::optional{LocalDate{date}} : std::nullopt;
}

std::optional<LocalDate> read_date(const Value& value) {
    const auto text = value.text(date_rule);
    return text ? parse_date(*text) : std::nullopt;
}

std::optional<DayHours> read_day_hours(const Value& value) {
    if (!value.is_list()) {
        const auto text = value.text(hours_rule);
        if (!text) return std::nullopt;
        return *text == "closed" ? DayHours{} : DayHours{*parse_interval(*text)};
    }
    DayHours hours;
    bool good = true;
    for (const Value& item : value.items(max_intervals_a_day)) {
        const auto text = item.text(interval_rule);
        const auto interval = text ? parse_interval(*text) : std::nullopt;
        if (interval && !hours.empty() && interval->opens <= hours.back().closes) {
            item.fail("must begin after the end of the one before it");
            good = false;
        }
        good = good && interval;
        if (interval) hours.push_back(*interval);
    }
    return good && !hours.empty() ? std::optional{hours} : std::nullopt;
}

}  // namespace outdial::config
