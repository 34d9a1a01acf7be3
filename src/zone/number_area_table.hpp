// For number_areas.cpp and regions.cpp alone; the tables themselves are written at build time by
// generate_number_areas.py.
#pragma once

#include <string_view>
#include <vector>

namespace outdial::zone {

struct NumberAreaRow {
    std::string_view digits;   // a number's first, country code included
    std::string_view zones;    // names with a space between, in order
    std::string_view regions;  // likewise: countries, of the USA and Canada the states
};

/// By digits, in order.
[[nodiscard]] const std::vector<NumberAreaRow>& number_area_table();

/// Of the USA and Canada: regions.csv.
struct RegionRow {
    std::string_view region;        // "US-FL"
    std::string_view name;          // "Florida"
    std::string_view postal_codes;  // what they begin with: "005 063 100 101", "T"
    std::string_view zones;
};
[[nodiscard]] const std::vector<RegionRow>& region_table();

extern const std::string_view number_area_version;

}  // namespace outdial::zone
