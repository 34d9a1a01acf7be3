#include "zone/regions.hpp"

#include <algorithm>

#include "zone/number_area_table.hpp"

namespace outdial::zone {

namespace {

constexpr std::size_t zip_digits = 5;
constexpr std::size_t zip_prefix = 3;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool same_word(std::string_view a, std::string_view b) { return std::ranges::equal(a, b, {}, lower, lower); }

bool is_in(const RegionRow& row, std::string_view country) { return row.region.substr(0, 2) == country; }

Region region_of(const RegionRow& row) { return {row.region, words(row.zones)}; }

// What a region's row lists for such a code: ZIP 32501-1234 is "325", postal code k1a 0b1 is "K". Empty for no code.
std::string listed_prefix(std::string_view country, std::string_view code) {
    if (country == "US" && code.size() >= zip_digits && std::ranges::all_of(code.substr(0, zip_digits), is_digit)) {
        return std::string{code.substr(0, zip_prefix)};
    }
    if (country == "CA" && code.size() >= zip_prefix && is_digit(code[1])) {
        return std::string(1, static_cast<char>(lower(code[0]) - 'a' + 'A'));
    }
    return {};
}

}  // namespace

std::vector<std::string> words(std::string_view text) {
    std::vector<std::string> found;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(' '), text.size());
        found.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return found;
}

bool knows_states_of(std::string_view country) { return country == "US" || country == "CA"; }

std::vector<Region> regions_named(std::string_view country, std::string_view written) {
    for (const RegionRow& row : region_table()) {
        if (!is_in(row, country)) continue;
        if (same_word(row.region.substr(3), written) || same_word(row.name, written)) return {region_of(row)};
    }
    return {};
}

std::vector<Region> regions_of_postal_code(std::string_view country, std::string_view code) {
    const std::string prefix = listed_prefix(country, code);
    std::vector<Region> found;
    if (prefix.empty()) return found;
    for (const RegionRow& row : region_table()) {
        if (is_in(row, country) && std::ranges::count(words(row.postal_codes), prefix) > 0) {
            found.push_back(region_of(row));
        }
    }
    return found;
}

}  // namespace outdial::zone
