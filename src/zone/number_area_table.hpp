// For number_areas.cpp alone; the table itself is written at build time by generate_number_areas.py.
#pragma once

#include <string_view>
#include <vector>

namespace outdial::zone {

struct NumberAreaRow {
    std::string_view digits;  // a number's first, country code included
    std::string_view zones;   // names with a space between, in order
    std::string_view states;
};

/// By digits, in order.
[[nodiscard]] const std::vector<NumberAreaRow>& number_area_table();
extern const std::string_view number_area_version;

}  // namespace outdial::zone
