// Prints when rules permit calls; for compare_with_zoneinfo.py. Each line of standard input is ZONE FROM TO RULE:
// seconds since 1970, and the rule as its day's hours from Monday to Sunday and those on holidays, the holidays, and
// the first and last day in force, all parted by ';'. Hours are 540-720,780-1200 in minutes, days are counted from
// 1970.
#include <fmt/core.h>

#include <charconv>
#include <iostream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.hpp"
#include "zone/time_zones.hpp"

namespace {

using outdial::CallingHours;
using outdial::LocalDate;

std::vector<std::string_view> split(std::string_view text, char at) {
    std::vector<std::string_view> parts;
    while (true) {
        const std::size_t end = text.find(at);
        parts.push_back(text.substr(0, end));
        if (end == std::string_view::npos) return parts;
        text.remove_prefix(end + 1);
    }
}

int number(std::string_view text) {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    OUTDIAL_CHECK(error == std::errc{} && end == text.data() + text.size());
    return value;
}

outdial::DayHours hours(std::string_view text) {
    outdial::DayHours day;
    if (text.empty()) return day;
    for (const std::string_view interval : split(text, ',')) {
        const auto ends = split(interval, '-');
        day.push_back({number(ends.at(0)), number(ends.at(1))});
    }
    return day;
}

LocalDate date(std::string_view text) { return LocalDate{std::chrono::days{number(text)}}; }

CallingHours rule_of(std::string_view text) {
    const auto parts = split(text, ';');
    OUTDIAL_CHECK(parts.size() == 11);
    CallingHours rule;
    for (std::size_t day = 0; day < rule.weekdays.size(); ++day) rule.weekdays[day] = hours(parts[day]);
    rule.on_holidays = hours(parts[7]);
    if (!parts[8].empty()) {
        for (const std::string_view holiday : split(parts[8], ',')) rule.holidays.push_back(date(holiday));
    }
    if (!parts[9].empty()) rule.in_force_from = date(parts[9]);
    if (!parts[10].empty()) rule.in_force_through = date(parts[10]);
    return rule;
}

outdial::UtcTime seconds(std::int64_t since_1970) { return outdial::from_unix_ms(since_1970 * 1000); }

}  // namespace

int main() {
    const auto zones = outdial::zone::TimeZones::load();
    if (!zones) {
        fmt::print(stderr, "{}\n", zones.error().message);
        return 1;
    }
    for (std::string line; std::getline(std::cin, line);) {
        std::istringstream words{line};
        std::string zone;
        std::string rule;
        std::int64_t from = 0;
        std::int64_t to = 0;
        OUTDIAL_CHECK(words >> zone >> from >> to >> rule);
        const auto open = zones->open_in(zone, rule_of(rule), seconds(from), seconds(to));
        if (!open) {
            fmt::print(stderr, "{}\n", open.error().message);
            return 1;
        }
        for (const auto& [opens_at, closes_at] : *open)
            fmt::print("{} {} ", to_unix_ms(opens_at), to_unix_ms(closes_at));
        fmt::print("\n");
        std::cout.flush();
    }
    return 0;
}
