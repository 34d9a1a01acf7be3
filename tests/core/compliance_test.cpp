#include "core/compliance.hpp"

#include <catch2/catch.hpp>

namespace outdial {

namespace {

using namespace std::chrono_literals;

LocalDate day_of(int year, unsigned month, unsigned day) {
    return LocalDate{std::chrono::year{year} / std::chrono::month{month} / std::chrono::day{day}};
}

PackHours nine_to_five(bool knows_holidays) {
    PackHours given;
    given.hours.weekdays.fill({{.opens = 540, .closes = 1020}});
    given.knows_holidays = knows_holidays;
    return given;
}

PackRule rule(const std::string& id, std::vector<std::string> regions, decltype(PackRule::says) says) {
    return {.id = id,
            .regions = std::move(regions),
            .source = "a law",
            .verified = true,
            .in_force_from = {},
            .in_force_through = {},
            .says = std::move(says)};
}

RulePack pack(std::vector<PackRule> rules) {
    return {.name = "de", .version = "2026-11-24", .title = "some", .regions = {"DE"}, .rules = std::move(rules)};
}

RulesInForce in_force(const RulePack& given, std::vector<RuleOverride> overrides = {}) {
    const RulePack* const packs[] = {&given};
    return rules_in_force(packs, std::move(overrides));
}

}  // namespace

TEST_CASE("Holidays of all the regions of a rule about hours are days of that rule, in order") {
    const LocalDate christmas = day_of(2026, 12, 25);
    const LocalDate new_year = day_of(2027, 1, 1);
    const RulesInForce rules =
        in_force(pack({rule("hours", {"DE"}, nine_to_five(true)), rule("later", {"DE"}, PackHolidays{{new_year}}),
                       rule("holidays", {"DE"}, PackHolidays{{christmas}})}));
    REQUIRE(rules.hours.size() == 1);
    CHECK(rules.hours[0].name == "de/hours");
    CHECK(rules.hours[0].hours.holidays == std::vector{christmas, new_year});
    CHECK(hours_on(rules.hours[0].hours, christmas)->empty());
    CHECK(hours_on(rules.hours[0].hours, christmas + std::chrono::days{1})->size() == 1);
}

TEST_CASE("Holidays of a part of a rule's regions close that part, and nothing on other days") {
    const LocalDate fronleichnam = day_of(2027, 5, 27);
    const RulesInForce rules =
        in_force(pack({rule("hours", {"DE"}, nine_to_five(true)),
                       rule("holidays-fronleichnam", {"DE-BW", "DE-BY"}, PackHolidays{{fronleichnam}})}));
    REQUIRE(rules.hours.size() == 2);
    CHECK(rules.hours[0].hours.holidays.empty());
    CHECK(rules.hours[1].name == "de/holidays-fronleichnam");
    CHECK(rules.hours[1].regions == std::vector<std::string>{"DE-BW", "DE-BY"});
    CHECK(hours_on(rules.hours[1].hours, fronleichnam)->empty());
    CHECK(*hours_on(rules.hours[1].hours, fronleichnam + std::chrono::days{1}) ==
          DayHours{{.opens = 0, .closes = minutes_per_day}});
}

TEST_CASE("Hours that do not speak of holidays know none, and holidays out of force are none") {
    const LocalDate christmas = day_of(2026, 12, 25);
    PackRule holidays = rule("holidays", {"DE"}, PackHolidays{{christmas}});
    CHECK(in_force(pack({rule("hours", {"DE"}, nine_to_five(false)), holidays})).hours.at(0).hours.holidays.empty());
    holidays.in_force_from = christmas + std::chrono::days{1};
    CHECK(in_force(pack({rule("hours", {"DE"}, nine_to_five(true)), holidays})).hours.at(0).hours.holidays.empty());
}

TEST_CASE("Rules keep their pack's name, their regions and their days") {
    PackRule limited = rule("three", {"DE-BY"}, ContactLimit{});
    limited.in_force_from = day_of(2026, 1, 1);
    PackRule hours = rule("hours", {"DE"}, nine_to_five(false));
    hours.in_force_through = day_of(2026, 12, 31);
    const RulesInForce rules = in_force(
        pack({limited, hours, rule("copy", {"DE"}, PackCopyAge{24h * 31}), rule("ring", {"DE"}, PackRingFloor{15s}),
              rule("cap", {"DE"}, AbandonmentRule{}), rule("keep", {"DE"}, PackDuty{"keep it"})}));
    CHECK(rules.limits.at(0).name == "de/three");
    CHECK(rules.limits.at(0).regions == std::vector<std::string>{"DE-BY"});
    CHECK(rules.limits.at(0).in_force_from == day_of(2026, 1, 1));
    CHECK(rules.hours.at(0).hours.in_force_through == day_of(2026, 12, 31));
    CHECK(rules.copy_ages.at(0).rule == "de/copy");
    CHECK(rules.copy_ages.at(0).value == 24h * 31);
    CHECK(rules.ring_floors.at(0).value == 15s);
    CHECK(rules.compliance.abandonment.at(0).name == "de/cap");
    CHECK(rules.compliance.duties.at(0).text == "keep it");
}

TEST_CASE("An override switches its rule off and no other; hours, holidays, copies and rings are never off") {
    const RulePack given = pack({rule("three", {"DE"}, ContactLimit{}), rule("four", {"DE"}, ContactLimit{}),
                                 rule("hours", {"DE"}, nine_to_five(false)), rule("copy", {"DE"}, PackCopyAge{24h}),
                                 rule("ring", {"DE"}, PackRingFloor{15s})});
    std::vector<RuleOverride> overrides;
    for (const char* name : {"de/three", "de/hours", "de/copy", "de/ring"})
        overrides.push_back({name, "why", "J. Doe"});
    const RulesInForce rules = in_force(given, overrides);
    REQUIRE(rules.limits.size() == 1);
    CHECK(rules.limits[0].name == "de/four");
    CHECK(rules.hours.size() == 1);
    CHECK(rules.copy_ages.size() == 1);
    CHECK(rules.ring_floors.size() == 1);
    CHECK(rules.compliance.overrides.size() == 4);
    CHECK_FALSE(may_be_overridden(rule("holidays", {"DE"}, PackHolidays{})));
}

TEST_CASE("A pack's end of holidays is told 60 days before, and ever after") {
    const RulesInForce rules = in_force(pack(
        {rule("holidays", {"DE"}, PackHolidays{{day_of(2028, 12, 25)}}), rule("doubtful", {"DE"}, PackDuty{"x"})}));
    const PackInUse used = rules.compliance.packs.at(0);
    CHECK(used.rules == 2);
    CHECK(used.not_verified == 0);
    REQUIRE(used.holidays_through == day_of(2028, 12, 31));
    const UtcTime end{Milliseconds{day_of(2029, 1, 1).time_since_epoch()}};
    CHECK(holidays_warning(used, end - 24h * 60 - 1ms).empty());
    CHECK_THAT(holidays_warning(used, end - 24h * 60), Catch::Contains("until 2028-12-31 only"));
    CHECK_FALSE(holidays_warning(used, end + 24h * 300).empty());
    CHECK(holidays_warning(PackInUse{}, end).empty());
}

}  // namespace outdial
