// From hours on the wall to instants, by the system's time zone data (Debian's tzdata).
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "core/calling_hours.hpp"

namespace outdial::zone {

/// The files that Debian installs hold the clock changes up to then; what comes after it is not known.
inline constexpr int last_known_year = 2037;

/// Safe to use from several threads.
class TimeZones {
public:
    /// Fails where the system has no time zone data: then nobody's hours are known, and nobody may be called.
    [[nodiscard]] static Result<TimeZones> load();

    /// Of the data, "2026f"; "unknown" where the files do not tell.
    [[nodiscard]] const std::string& version() const { return version_; }

    /// Whether it is a zone's name: "Europe/Berlin". This machine's own "localtime" is none.
    [[nodiscard]] bool knows(std::string_view zone) const;

    /// When within [from, to) the rule permits calls to somebody whose clock is that of `zone`. Exact at clock changes:
    /// an hour that is skipped is never open, one that comes twice is open both times.
    [[nodiscard]] Result<OpenIntervals> open_in(std::string_view zone, const CallingHours& rule, UtcTime from,
                                                UtcTime to) const;

    /// When the zone's clocks show that time, as Geography::instant_of() says.
    [[nodiscard]] Result<UtcTime> instant_of(std::string_view zone, Milliseconds on_the_clock) const;

private:
    explicit TimeZones(std::string version) : version_(std::move(version)) {}
    [[nodiscard]] Error unknown(std::string_view zone) const;
    [[nodiscard]] Error too_late() const;

    std::string version_;
};

}  // namespace outdial::zone
