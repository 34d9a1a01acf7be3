#include "core/place.hpp"

#include <algorithm>
#include <string_view>

namespace outdial {

namespace {

// "US" and "US-FL" overlap, "US-FL" and "US-TX" do not.
bool overlap(std::string_view a, std::string_view b) {
    const auto holds = [](std::string_view whole, std::string_view part) {
        return part.starts_with(whole) && (part.size() == whole.size() || part[whole.size()] == '-');
    };
    return holds(a, b) || holds(b, a);
}

}  // namespace

bool concerns(std::span<const std::string> rule_regions, const Place& place) {
    if (rule_regions.empty() || place.regions.empty()) return true;
    return std::ranges::any_of(rule_regions, [&](const std::string& rule_region) {
        return std::ranges::any_of(place.regions,
                                   [&](const std::string& region) { return overlap(rule_region, region); });
    });
}

}  // namespace outdial
