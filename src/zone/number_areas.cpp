#include "zone/number_areas.hpp"

#include <algorithm>

#include "zone/number_area_table.hpp"
#include "zone/regions.hpp"

namespace outdial::zone {

namespace {

constexpr std::size_t longest_area = 7;

}  // namespace

NumberArea number_area(std::string_view digits) {
    const auto& table = number_area_table();
    for (std::size_t length = std::min(longest_area, digits.size()); length > 0; --length) {
        const std::string_view prefix = digits.substr(0, length);
        const auto row = std::ranges::lower_bound(table, prefix, {}, &NumberAreaRow::digits);
        if (row != table.end() && row->digits == prefix) return {row->digits, words(row->zones), words(row->regions)};
    }
    return {};
}

std::string_view number_areas_version() { return number_area_version; }

}  // namespace outdial::zone
