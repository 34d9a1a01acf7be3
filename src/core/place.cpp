#include "core/place.hpp"

#include <algorithm>

namespace outdial {

namespace {

// "US" and "US-FL" overlap, "US-FL" and "US-TX" do not.
bool overlap(std::string_view a, std::string_view b) { return covers(a, b) || covers(b, a); }

}  // namespace

bool covers(std::string_view region, std::string_view part) {
    return part.starts_with(region) && (part.size() == region.size() || part[region.size()] == '-');
}

bool concerns(std::span<const std::string> rule_regions, const Place& place) {
    if (rule_regions.empty() || place.regions.empty()) return true;
    return std::ranges::any_of(rule_regions, [&](const std::string& rule_region) {
        return std::ranges::any_of(place.regions,
                                   [&](const std::string& region) { return overlap(rule_region, region); });
    });
}

}  // namespace outdial
