#include "config/calling_hours_section.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>

#include "config/rules.hpp"

namespace outdial::config {

namespace {

constexpr std::size_t max_intervals_a_day = 8;
constexpr std::size_t max_holidays = 1000;
constexpr std::size_t max_zone_bytes = 64;
constexpr LocalInterval default_hours{9 * 60, 20 * 60};
constexpr std::array weekday_names{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"};
constexpr const char* zone_folder = "/usr/share/zoneinfo";

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Digits where the pattern has `d`, and else its own characters.
bool has_form(std::string_view text, std::string_view pattern) {
    return std::ranges::equal(text, pattern, [](char c, char p) { return p == 'd' ? is_digit(c) : c == p; });
}

int number_at(std::string_view text, std::size_t at, std::size_t digits) {
    int number = 0;
    for (const char c : text.substr(at, digits)) number = 10 * number + (c - '0');
    return number;
}

// Minutes since midnight of "hh:mm"; 24:00 is the end of the day.
std::optional<int> parse_minute(std::string_view text) {
    if (!has_form(text, "dd:dd")) return std::nullopt;
    const int hour = number_at(text, 0, 2);
    const int minute = number_at(text, 3, 2);
    if (minute > 59 || hour * 60 + minute > minutes_per_day) return std::nullopt;
    return hour * 60 + minute;
}

bool is_zone(std::string_view text) {
    if (text == "contact") return true;
    if (!only_alphanumeric_or(text, "/_+-") || text.empty() || text.front() == '/') return false;
    std::error_code ignored;
    return std::filesystem::is_regular_file(std::filesystem::path{zone_folder} / text, ignored);
}

const TextRule hours_rule{16, "'closed', hours such as \"09:00-20:00\", or a list of such hours"};
const TextRule interval_rule{11, "hours such as \"09:00-20:00\", the end after the beginning and at most 24:00",
                             [](std::string_view text) { return parse_interval(text).has_value(); }};
const TextRule date_rule{10, "a date such as 2026-12-25",
                         [](std::string_view text) { return parse_date(text).has_value(); }};
const TextRule zone_rule{max_zone_bytes, "'contact', or a time zone's name such as Europe/Berlin", is_zone};
const TextRule always_rule{8, "'always', or a map with 'default' and other hours",
                           [](std::string_view text) { return text == "always"; }};

std::optional<LocalInterval> read_interval(const Value& value) {
    const auto text = value.text(interval_rule);
    return text ? parse_interval(*text) : std::nullopt;
}

std::optional<DayHours> read_day(const Value& value) {
    if (!value.present()) return std::nullopt;
    DayHours hours;
    if (value.is_list()) {
        for (const Value& item : value.items(max_intervals_a_day)) {
            const auto interval = read_interval(item);
            if (!interval) continue;
            if (!hours.empty() && interval->opens <= hours.back().closes) {
                item.fail(
                    "begins before the hours in front of it have ended, or when they end; write them in order, "
                    "with a pause between");
            }
            hours.push_back(*interval);
        }
        return hours;
    }
    const auto text = value.text(hours_rule);
    if (!text || *text == "closed") return hours;
    if (const auto interval = read_interval(value)) hours.push_back(*interval);
    return hours;
}

std::optional<LocalDate> read_date(const Value& value) {
    const auto text = value.text(date_rule);
    return text ? parse_date(*text) : std::nullopt;
}

std::vector<LocalDate> read_holidays(const Value& value) {
    std::vector<LocalDate> dates;
    if (!value.present()) return dates;
    for (const Value& item : value.items(max_holidays)) {
        const auto date = read_date(item);
        if (!date) continue;
        if (std::ranges::find(dates, *date) != dates.end()) item.fail("is there a second time");
        dates.push_back(*date);
    }
    std::ranges::sort(dates);
    return dates;
}

CallingHours every_day(const DayHours& hours) {
    CallingHours rule;
    rule.weekdays.fill(hours);
    return rule;
}

bool ever_opens(const CallingHours& hours) {
    return std::ranges::any_of(hours.weekdays, [](const DayHours& day) { return !day.empty(); }) ||
           !hours.on_holidays.empty();
}

}  // namespace

std::optional<LocalDate> parse_date(std::string_view text) {
    if (!has_form(text, "dddd-dd-dd")) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year{number_at(text, 0, 4)},
                                           std::chrono::month{static_cast<unsigned>(number_at(text, 5, 2))},
                                           std::chrono::day{static_cast<unsigned>(number_at(text, 8, 2))}};
    return date.ok() ? std::optional{LocalDate{date}} : std::nullopt;
}

std::optional<LocalInterval> parse_interval(std::string_view text) {
    if (text.size() != 11 || text[5] != '-') return std::nullopt;
    const auto opens = parse_minute(text.substr(0, 5));
    const auto closes = parse_minute(text.substr(6));
    if (!opens || !closes || *opens >= *closes) return std::nullopt;
    return LocalInterval{*opens, *closes};
}

SharedCallingRules read_calling_hours(const Value& value, Problems& problems) {
    CallingRules rules;
    HoursRule& rule = rules.hours.emplace_back();
    rule.name = "calling_hours";
    if (!value.present()) {
        rule.hours = every_day({default_hours});
        rule.hours.on_holidays = {default_hours};
        return std::make_shared<const CallingRules>(std::move(rules));
    }
    if (!value.is_map()) {
        (void)value.text(always_rule);
        return nullptr;
    }
    const Fields fields = value.fields({"zone", "default", "monday", "tuesday", "wednesday", "thursday", "friday",
                                        "saturday", "sunday", "holidays", "on_holidays", "from", "through"});
    if (const auto zone = fields.optional("zone").text(zone_rule); zone && *zone != "contact") {
        rules.zone_of_unknown = *zone;
    }
    rule.hours = every_day(read_day(fields.required("default")).value_or(DayHours{}));
    for (std::size_t i = 0; i < weekday_names.size(); ++i) {
        if (auto hours = read_day(fields.optional(weekday_names[i]))) rule.hours.weekdays[i] = std::move(*hours);
    }
    rule.hours.holidays = read_holidays(fields.optional("holidays"));
    rule.hours.on_holidays = read_day(fields.optional("on_holidays")).value_or(DayHours{});
    rule.hours.in_force_from = read_date(fields.optional("from"));
    rule.hours.in_force_through = read_date(fields.optional("through"));
    if (rule.hours.in_force_from && rule.hours.in_force_through &&
        *rule.hours.in_force_through < *rule.hours.in_force_from) {
        fields.optional("through").fail("is earlier than 'from', so the hours would never be in force");
    }
    if (fields.is_map() && !ever_opens(rule.hours)) problems.warn(value.at(), "'calling_hours' is always closed");
    return std::make_shared<const CallingRules>(std::move(rules));
}

}  // namespace outdial::config
