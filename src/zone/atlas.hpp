// The real world: numbers, call lists' columns and the system's time zone data.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "core/geography.hpp"
#include "zone/time_zones.hpp"

namespace outdial::zone {

class Atlas : public Geography {
public:
    /// Fails where the system has no time zone data.
    [[nodiscard]] static Result<Atlas> load();

    /// All that is left open: every zone and region of the number's first digits, and those of the attributes
    /// time_zone (an IANA name), state (in the USA and Canada two letters or the name, anywhere "DE-BY"), postal_code
    /// (USA and Canada) and country (two letters). Fails where time_zone is none.
    [[nodiscard]] Result<Place> place_of(const PhoneNumber& number, const Attributes& attributes) const override;
    [[nodiscard]] Result<OpenIntervals> open_in(std::string_view zone, const CallingHours& hours, UtcTime from,
                                                UtcTime to) const override {
        return time_zones_.open_in(zone, hours, from, to);
    }
    [[nodiscard]] Result<UtcTime> instant_of(std::string_view zone, Milliseconds on_the_clock) const override {
        return time_zones_.instant_of(zone, on_the_clock);
    }
    [[nodiscard]] std::string_view version() const override { return version_; }

private:
    explicit Atlas(TimeZones time_zones);

    TimeZones time_zones_;
    std::string version_;
};

}  // namespace outdial::zone
