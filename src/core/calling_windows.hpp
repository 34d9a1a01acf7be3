// When a campaign may call a place: its rules, by the clocks of all zones of the place.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "base/result.hpp"
#include "core/calling_rules.hpp"
#include "core/geography.hpp"

namespace outdial {

/// From the Originate until it rings: what a server may need, so that the whole ring lies within the hours.
inline constexpr Milliseconds call_setup_time = std::chrono::seconds{2};
/// Beyond that nobody looks for the next opening.
inline constexpr std::chrono::days farthest_opening{400};

/// When calls to a place may leave.
struct CallingWindow {
    enum class Kind : std::uint8_t {
        always,        // no rule concerns the place
        hours,         // from opens_at to before calls_until
        unknown_zone,  // nobody knows what time it is there
        never          // not before farthest_opening
    };
    Kind kind = Kind::never;
    UtcTime opens_at{};
    UtcTime calls_until{};  // from then on a call would still ring at the closing
    UtcTime closes_at{};
    bool operator==(const CallingWindow&) const = default;

    [[nodiscard]] bool is_open(UtcTime at) const {
        return kind == Kind::always || (kind == Kind::hours && opens_at <= at && at < calls_until);
    }
    /// Whether it says something of that instant still: an opening that is past says nothing of the next one.
    [[nodiscard]] bool holds(UtcTime at) const { return kind != Kind::hours || at < calls_until; }
    /// Calls may leave before then; UtcTime::max() where no hours end.
    [[nodiscard]] UtcTime send_before() const { return kind == Kind::always ? UtcTime::max() : calls_until; }
};

/// The windows of one campaign's rules. Remembers the hours of each rule and zone for some days, since many places
/// share them.
class CallingWindows {
public:
    /// `geography` must outlive it.
    CallingWindows(SharedCallingRules rules, Milliseconds ring_timeout, const Geography& geography)
        : rules_(std::move(rules)), ring_timeout_(ring_timeout), geography_(geography) {}

    /// The one that is open at that time, else the next. Fails where the system's data tell nothing of a zone.
    [[nodiscard]] Result<CallingWindow> at(const Place& place, UtcTime at);

    [[nodiscard]] bool are_of(const SharedCallingRules& rules, Milliseconds ring_timeout) const {
        return ring_timeout == ring_timeout_ && same_rules(rules, rules_);
    }

private:
    /// Of all rules that concern the place, within [from, to).
    [[nodiscard]] Result<OpenIntervals> open(const Place& place, UtcTime from, UtcTime to);
    [[nodiscard]] std::optional<CallingWindow> first_in(const OpenIntervals& open, UtcTime at) const;

    struct Remembered {
        UtcTime from{};
        UtcTime to{};
        OpenIntervals open;
    };

    SharedCallingRules rules_;
    Milliseconds ring_timeout_;
    const Geography& geography_;
    std::map<std::pair<std::size_t, std::string>, Remembered> remembered_;  // by the rule's number and the zone
};

}  // namespace outdial
