#include "config/calling_hours_section.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>

#include "config/local_time.hpp"
#include "config/rules.hpp"

namespace outdial::config {

namespace {

constexpr std::size_t max_holidays = 1000;
constexpr std::size_t max_zone_bytes = 64;
constexpr LocalInterval default_hours{9 * 60, 20 * 60};
constexpr std::array weekday_names{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"};
constexpr const char* zone_folder = "/usr/share/zoneinfo";

bool is_zone(std::string_view text) {
    if (text == "contact") return true;
    if (!only_alphanumeric_or(text, "/_+-") || text.empty() || text.front() == '/') return false;
    std::error_code ignored;
    return std::filesystem::is_regular_file(std::filesystem::path{zone_folder} / text, ignored);
}

const TextRule zone_rule{max_zone_bytes, "'contact', or a time zone's name such as Europe/Berlin", is_zone};
const TextRule always_rule{8, "'always', or a map with 'default' and other hours",
                           [](std::string_view text) { return text == "always"; }};

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
    rule.hours = every_day(read_day_hours(fields.required("default")).value_or(DayHours{}));
    for (std::size_t i = 0; i < weekday_names.size(); ++i) {
        if (auto hours = read_day_hours(fields.optional(weekday_names[i]))) rule.hours.weekdays[i] = std::move(*hours);
    }
    rule.hours.holidays = read_holidays(fields.optional("holidays"));
    rule.hours.on_holidays = read_day_hours(fields.optional("on_holidays")).value_or(DayHours{});
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
