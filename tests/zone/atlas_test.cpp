#include "zone/atlas.hpp"

#include <catch2/catch.hpp>

namespace outdial::zone {

namespace {

using Names = std::vector<std::string>;

Place place_of(const std::string& e164, const Attributes& attributes = {}) {
    static const Result<Atlas> atlas = Atlas::load();
    REQUIRE(atlas);
    const Result<Place> place = atlas->place_of({e164, 1}, attributes);
    REQUIRE(place);
    return *place;
}

}  // namespace

TEST_CASE("a number alone tells all zones and regions that it leaves open") {
    CHECK(place_of("+18505550123") == Place{{"America/Chicago", "America/New_York"}, {"US-FL"}});
    CHECK(place_of("+4930123456") == Place{{"Europe/Berlin", "Europe/Busingen"}, {"DE"}});
    CHECK(place_of("+18005550123") == Place{});
}

TEST_CASE("what the call list says adds to what the number says, for the number may have moved") {
    CHECK(place_of("+12125550123", {{"time_zone", "America/Denver"}}) ==
          Place{{"America/Denver", "America/New_York"}, {"US-NY"}});
    CHECK(place_of("+12125550123", {{"state", "TX"}}) ==
          Place{{"America/Chicago", "America/Denver", "America/New_York"}, {"US-NY", "US-TX"}});
    CHECK(place_of("+18005550123", {{"time_zone", "Asia/Tokyo"}}) == Place{{"Asia/Tokyo"}, {}});
}

TEST_CASE("a state is known by its letters, its name and its full code, in any case, in the number's country") {
    for (const char* written : {"CA", "ca", "California", "CALIFORNIA", "US-CA"}) {
        CAPTURE(written);
        CHECK(place_of("+12125550123", {{"state", written}}).regions == Names{"US-CA", "US-NY"});
    }
    CHECK(place_of("+14165550123", {{"state", "Quebec"}}).regions == Names{"CA-ON", "CA-QC"});
    // Western Australia is no Washington.
    CHECK(place_of("+61881234567", {{"state", "WA"}}).regions == place_of("+61881234567").regions);
    CHECK(place_of("+61881234567", {{"state", "WA"}, {"country", "US"}}).regions == Names{"AU", "CC", "CX", "US-WA"});
    CHECK(place_of("+12125550123", {{"state", "active"}}) == place_of("+12125550123"));
    CHECK(place_of("+12125550123", {{"state", "US-ZZ"}}) == place_of("+12125550123"));
}

TEST_CASE("who is known to be in one state is nowhere else in a country that the number alone named") {
    CHECK(place_of("+4930123456", {{"state", "DE-BY"}}).regions == Names{"DE-BY"});
    CHECK(place_of("+4930123456", {{"state", "AT-9"}}).regions == Names{"AT-9", "DE"});
}

TEST_CASE("a postal code tells the state") {
    const auto regions = [](const std::string& e164, const std::string& code) {
        return place_of(e164, {{"postal_code", code}}).regions;
    };
    CHECK(regions("+12125550123", "32501-1234") == Names{"US-FL", "US-NY"});
    CHECK(regions("+12125550123", "00501") == Names{"US-NY"});
    CHECK(regions("+12125550123", "88510") == Names{"US-NY", "US-TX"});
    CHECK(regions("+14165550123", "k1a 0b1") == Names{"CA-ON"});
    CHECK(regions("+14165550123", "X0A 0H0") == Names{"CA-NT", "CA-NU", "CA-ON"});
    for (const char* none : {"", "1", "3250", "99999x", "K", "00000", "ABC"}) {
        CAPTURE(none);
        const Names known = regions("+12125550123", none);
        CHECK((known == Names{"US-NY"} || known == Names{"US-AK", "US-NY"}));
    }
    CHECK(regions("+4930123456", "10115") == Names{"DE"});
}

TEST_CASE("a time zone that there is not is refused, and one that is not given is not missed") {
    const Result<Atlas> atlas = Atlas::load();
    REQUIRE(atlas);
    CHECK(atlas->place_of({"+12125550123", 1}, {{"time_zone", ""}}));
    for (const char* wrong : {"America/NewYork", "EST5EDT4", "New York", "localtime", "../../etc/passwd"}) {
        const auto place = atlas->place_of({"+12125550123", 1}, {{"time_zone", wrong}});
        CAPTURE(wrong);
        REQUIRE_FALSE(place);
        CHECK_THAT(place.error().message, Catch::Contains("time_zone"));
    }
}

TEST_CASE("every zone of every region is one that the system knows") {
    const auto zones = TimeZones::load();
    REQUIRE(zones);
    for (const char* e164 : {"+12125550123", "+14165550123"}) {
        for (char first = 'A'; first <= 'Z'; ++first) {
            for (char second = 'A'; second <= 'Z'; ++second) {
                for (const std::string& zone : place_of(e164, {{"state", {first, second}}}).zones) {
                    CAPTURE(zone);
                    CHECK(zones->knows(zone));
                }
            }
        }
    }
}

TEST_CASE("the versions of all data are told") {
    const Result<Atlas> atlas = Atlas::load();
    REQUIRE(atlas);
    CHECK_THAT(std::string{atlas->version()}, Catch::Contains("tzdata") && Catch::Contains("libphonenumber"));
}

}  // namespace outdial::zone
