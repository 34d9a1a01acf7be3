#include "core/calling_hours.hpp"

#include <catch2/catch.hpp>

namespace outdial {

using namespace std::chrono_literals;

namespace {

constexpr LocalDate day(int year, unsigned month, unsigned number) {
    return LocalDate{std::chrono::year{year} / std::chrono::month{month} / std::chrono::day{number}};
}

const DayHours workday{{540, 1200}};
const DayHours saturday{{600, 1020}};
const DayHours closed{};

CallingHours shop() {
    return {.weekdays = {workday, workday, workday, workday, workday, saturday, closed},
            .on_holidays = closed,
            .holidays = {day(2026, 12, 25), day(2027, 1, 1)},
            .in_force_from = {},
            .in_force_through = {}};
}

UtcTime at(int seconds) { return from_unix_ms(seconds * 1000L); }

}  // namespace

TEST_CASE("a day has its weekday's hours, beginning with Monday") {
    CHECK(hours_on(shop(), day(2026, 11, 23)) == workday);  // a Monday
    CHECK(hours_on(shop(), day(2026, 11, 27)) == workday);  // Friday
    CHECK(hours_on(shop(), day(2026, 11, 28)) == saturday);
    CHECK(hours_on(shop(), day(2026, 11, 29)) == closed);
}

TEST_CASE("a holiday has the holidays' hours, whatever its weekday") {
    CallingHours rule = shop();
    CHECK(hours_on(rule, day(2026, 12, 25)) == closed);  // a Friday
    CHECK(hours_on(rule, day(2026, 12, 24)) == workday);
    rule.on_holidays = saturday;
    CHECK(hours_on(rule, day(2027, 1, 1)) == saturday);
}

TEST_CASE("a rule that is not in force says nothing; its first and last day belong to it") {
    CallingHours rule = shop();
    rule.in_force_from = day(2026, 11, 24);
    rule.in_force_through = day(2026, 11, 28);
    CHECK(hours_on(rule, day(2026, 11, 23)) == std::nullopt);
    CHECK(hours_on(rule, day(2026, 11, 24)) == workday);
    CHECK(hours_on(rule, day(2026, 11, 28)) == saturday);
    CHECK(hours_on(rule, day(2026, 11, 29)) == std::nullopt);
}

TEST_CASE("an intersection is open when both are, and what only touches has nothing in common") {
    const OpenIntervals a{{at(0), at(10)}, {at(20), at(30)}, {at(40), at(50)}};
    const OpenIntervals b{{at(5), at(25)}, {at(30), at(40)}, {at(45), at(46)}, {at(48), at(60)}};
    const OpenIntervals both{{at(5), at(10)}, {at(20), at(25)}, {at(45), at(46)}, {at(48), at(50)}};
    CHECK(intersection(a, b) == both);
    CHECK(intersection(b, a) == both);
    CHECK(intersection(a, a) == a);
    CHECK(intersection(a, OpenIntervals{}).empty());
}

TEST_CASE("the interval of an instant is the one that holds it, its closing excluded, else the next") {
    const OpenIntervals open{{at(10), at(20)}, {at(30), at(40)}};
    CHECK(open_at_or_after(open, at(0)) == open[0]);
    CHECK(open_at_or_after(open, at(10)) == open[0]);
    CHECK(open_at_or_after(open, at(20) - 1ms) == open[0]);
    CHECK(open_at_or_after(open, at(20)) == open[1]);
    CHECK(open_at_or_after(open, at(40)) == std::nullopt);
}

}  // namespace outdial
