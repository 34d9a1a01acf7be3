#include "zone/number_areas.hpp"

#include <algorithm>

#include "zone/number_area_table.hpp"

namespace outdial::zone {

namespace {

constexpr std::size_t longest_area = 7;

std::vector<std::string> words(std::string_view text) {
    std::vector<std::string> found;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(' '), text.size());
        found.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return found;
}

}  // namespace

NumberArea number_area(std::string_view digits) {
    const auto& table = number_area_table();
    for (std::size_t length = std::min(longest_area, digits.size()); length > 0; --length) {
        const std::string_view prefix = digits.substr(0, length);
        const auto row = std::ranges::lower_bound(table, prefix, {}, &NumberAreaRow::digits);
        if (row != table.end() && row->digits == prefix) return {row->digits, words(row->zones), words(row->states)};
    }
    return {};
}

std::string_view number_areas_version() { return number_area_version; }

}  // namespace outdial::zone
