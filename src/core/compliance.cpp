#include "core/compliance.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace outdial {

namespace {

using std::chrono::year_month_day;

std::string name_of(const RulePack& pack, const PackRule& rule) { return fmt::format("{}/{}", pack.name, rule.id); }

// Dates of days on which the rule was or will be in force.
std::vector<LocalDate> dates_of(const PackRule& holidays) {
    std::vector<LocalDate> dates = std::get<PackHolidays>(holidays.says).dates;
    std::erase_if(dates, [&](LocalDate date) {
        return (holidays.in_force_from && date < *holidays.in_force_from) ||
               (holidays.in_force_through && date > *holidays.in_force_through);
    });
    return dates;
}

// Regions that both are for.
std::vector<std::string> common_regions(const PackRule& a, const PackRule& b) {
    std::vector<std::string> common;
    const auto add_parts = [&](const PackRule& wholes, const PackRule& parts) {
        for (const std::string& part : parts.regions) {
            const bool covered =
                std::ranges::any_of(wholes.regions, [&](const std::string& whole) { return covers(whole, part); });
            if (covered && std::ranges::find(common, part) == common.end()) common.push_back(part);
        }
    };
    add_parts(a, b);
    add_parts(b, a);
    return common;
}

bool is_for_all_of(const PackRule& holidays, const PackRule& hours) {
    return std::ranges::all_of(hours.regions, [&](const std::string& region) {
        return std::ranges::any_of(holidays.regions, [&](const std::string& whole) { return covers(whole, region); });
    });
}

// The holidays of all the rule's regions are days of the rule itself. Those of a part of them, such as one Land's,
// become a rule for that part, which forbids nothing on other days.
void add_hours(const RulePack& pack, const PackRule& rule, const PackHours& given, std::vector<HoursRule>& to) {
    HoursRule hours{.name = name_of(pack, rule), .regions = rule.regions, .hours = given.hours};
    hours.hours.in_force_from = rule.in_force_from;
    hours.hours.in_force_through = rule.in_force_through;
    std::vector<HoursRule> of_parts;
    for (const PackRule& holidays : pack.rules) {
        if (!given.knows_holidays || !std::holds_alternative<PackHolidays>(holidays.says)) continue;
        const std::vector<LocalDate> dates = dates_of(holidays);
        if (is_for_all_of(holidays, rule)) {
            hours.hours.holidays.insert(hours.hours.holidays.end(), dates.begin(), dates.end());
            continue;
        }
        HoursRule part{.name = name_of(pack, holidays), .regions = common_regions(holidays, rule), .hours = {}};
        if (part.regions.empty()) continue;
        part.hours = hours.hours;
        part.hours.weekdays.fill({{.opens = 0, .closes = minutes_per_day}});
        part.hours.holidays = dates;
        of_parts.push_back(std::move(part));
    }
    std::ranges::sort(hours.hours.holidays);
    to.push_back(std::move(hours));
    std::ranges::move(of_parts, std::back_inserter(to));
}

struct Adder {
    const RulePack& pack;
    const PackRule& rule;
    RulesInForce& to;

    void operator()(const PackHours& given) const { add_hours(pack, rule, given, to.hours); }
    void operator()(const PackHolidays&) const {}  // with the hours
    void operator()(const PackCopyAge& given) const { to.copy_ages.push_back({name_of(pack, rule), given.max_age}); }
    void operator()(const PackRingFloor& given) const { to.ring_floors.push_back({name_of(pack, rule), given.least}); }
    void operator()(const ContactLimit& given) const {
        ContactLimit limit = given;
        limit.name = name_of(pack, rule);
        limit.regions = rule.regions;
        limit.in_force_from = rule.in_force_from;
        limit.in_force_through = rule.in_force_through;
        to.limits.push_back(std::move(limit));
    }
    void operator()(const AbandonmentRule& given) const {
        AbandonmentRule abandonment = given;
        abandonment.name = name_of(pack, rule);
        abandonment.regions = rule.regions;
        to.compliance.abandonment.push_back(std::move(abandonment));
    }
    void operator()(const PackDuty& given) const {
        to.compliance.duties.push_back({name_of(pack, rule), given.text, rule.source, rule.verified});
    }
};

PackInUse in_use(const RulePack& pack) {
    PackInUse used{.name = pack.name, .version = pack.version, .rules = pack.rules.size()};
    for (const PackRule& rule : pack.rules) {
        if (!rule.verified) ++used.not_verified;
        const auto* holidays = std::get_if<PackHolidays>(&rule.says);
        if (holidays == nullptr || holidays->dates.empty()) continue;
        const auto year = year_month_day{holidays->dates.back()}.year();
        const LocalDate end{year / std::chrono::December / 31};
        if (!used.holidays_through || end < *used.holidays_through) used.holidays_through = end;
    }
    return used;
}

}  // namespace

bool may_be_overridden(const PackRule& rule) {
    return !std::holds_alternative<PackHours>(rule.says) && !std::holds_alternative<PackHolidays>(rule.says) &&
           !std::holds_alternative<PackCopyAge>(rule.says) && !std::holds_alternative<PackRingFloor>(rule.says);
}

RulesInForce rules_in_force(std::span<const RulePack* const> packs, std::vector<RuleOverride> overrides) {
    RulesInForce rules;
    for (const RulePack* pack : packs) {
        rules.compliance.packs.push_back(in_use(*pack));
        for (const PackRule& rule : pack->rules) {
            const bool off = may_be_overridden(rule) &&
                             std::ranges::find(overrides, name_of(*pack, rule), &RuleOverride::rule) != overrides.end();
            if (!off) std::visit(Adder{*pack, rule, rules}, rule.says);
        }
    }
    rules.compliance.overrides = std::move(overrides);
    return rules;
}

std::string holidays_warning(const PackInUse& pack, UtcTime now) {
    if (!pack.holidays_through) return {};
    const UtcTime end{Milliseconds{(*pack.holidays_through + std::chrono::days{1}).time_since_epoch()}};
    if (now < end - holidays_warning_before) return {};
    const year_month_day last{*pack.holidays_through};
    return fmt::format(
        "the rule pack '{}' of {} knows the holidays until {}-12-31 only; after that it permits calls on holidays: "
        "install a newer one",
        pack.name, pack.version, static_cast<int>(last.year()));
}

}  // namespace outdial
