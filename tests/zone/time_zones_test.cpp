#include "zone/time_zones.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

namespace outdial::zone {

using namespace std::chrono_literals;

namespace {

// By UTC.
UtcTime utc(int year, unsigned month, unsigned day, Milliseconds time = 0ms) {
    const std::chrono::sys_days date{std::chrono::year{year} / std::chrono::month{month} / std::chrono::day{day}};
    return UtcTime{date.time_since_epoch() + time};
}

CallingHours daily(DayHours hours) {
    CallingHours rule;
    rule.weekdays.fill(hours);
    rule.on_holidays = std::move(hours);
    return rule;
}

const TimeZones& zones() {
    static const Result<TimeZones> loaded = TimeZones::load();
    REQUIRE(loaded);
    return *loaded;
}

OpenIntervals must(const Result<OpenIntervals>& open) {
    if (!open) FAIL(open.error().message);
    return *open;
}

// On the day of a clock change: 2026-03-29 forward and 2026-10-25 back in Berlin, each at 01:00 UTC.
// Until 20:00 UTC, when it is still that day in Berlin.
OpenIntervals in_berlin(const CallingHours& rule, unsigned month, unsigned day) {
    return must(zones().open_in("Europe/Berlin", rule, utc(2026, month, day), utc(2026, month, day, 20h)));
}

}  // namespace

TEST_CASE("hours on the wall become instants, summer and winter") {
    const CallingHours rule = daily({{540, 1200}});
    CHECK(in_berlin(rule, 1, 15) == OpenIntervals{{utc(2026, 1, 15, 8h), utc(2026, 1, 15, 19h)}});
    CHECK(in_berlin(rule, 7, 15) == OpenIntervals{{utc(2026, 7, 15, 7h), utc(2026, 7, 15, 18h)}});
}

TEST_CASE("an hour that the clock skips is never open") {
    CHECK(in_berlin(daily({{120, 180}}), 3, 29).empty());  // 02:00-03:00 is not there
    CHECK(in_berlin(daily({{90, 210}}), 3, 29) == OpenIntervals{{utc(2026, 3, 29, 30min), utc(2026, 3, 29, 90min)}});
}

TEST_CASE("an hour that comes twice is open both times, and closed in between where the rule is") {
    CHECK(in_berlin(daily({{120, 180}}), 10, 25) == OpenIntervals{{utc(2026, 10, 25, 0h), utc(2026, 10, 25, 2h)}});
    CHECK(in_berlin(daily({{150, 240}}), 10, 25) == OpenIntervals{{utc(2026, 10, 25, 30min), utc(2026, 10, 25, 1h)},
                                                                  {utc(2026, 10, 25, 90min), utc(2026, 10, 25, 3h)}});
}

TEST_CASE("a night between two days that are open around the clock is no gap") {
    const OpenIntervals open =
        must(zones().open_in("Europe/Berlin", daily({{0, minutes_per_day}}), utc(2026, 1, 1), utc(2026, 12, 31)));
    CHECK(open == OpenIntervals{{utc(2026, 1, 1), utc(2026, 12, 31)}});
}

TEST_CASE("a zone that the system does not know is told, and so are years of which it knows nothing") {
    CHECK(zones().knows("America/Indiana/Indianapolis"));
    CHECK(zones().knows("UTC"));
    for (const char* name :
         {"", "Berlin", "localtime", "right/UTC", "posix/Europe/Berlin", "../../etc/passwd", "/etc/passwd"}) {
        CAPTURE(name);
        CHECK_FALSE(zones().knows(name));
        const auto open = zones().open_in(name, daily({}), utc(2026, 1, 1), utc(2026, 1, 2));
        REQUIRE_FALSE(open);
        CHECK_THAT(open.error().message, Catch::Contains("is no time zone"));
    }
    const auto late = zones().open_in("Europe/Berlin", daily({}), utc(2037, 12, 31), utc(2038, 1, 2));
    REQUIRE_FALSE(late);
    CHECK_THAT(late.error().message, Catch::Contains("after 2037"));
    CHECK(zones().open_in("Europe/Berlin", daily({}), utc(2037, 12, 31), utc(2038, 1, 1)));
}

TEST_CASE("what a clock shows is an instant: the first of two, and where it jumps over it the jump") {
    const auto shown = [](int month, int day, Milliseconds time) {
        return zones().instant_of("Europe/Berlin", utc(2026, month, day).time_since_epoch() + time);
    };
    CHECK(shown(1, 15, 15h) == utc(2026, 1, 15, 14h));
    CHECK(shown(7, 15, 15h) == utc(2026, 7, 15, 13h));
    CHECK(shown(3, 29, 2h + 30min) == utc(2026, 3, 29, 1h));  // 02:00 to 03:00 is not there
    CHECK(shown(3, 29, 3h) == utc(2026, 3, 29, 1h));
    CHECK(shown(10, 25, 2h + 30min) == utc(2026, 10, 25, 30min));  // 02:00 to 03:00 comes twice
    CHECK_FALSE(zones().instant_of("Berlin", Milliseconds{0}));
    const auto late = zones().instant_of("Europe/Berlin", utc(2038, 1, 1).time_since_epoch());
    REQUIRE_FALSE(late);
    CHECK_THAT(late.error().message, Catch::Contains("after 2037"));
}

TEST_CASE("the version of the data is told, as proof of what a decision was made by") {
    CHECK_THAT(zones().version(), Catch::Matches("20[0-9][0-9][a-z]") || Catch::Equals("unknown"));
}

}  // namespace outdial::zone
