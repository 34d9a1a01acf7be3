#include "core/callback.hpp"

#include <catch2/catch.hpp>

#include "support/plain_geography.hpp"

namespace outdial {

using namespace std::chrono_literals;

namespace {

constexpr UtcTime noon = from_unix_ms(1'800'000'000'000);  // 2027-01-15 08:00:00 UTC
const PlainGeography geography;

Result<UtcTime> at(std::string_view written, std::vector<std::string> zones = {"+3"}, std::string otherwise = {}) {
    return callback_time(written, {.zones = std::move(zones), .otherwise = std::move(otherwise), .now = noon},
                         &geography);
}

void refused(const Result<UtcTime>& time, const std::string& because) {
    REQUIRE_FALSE(time);
    CHECK_THAT(time.error().message, Catch::Contains(because));
}

}  // namespace

TEST_CASE("a time without a zone is meant by the clock of the person") {
    CHECK(at("2027-01-15T15:00") == noon + 4h);
    CHECK(at("2027-01-15 15:00") == noon + 4h);
    CHECK(at("2027-01-15T15:00:30") == noon + 4h + 30s);
    CHECK(at("2027-01-16T00:00", {"+0"}) == noon + 16h);
}

TEST_CASE("a time may say by whose clock it is meant") {
    CHECK(at("2027-01-15T15:00Z") == noon + 7h);
    CHECK(at("2027-01-15T15:00+01:00") == noon + 6h);
    CHECK(at("2027-01-15T15:00+0100") == noon + 6h);
    CHECK(at("2027-01-15T03:00-05:30") == noon + 30min);
    CHECK(at("2027-01-15T15:00 +5") == noon + 2h);  // a zone of the plain geography
    refused(at("2027-01-15T15:00 Nowhere"), "no zone Nowhere");
}

TEST_CASE("a time may be counted from now on") {
    CHECK(at("+90m") == noon + 90min);
    CHECK(at("+2h") == noon + 2h);
    CHECK(at("+366d") == noon + 366 * 24h);
    refused(at("+367d"), "more than 366 days off");
}

TEST_CASE("where the person's clocks disagree, the campaign's counts, or somebody must say which") {
    CHECK(at("2027-01-15T15:00", {"+3", "+3"}) == noon + 4h);
    CHECK(at("2027-01-15T15:00", {"+3", "+4"}, "+2") == noon + 5h);
    CHECK(at("2027-01-15T15:00", {}, "+2") == noon + 5h);
    refused(at("2027-01-15T15:00", {"+3", "+4"}), "any of the time zones +3, +4: write the time with a zone");
    refused(at("2027-01-15T15:00", {}), "nobody knows in which time zone the person is");
    CHECK(at("2027-01-15T15:00Z", {}) == noon + 7h);
}

TEST_CASE("without time zone data a time needs an offset") {
    const CallbackClocks clocks{.zones = {"+3"}, .otherwise = {}, .now = noon};
    refused(callback_time("2027-01-15T15:00", clocks, nullptr), "with an offset");
    CHECK(callback_time("2027-01-15T15:00Z", clocks, nullptr) == noon + 7h);
    CHECK(callback_time("+1h", clocks, nullptr) == noon + 1h);
}

TEST_CASE("what has just passed is now, and what is long past or far off is a mistake") {
    CHECK(at("2027-01-15T10:59") == noon);
    CHECK(at("2027-01-14T11:00") == noon);
    refused(at("2027-01-14T10:59"), "is past");
    refused(at("2026-01-15T15:00"), "is past");
    refused(at("2028-02-01T15:00"), "more than 366 days off");
}

TEST_CASE("what is no time is refused, with what a time looks like") {
    for (const char* text : {"",
                             "15:00",
                             "tomorrow",
                             "2027-01-15",
                             "2027-01-15T",
                             "2027-02-30T10:00",
                             "2027-13-01T10:00",
                             "2027-01-15T24:00",
                             "2027-01-15T12:60",
                             "2027-01-15T12:00:60",
                             "2027-01-15T1:00",
                             "2027-01-15T15:00x",
                             "2027-01-15T15:00 ",
                             "2027-01-15T15:00+1",
                             "2027-01-15T15:00+15:00",
                             "2027-01-15T15:00+01:60",
                             "-2h",
                             "+h",
                             "+2w",
                             "+1234567h",
                             "+-2h",
                             "02027-01-15T15:00"}) {
        CAPTURE(text);
        refused(at(text), "write it as 2026-11-24T15:00");
    }
    refused(at("2027-01-15T15:00 " + std::string(500, 'x')), "write it as 2026-11-24T15:00");
}

TEST_CASE("an agent's name is a word that no dialplan takes for more") {
    for (const char* name : {"alice", "SIP/2001", "Local/2001@agents", "a.b_c-d", "7"}) CHECK(is_agent(name));
    for (const char* name : {"", "a b", "a,b", "${X}", "a;b", "a|b", "\xc3\xa4"}) CHECK_FALSE(is_agent(name));
    CHECK(is_agent(std::string(max_agent_bytes, 'a')));
    CHECK_FALSE(is_agent(std::string(max_agent_bytes + 1, 'a')));
}

}  // namespace outdial
