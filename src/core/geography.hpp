#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "core/calling_hours.hpp"
#include "core/contact.hpp"
#include "core/place.hpp"

namespace outdial {

/// What is known of the world: where numbers and people are, and what their clocks say. The zone room knows the real
/// one. May be used by several threads.
class Geography {
public:
    virtual ~Geography() = default;

    /// By the number, and by what the call list says of the person: attributes named time_zone, state, postal_code and
    /// country. Fails where one of them names nothing that there is: the contact is to be refused.
    [[nodiscard]] virtual Result<Place> place_of(const PhoneNumber& number, const Attributes& attributes) const = 0;

    /// When within [from, to) the hours permit calls to somebody whose clock is that of the zone.
    [[nodiscard]] virtual Result<OpenIntervals> open_in(std::string_view zone, const CallingHours& hours, UtcTime from,
                                                        UtcTime to) const = 0;

    /// The instant at which the zone's clocks show that time, in milliseconds since 1970-01-01 00:00 by the same clock.
    /// Of one that they show twice the first; of one that they leave out the instant at which they leave it out.
    [[nodiscard]] virtual Result<UtcTime> instant_of(std::string_view zone, Milliseconds on_the_clock) const = 0;

    /// Of the data behind it, for the record: "tzdata 2026f, libphonenumber 8.12.57".
    [[nodiscard]] virtual std::string_view version() const = 0;
};

}  // namespace outdial
