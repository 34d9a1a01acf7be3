// Where a number may be at home. Never the likeliest place: every place that its first digits leave open.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace outdial::zone {

struct NumberArea {
    std::string_view digits;         // that decided it: "1850"; empty: nothing is known of the number
    std::vector<std::string> zones;  // IANA names, in order; none: its place is unknown, so it must not be called by it
    std::vector<std::string> regions;  // ISO 3166: "DE"; of the USA and Canada the states, "US-FL"; in order
};

/// `digits` without a plus sign: 18505550123.
[[nodiscard]] NumberArea number_area(std::string_view digits);

/// Of the data behind it: "libphonenumber 8.12.57, zone.tab 2026f".
[[nodiscard]] std::string_view number_areas_version();

}  // namespace outdial::zone
