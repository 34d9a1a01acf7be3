#include "config/rule_pack.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "config/limits_section.hpp"
#include "config/local_time.hpp"
#include "config/rules.hpp"
#include "core/place.hpp"

namespace outdial::config {

namespace {

constexpr std::size_t max_rules = 500;
constexpr std::size_t max_regions = 300;
constexpr std::size_t max_holidays = 400;
constexpr std::size_t max_prose_bytes = 2000;
constexpr std::size_t max_region_bytes = 6;
constexpr std::size_t max_unit_bytes = 8;
constexpr DurationRange copy_ages{std::chrono::days{1}, std::chrono::days{366}};
constexpr DurationRange ring_floors{std::chrono::seconds{1}, std::chrono::seconds{60}};
constexpr DurationRange answer_limits{std::chrono::seconds{1}, std::chrono::seconds{60}};

constexpr std::array weekday_keys{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"};

/// US, or US-FL: two capitals, and behind a hyphen up to three capitals or digits.
bool is_region(std::string_view text) {
    const auto is_capital = [](char c) { return c >= 'A' && c <= 'Z'; };
    if (text.size() < 2 || text.size() > max_region_bytes || !is_capital(text[0]) || !is_capital(text[1])) return false;
    if (text.size() == 2) return true;
    return text.size() > 3 && text[2] == '-' &&
           std::ranges::all_of(text.substr(3), [&](char c) { return is_capital(c) || (c >= '0' && c <= '9'); });
}

bool is_rule_id(std::string_view text) {
    return is_name(text) && text.find('_') == std::string_view::npos && !text.ends_with('-') &&
           text.find("--") == std::string_view::npos;
}

/// 3%, 1.5%
std::optional<double> parse_share(std::string_view text) {
    if (!text.ends_with('%')) return std::nullopt;
    text.remove_suffix(1);
    const auto percent = parse_decimal(text, {0, 100});
    return percent ? std::optional{*percent / 100} : std::nullopt;
}

/// 5y
std::optional<int> parse_years(std::string_view text) {
    if (!text.ends_with('y')) return std::nullopt;
    text.remove_suffix(1);
    const auto years = parse_integer(text, {1, 100});
    return years ? std::optional{static_cast<int>(*years)} : std::nullopt;
}

const TextRule id_rule{63, "a name of a-z, 0-9 and single hyphens", is_rule_id};
const TextRule prose_rule{max_prose_bytes, "text"};
const TextRule region_rule{max_region_bytes, "a region by ISO 3166, such as DE or US-FL", is_region};
const TextRule share_rule{max_unit_bytes, "a share of a hundred, such as 3%",
                          [](std::string_view text) { return parse_share(text).has_value(); }};
const TextRule years_rule{max_unit_bytes, "a number of years, such as 5y",
                          [](std::string_view text) { return parse_years(text).has_value(); }};
const TextRule period_rule{max_unit_bytes, "30d, day or month",
                           [](std::string_view text) { return text == "30d" || text == "day" || text == "month"; }};
const TextRule per_rule{max_unit_bytes, "campaign, account or number", [](std::string_view text) {
                            return text == "campaign" || text == "account" || text == "number";
                        }};
const TextRule of_rule{32, "answered_by_person, the only thing that is counted",
                       [](std::string_view text) { return text == "answered_by_person"; }};

bool covered(const std::vector<std::string>& wholes, std::string_view part) {
    return std::ranges::any_of(wholes, [&](const std::string& whole) { return covers(whole, part); });
}

std::vector<std::string> read_regions(const Value& value) {
    std::vector<std::string> regions;
    for (const Value& item : value.items(max_regions)) {
        const auto region = item.text(region_rule);
        if (!region) continue;
        if (std::ranges::find(regions, *region) != regions.end()) {
            item.fail(fmt::format("names {} a second time", in_quotes(*region)));
        }
        regions.push_back(*region);
    }
    return regions;
}

PackHours read_hours(const Value& value) {
    const Fields fields = value.fields(
        {"default", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "holidays"});
    PackHours result;
    if (!fields.is_map()) return result;
    const bool whole_week = std::ranges::all_of(weekday_keys, [&](const char* day) { return fields.has(day); });
    const Value others = whole_week ? fields.optional("default") : fields.required("default");
    const auto on_others = read_day_hours(others);
    for (std::size_t day = 0; day < weekday_keys.size(); ++day) {
        const bool named = fields.has(weekday_keys[day]);
        const auto hours = named ? read_day_hours(fields.optional(weekday_keys[day])) : on_others;
        result.hours.weekdays[day] = hours.value_or(DayHours{});
    }
    result.knows_holidays = fields.has("holidays");
    if (result.knows_holidays) {
        result.hours.on_holidays = read_day_hours(fields.optional("holidays")).value_or(DayHours{});
    }
    return result;
}

PackHolidays read_holidays(const Value& value, Problems& problems) {
    PackHolidays holidays;
    for (const NamedValue& day : value.entries(max_holidays)) {
        const auto date = parse_date(day.name);
        (void)day.value.text(prose_rule);
        if (!date) {
            problems.add(day.at, fmt::format("{} is no date; write it as 2026-12-25", in_quotes(day.name)));
        } else if (!holidays.dates.empty() && *date <= holidays.dates.back()) {
            problems.add(day.at, fmt::format("{} must be after the day before it", in_quotes(day.name)));
        } else {
            holidays.dates.push_back(*date);
        }
    }
    return holidays;
}

AbandonmentRule read_abandonment(const Value& value) {
    const Fields fields = value.fields({"cap", "period", "per", "answer_limit", "of"});
    AbandonmentRule rule;
    if (const auto cap = fields.required("cap").text(share_rule)) rule.cap = *parse_share(*cap);
    const std::string period = fields.required("period").text(period_rule).value_or("day");
    rule.period = period == "30d"     ? AbandonmentRule::Period::rolling_30_days
                  : period == "month" ? AbandonmentRule::Period::month
                                      : AbandonmentRule::Period::day;
    rule.per = fields.required("per").text(per_rule).value_or("");
    rule.answer_limit = fields.required("answer_limit").duration(answer_limits).value_or(rule.answer_limit);
    (void)fields.required("of").text(of_rule);
    return rule;
}

void read_required(const Fields& fields) {
    const Value value = fields.required("required");
    if (const auto required = value.boolean(); required && !*required) {
        value.fail("must be true; a rule that asks for nothing is left out");
    }
}

PackDuty read_records(const Value& value) {
    const auto keep = value.fields({"keep"}).required("keep").text(years_rule);
    return {keep ? fmt::format("keep the records of calls for {} years", *parse_years(*keep)) : ""};
}

PackDuty read_consent(const Value& value) {
    const Fields fields = value.fields({"required", "for"});
    read_required(fields);
    return {"have consent for " + fields.required("for").text(prose_rule).value_or("")};
}

PackDuty read_caller_id(const Value& value) {
    const Fields fields = value.fields({"required", "note"});
    read_required(fields);
    return {"show a caller id: " + fields.required("note").text(prose_rule).value_or("")};
}

PackDuty read_message(const Value& value) {
    const Fields fields = value.fields({"within", "note"});
    const auto within = fields.required("within").duration(answer_limits);
    const auto note = fields.required("note").text(prose_rule);
    return {fmt::format("say within {} to whom no agent could talk: {}", to_text(within.value_or(Milliseconds{})),
                        note.value_or(""))};
}

class PackReader {
public:
    PackReader(std::string_view name, Problems& problems) : name_(name), problems_(problems) {}

    RulePack read(const Node& root) {
        const Fields top = Value{&root, "the rule pack", problems_}.fields(
            {"name", "version", "title", "regions", "rules"}, {}, "the rule pack");
        const Value name = top.required("name");
        pack_.name = name.text(id_rule).value_or("");
        if (!pack_.name.empty() && pack_.name != name_) {
            name.fail(fmt::format("is {}, and the file's name says {}; make them the same", in_quotes(pack_.name),
                                  in_quotes(name_)));
        }
        const Value version = top.required("version");
        if (read_date(version)) pack_.version = version.text(prose_rule).value_or("");
        pack_.title = top.required("title").text(prose_rule).value_or("");
        pack_.regions = read_regions(top.required("regions"));
        std::vector<Position> places;
        for (const Value& item : top.required("rules").items(max_rules)) {
            places.push_back(item.at());
            read_rule(item);
        }
        if (places.size() == pack_.rules.size()) check_holidays(places);
        return std::move(pack_);
    }

private:
    static constexpr std::array<std::string_view, 12> kinds{"hours",   "holidays", "dnc_copy",   "attempts",
                                                            "gap",     "cool_off", "ring_floor", "abandonment",
                                                            "records", "consent",  "caller_id",  "message"};

    void read_rule(const Value& item) {
        const Fields fields =
            item.fields({"id", "regions", "source", "verified", "note", "effective_from", "effective_through", "hours",
                         "holidays", "dnc_copy", "attempts", "gap", "cool_off", "ring_floor", "abandonment", "records",
                         "consent", "caller_id", "message"});
        if (!fields.is_map()) return;
        PackRule rule;
        const Value id = fields.required("id");
        rule.id = id.text(id_rule).value_or("");
        if (!rule.id.empty() && std::ranges::find(pack_.rules, rule.id, &PackRule::id) != pack_.rules.end()) {
            id.fail(fmt::format("is {}, as that of another rule", in_quotes(rule.id)));
        }
        rule.regions = pack_.regions;
        if (fields.has("regions")) rule.regions = read_own_regions(fields.optional("regions"));
        rule.source = fields.required("source").text(prose_rule).value_or("");
        const Value verified = fields.required("verified");
        rule.verified = verified.boolean().value_or(true);
        (void)fields.optional("note").text(prose_rule);
        if (!rule.verified && !fields.has("note")) verified.fail("is false, and no 'note' says what is doubtful");
        rule.in_force_from = read_date(fields.optional("effective_from"));
        const Value through = fields.optional("effective_through");
        rule.in_force_through = read_date(through);
        if (rule.in_force_from && rule.in_force_through && *rule.in_force_through < *rule.in_force_from) {
            through.fail("is before 'effective_from'");
        }
        if (std::ranges::count_if(kinds, [&](std::string_view kind) { return fields.has(kind); }) != 1) {
            return item.fail(
                "must say exactly one thing: hours, holidays, dnc_copy, attempts, gap, cool_off, ring_floor, "
                "abandonment, records, consent, caller_id or message");
        }
        read_kind(fields, rule);
        pack_.rules.push_back(std::move(rule));
    }

    std::vector<std::string> read_own_regions(const Value& value) const {
        const auto regions = read_regions(value);
        for (const std::string& region : regions) {
            if (pack_.regions.empty() || covered(pack_.regions, region)) continue;
            value.fail(fmt::format("names {}, which is not of the pack's regions", in_quotes(region)));
        }
        return regions;
    }

    void read_kind(const Fields& fields, PackRule& rule) const {
        const auto of = [&](std::string_view kind) { return fields.optional(kind); };
        if (fields.has("hours")) rule.says = read_hours(of("hours"));
        if (fields.has("holidays")) rule.says = read_holidays(of("holidays"), problems_);
        if (fields.has("dnc_copy")) {
            rule.says = PackCopyAge{
                of("dnc_copy").fields({"max_age"}).required("max_age").duration(copy_ages).value_or(copy_ages.min)};
        }
        if (fields.has("attempts")) rule.says = read_attempts(of("attempts")).value_or(ContactLimit{});
        if (fields.has("gap")) rule.says = read_gap(of("gap")).value_or(ContactLimit{});
        if (fields.has("cool_off")) rule.says = read_cool_off(of("cool_off")).value_or(ContactLimit{});
        if (fields.has("ring_floor")) {
            rule.says = PackRingFloor{
                of("ring_floor").fields({"for"}).required("for").duration(ring_floors).value_or(ring_floors.max)};
        }
        if (fields.has("abandonment")) rule.says = read_abandonment(of("abandonment"));
        if (fields.has("records")) rule.says = read_records(of("records"));
        if (fields.has("consent")) rule.says = read_consent(of("consent"));
        if (fields.has("caller_id")) rule.says = read_caller_id(of("caller_id"));
        if (fields.has("message")) rule.says = read_message(of("message"));
    }

    // Hours for holidays of which no list tells when they are would be kept on no day.
    void check_holidays(const std::vector<Position>& places) const {
        for (std::size_t i = 0; i < pack_.rules.size(); ++i) {
            const auto* hours = std::get_if<PackHours>(&pack_.rules[i].says);
            if (hours == nullptr || !hours->knows_holidays) continue;
            for (const std::string& region : pack_.rules[i].regions) {
                const bool listed = std::ranges::any_of(pack_.rules, [&](const PackRule& rule) {
                    return std::holds_alternative<PackHolidays>(rule.says) && covered(rule.regions, region);
                });
                if (listed) continue;
                problems_.add(places[i],
                              fmt::format("rule {} speaks of holidays, and no rule of the pack lists those of {}",
                                          in_quotes(pack_.rules[i].id), region));
            }
        }
    }

    std::string_view name_;
    Problems& problems_;
    RulePack pack_;
};

}  // namespace

RulePack read_rule_pack(const Node& root, std::string_view name, Problems& problems) {
    return PackReader{name, problems}.read(root);
}

}  // namespace outdial::config
