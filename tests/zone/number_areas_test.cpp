#include "zone/number_areas.hpp"

#include <catch2/catch.hpp>

#include "zone/number_area_table.hpp"
#include "zone/time_zones.hpp"

namespace outdial::zone {

namespace {

using Names = std::vector<std::string>;

Names zones_of(std::string_view digits) { return number_area(digits).zones; }
Names regions_of(std::string_view digits) { return number_area(digits).regions; }

}  // namespace

TEST_CASE("an area code has all zones under it, whichever its exchange is listed in") {
    // 850 is Eastern by default, with many Central exchanges; 850-200 is listed as Central, 850-999 nowhere.
    const Names both{"America/Chicago", "America/New_York"};
    CHECK(zones_of("18502005550") == both);
    CHECK(zones_of("18509995550") == both);
    CHECK(zones_of("12125550100") == Names{"America/New_York"});
    CHECK(zones_of("12089995550") == Names{"America/Boise", "America/Denver", "America/Los_Angeles"});
}

TEST_CASE("an overlay has the zones of the code that it overlays, and so has that of the overlay") {
    CHECK(zones_of("14485550123") == zones_of("18505550123"));
    CHECK(zones_of("19865550123") == zones_of("12085550123"));
    CHECK(zones_of("12575550123") ==
          Names{"America/Edmonton", "America/Vancouver"});  // opened after Google's data was made
    CHECK(zones_of("17305550123") == Names{"America/Chicago"});
    CHECK(regions_of("17305550123") == Names{"US-IL"});
}

TEST_CASE("a toll-free number, an unknown area code and an unknown country code have no place") {
    for (const char* digits :
         {"18005550123", "18885550123", "19995550123", "1", "", "9995550123", "2105550123", "80012345678"}) {
        CAPTURE(digits);
        CHECK(number_area(digits).digits.empty());
        CHECK(zones_of(digits).empty());
    }
}

TEST_CASE("in another country a number may be in any zone of it, unless its digits tell a part") {
    const Names australia = zones_of("61412345678");  // a mobile
    CHECK(australia.size() >= 8);
    CHECK(zones_of("61733334444") == Names{"Australia/Brisbane", "Australia/Lindeman", "Australia/Sydney"});
    CHECK(zones_of("4930123456") == Names{"Europe/Berlin", "Europe/Busingen"});
    CHECK(zones_of("34922123456") == Names{"Atlantic/Canary"});
    CHECK(zones_of("34612345678") == Names{"Africa/Ceuta", "Atlantic/Canary", "Europe/Madrid"});
    CHECK(zones_of("441632960123").size() == 4);  // with Guernsey, Jersey and the Isle of Man
    CHECK(zones_of("33140205050") == Names{"Europe/Paris"});
    CHECK(zones_of("262262123456") == Names{"Indian/Mayotte", "Indian/Reunion"});  // French, with a code of its own
}

TEST_CASE("an area code tells the state, and territories are states too; elsewhere it tells the countries") {
    CHECK(regions_of("18505550123") == Names{"US-FL"});
    CHECK(regions_of("12025550123") == Names{"US-DC"});
    CHECK(regions_of("12035550123") == Names{"US-CT"});
    CHECK(regions_of("19025550123") == Names{"CA-NS", "CA-PE"});
    CHECK(regions_of("17875550123") == Names{"US-PR"});
    CHECK(regions_of("12425550123") == Names{"BS"});
}

TEST_CASE("every zone of the table is one that the system knows, and its rows are in order and apart") {
    const auto zones = TimeZones::load();
    REQUIRE(zones);
    const auto& table = number_area_table();
    CHECK(table.size() > 700);
    std::size_t codes_of_several_zones = 0;
    for (std::size_t i = 0; i < table.size(); ++i) {
        CAPTURE(table[i].digits);
        const NumberArea area = number_area(table[i].digits);
        CHECK(area.digits == table[i].digits);
        CHECK_FALSE(area.zones.empty());
        for (const std::string& zone : area.zones) CHECK(zones->knows(zone));
        if (i > 0) CHECK(table[i - 1].digits < table[i].digits);
        if (area.digits.starts_with("1") && area.zones.size() > 1) ++codes_of_several_zones;
    }
    CHECK(codes_of_several_zones >= 30);
}

TEST_CASE("the version of the data is told") {
    CHECK_THAT(std::string{number_areas_version()}, Catch::Contains("libphonenumber"));
}

}  // namespace outdial::zone
