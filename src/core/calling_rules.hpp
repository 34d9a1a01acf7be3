// When a campaign may call, wherever its contacts are: its own hours and those of the rule packs that it keeps to.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/calling_hours.hpp"
#include "core/place.hpp"

namespace outdial {

struct HoursRule {
    std::string name;                  // "calling_hours", "us-states/texas-hours"
    std::vector<std::string> regions;  // concerns() says who is meant
    CallingHours hours;
    bool operator==(const HoursRule&) const = default;
};

/// A call is permitted when every rule that concerns the place permits it, in every zone of the place.
struct CallingRules {
    std::vector<HoursRule> hours;
    std::string zone_of_unknown;  // the clock of those whose place has no zone; empty: they are not called
    bool operator==(const CallingRules&) const = default;
};

/// Shared by whoever still works by them while a reload brings new ones. Nothing: calls are permitted at all hours.
using SharedCallingRules = std::shared_ptr<const CallingRules>;

[[nodiscard]] inline bool same_rules(const SharedCallingRules& a, const SharedCallingRules& b) {
    return a == b || (a && b && *a == *b);
}

}  // namespace outdial
