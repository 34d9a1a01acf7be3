// The rules of its rule packs that a campaign keeps to, beside its own. A call needs the permission of all of them:
// hours are intersected, every limit holds, the longest ring and the youngest copy count.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/calling_rules.hpp"
#include "core/rule_pack.hpp"

namespace outdial {

/// One rule that is switched off for a campaign, and who answers for it.
struct RuleOverride {
    std::string rule;  // "us-states/ca-records"
    std::string reason;
    std::string by;
    bool operator==(const RuleOverride&) const = default;
};

struct PackInUse {
    std::string name;
    std::string version;
    std::size_t rules = 0;
    std::size_t not_verified = 0;                 // of them
    std::optional<LocalDate> holidays_through{};  // the end of the last year whose holidays it lists
};

struct Duty {
    std::string rule;  // "us-tcpa-tsr/records"
    std::string text;
    std::string source;
    bool verified = false;
};

/// What is to be known of a campaign's packs apart from what they forbid.
struct Compliance {
    std::vector<PackInUse> packs;
    std::vector<RuleOverride> overrides;
    std::vector<AbandonmentRule> abandonment;
    std::vector<Duty> duties;
};

/// The age that a rule permits a copy of a register, and how long one wants it to ring.
struct NamedDuration {
    std::string rule;
    Milliseconds value{};
};

struct RulesInForce {
    Compliance compliance;
    std::vector<HoursRule> hours;
    std::vector<ContactLimit> limits;
    std::vector<NamedDuration> copy_ages;
    std::vector<NamedDuration> ring_floors;
};

[[nodiscard]] RulesInForce rules_in_force(std::span<const RulePack* const> packs, std::vector<RuleOverride> overrides);

/// Short before a pack's holidays end, and after: from then on it would permit calls on holidays.
inline constexpr std::chrono::days holidays_warning_before{60};
[[nodiscard]] std::string holidays_warning(const PackInUse& pack, UtcTime now);  // empty: nothing to say

}  // namespace outdial
