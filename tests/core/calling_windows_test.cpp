#include "core/calling_windows.hpp"

#include <catch2/catch.hpp>
#include <memory>

#include "support/plain_geography.hpp"

namespace outdial {

using namespace std::chrono_literals;

namespace {

// Monday, 2027-01-18 00:00:00 UTC.
constexpr UtcTime monday = from_unix_ms(1'800'230'400'000);

SharedCallingRules rules(std::vector<HoursRule> hours, std::string zone_of_unknown = {}) {
    return std::make_shared<CallingRules>(CallingRules{std::move(hours), std::move(zone_of_unknown)});
}
const HoursRule nine_to_five{"calling_hours", {}, daily({{540, 1020}})};

struct Office {
    PlainGeography geography;
    CallingWindows windows;
    explicit Office(SharedCallingRules kept, Milliseconds ring_timeout = 28s)
        : windows(std::move(kept), ring_timeout, geography) {}

    CallingWindow at(const Place& place, UtcTime instant) {
        const Result<CallingWindow> found = windows.at(place, instant);
        REQUIRE(found);
        return *found;
    }
};

const Place utc{{"+0"}, {"GB"}};

}  // namespace

TEST_CASE("a window is open from its first instant until a ring would still last at the closing") {
    Office office{rules({nine_to_five})};
    const CallingWindow window = office.at(utc, monday + 8h);
    CHECK(window.opens_at == monday + 9h);
    CHECK(window.closes_at == monday + 17h);
    CHECK(window.calls_until == monday + 17h - 30s);  // 28 s of ringing, 2 s to come to it
    CHECK_FALSE(window.is_open(monday + 9h - 1ms));
    CHECK(window.is_open(monday + 9h));
    CHECK(window.is_open(monday + 17h - 30s - 1ms));
    CHECK_FALSE(window.is_open(monday + 17h - 30s));
    CHECK(office.at(utc, monday + 17h - 31s) == window);
    CHECK(office.at(utc, monday + 17h - 30s).opens_at == monday + 33h);
}

TEST_CASE("where several zones are possible it is open only when it is in all of them") {
    Office office{rules({nine_to_five})};
    const CallingWindow window = office.at({{"+0", "+3"}, {}}, monday);
    CHECK(window.opens_at == monday + 9h);
    CHECK(window.closes_at == monday + 14h);  // 17:00 three hours further east
}

TEST_CASE("every rule that concerns the place counts, and no other") {
    const HoursRule late{"states/late", {"US-KY"}, daily({{600, 1440}})};
    const HoursRule early{"states/early", {"US-RI"}, daily({{0, 840}})};
    Office office{rules({nine_to_five, late, early})};
    CHECK(office.at({{"+0"}, {"US-KY"}}, monday).opens_at == monday + 10h);
    CHECK(office.at({{"+0"}, {"US-KY"}}, monday).closes_at == monday + 17h);
    CHECK(office.at({{"+0"}, {"US-KY", "US-RI"}}, monday).closes_at == monday + 14h);
    CHECK(office.at(utc, monday).opens_at == monday + 9h);
}

TEST_CASE("nobody is called whose zone is not known, unless the rules have one for them") {
    CHECK(Office{rules({nine_to_five})}.at({}, monday + 12h).kind == CallingWindow::Kind::unknown_zone);
    Office office{rules({nine_to_five}, "+2")};
    CHECK(office.at({}, monday).opens_at == monday + 7h);
    CHECK(office.at(utc, monday).opens_at == monday + 9h);
}

TEST_CASE("without a rule that concerns the place it is always open, whatever is known of its zone") {
    const HoursRule elsewhere{"fr/hours", {"FR"}, daily({})};
    for (const SharedCallingRules& kept : {SharedCallingRules{}, rules({}), rules({elsewhere})}) {
        Office office{kept};
        CHECK(office.at({{}, {"GB"}}, monday).kind == CallingWindow::Kind::always);
        CHECK(office.at(utc, monday).is_open(monday));
        CHECK(office.at(utc, monday).send_before() == UtcTime::max());
    }
}

TEST_CASE("an opening that is shorter than a ring is none") {
    const HoursRule minute{"calling_hours", {}, daily({{540, 541}, {600, 660}})};
    CHECK(Office{rules({minute}), 58s}.at(utc, monday).opens_at == monday + 10h);
    CHECK(Office{rules({minute}), 57s}.at(utc, monday).opens_at == monday + 9h);
}

TEST_CASE("the next opening is found after weeks, and where there is none that is said") {
    HoursRule later = nine_to_five;
    later.hours = daily({});
    later.hours.in_force_through = LocalDate{(monday + 100 * 24h).time_since_epoch() / 24h * std::chrono::days{1}};
    Office office{rules({nine_to_five, later})};
    CHECK(office.at(utc, monday).opens_at == monday + 101 * 24h + 9h);
    CHECK(Office{rules({{"calling_hours", {}, daily({})}})}.at(utc, monday).kind == CallingWindow::Kind::never);
}

TEST_CASE("a zone of which the system's data tell nothing is a failure, not an opening") {
    Office office{rules({nine_to_five})};
    const auto window = office.windows.at({{"Mars/Olympus"}, {}}, monday);
    REQUIRE_FALSE(window);
    CHECK_THAT(window.error().message, Catch::Contains("Mars/Olympus"));
}

TEST_CASE("hours around the clock have no night in which calls rest") {
    Office office{rules({{"calling_hours", {}, daily({{0, minutes_per_day}})}})};
    for (int hour = 0; hour < 72; ++hour) CHECK(office.at(utc, monday + hour * 1h).is_open(monday + hour * 1h));
}

TEST_CASE("places of the same zones share what was found out") {
    Office office{rules({nine_to_five})};
    for (const char* region : {"GB", "IE", "PT"}) CHECK(office.at({{"+0"}, {region}}, monday).opens_at == monday + 9h);
    CHECK(office.geography.asked() == 1);
}

}  // namespace outdial
