// What the law of some regions, or an industry's code, asks of those who call there: a file of config/compliance.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/calling_hours.hpp"
#include "core/contact_limits.hpp"

namespace outdial {

/// When calls are permitted. The days that `on_holidays` is for are told by the pack's lists of holidays.
struct PackHours {
    CallingHours hours;  // without dates
    bool knows_holidays = false;
};
/// Days of the rule's regions, in order.
struct PackHolidays {
    std::vector<LocalDate> dates;
};
/// A copy of the regions' register of those who do not want to be called, no older than that.
struct PackCopyAge {
    Milliseconds max_age{};
};
/// How long it rings at least before an unanswered call is hung up.
struct PackRingFloor {
    Milliseconds least{};
};
/// Of the live answers counted, so many may find nobody to talk to.
struct AbandonmentRule {
    enum class Period : std::uint8_t { rolling_30_days, day, month };
    std::string name;                  // "us-tcpa-tsr/abandonment-fcc"
    std::vector<std::string> regions;  // concerns() says who is meant
    double cap = 0;                    // 0.03: three of a hundred
    Period period = Period::day;
    std::string per;              // campaign, account or number
    Milliseconds answer_limit{};  // from the answer until somebody talks
};
/// What no program can do for its user.
struct PackDuty {
    std::string text;  // "keep the records of calls for 5 years"
};

struct PackRule {
    std::string id;
    std::vector<std::string> regions;
    std::string source;  // of the law
    bool verified = false;
    std::optional<LocalDate> in_force_from;
    std::optional<LocalDate> in_force_through;  // that day included
    std::variant<PackHours, PackHolidays, PackCopyAge, ContactLimit, PackRingFloor, AbandonmentRule, PackDuty> says;
};

struct RulePack {
    std::string name;     // "us-states", which is also its file's
    std::string version;  // the day of its making: "2026-11-24"
    std::string title;
    std::vector<std::string> regions;
    std::vector<PackRule> rules;
};

/// Hours, holidays, the age of copies and how long it rings are not for a campaign to switch off.
[[nodiscard]] bool may_be_overridden(const PackRule& rule);

}  // namespace outdial
