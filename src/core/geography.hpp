#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "core/calling_rules.hpp"
#include "core/contact.hpp"

namespace outdial {

/// What is known of the world: where numbers and people are, and when their clocks say that they may be called. The
/// zone room knows the real one; used by one thread at a time.
class Geography {
public:
    virtual ~Geography() = default;

    /// By the number, and by what the call list says of the person: attributes named time_zone, state, postal_code and
    /// country. Fails where one of them names nothing that there is: the contact is to be refused.
    [[nodiscard]] virtual Result<Place> place_of(const PhoneNumber& number, const Attributes& attributes) const = 0;

    /// When within [from, to) the rules permit calls to somebody there. The place has a zone, or else the rules have
    /// one for those without.
    [[nodiscard]] virtual Result<OpenIntervals> open(const CallingRules& rules, const Place& place, UtcTime from,
                                                     UtcTime to) const = 0;

    /// Of the data behind it, for the record: "tzdata 2026f, libphonenumber 8.12.57".
    [[nodiscard]] virtual std::string_view version() const = 0;
};

}  // namespace outdial
