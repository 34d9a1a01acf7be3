// States and provinces as call lists write them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace outdial::zone {

struct Region {
    std::string_view code;           // "US-FL"
    std::vector<std::string> zones;  // that are kept somewhere in it
};

/// Of the USA and Canada every one.
[[nodiscard]] bool knows_states_of(std::string_view country);

/// `written` as two letters or as a name, in any case: "fl", "Florida". Nothing: no such state of that country.
[[nodiscard]] std::vector<Region> regions_named(std::string_view country, std::string_view written);

/// By a postal code, "32501-1234" or "K1A 0B1"; two where one letter is for both. Nothing: unknown.
[[nodiscard]] std::vector<Region> regions_of_postal_code(std::string_view country, std::string_view code);

/// Words with one space between.
[[nodiscard]] std::vector<std::string> words(std::string_view text);

}  // namespace outdial::zone
