// Where a called person may be: never the likeliest place, but all that their number and the call list leave open.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace outdial {

struct Place {
    std::vector<std::string> zones;    // IANA names, in order; none: unknown, so nobody's clock is known there
    std::vector<std::string> regions;  // ISO 3166: "DE", "US-FL"; in order; none: anywhere
    bool operator==(const Place&) const = default;
};

/// "US" covers "US" and "US-FL".
[[nodiscard]] bool covers(std::string_view region, std::string_view part);

/// Whether a rule for these regions must be kept to at the place. None: a rule for everybody. "US" is for all its
/// states; "US-FL" also for a place of which no more is known than that it is in the USA: who may be there counts as
/// there.
[[nodiscard]] bool concerns(std::span<const std::string> rule_regions, const Place& place);

}  // namespace outdial
