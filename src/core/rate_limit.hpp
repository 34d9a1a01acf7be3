#pragma once

#include <cstddef>
#include <deque>

#include "base/time.hpp"

namespace outdial {

/// Permits at most `per_second` originates in any sliding second, evenly spaced, with no burst after a pause.
///
/// Two rules together: permits are one gap apart on average (a late one may be made up for by at most `catch_up`, so
/// that a busy loop loses no throughput; after a pause nothing is made up for), and the permit N places back (N =
/// permits a second, rounded up) must be more than a second old. `guard` widens that second: on its way to the carrier
/// a call is delayed by some milliseconds more or less than the one before, and the carrier's clock must not see N + 1
/// calls in a second either. It costs 1.5 % of the rate.
class RateLimit {
public:
    static constexpr Microseconds guard = std::chrono::milliseconds{15};
    static constexpr Microseconds catch_up = std::chrono::milliseconds{20};

    /// per_second > 0; fractions are meant: 0.1 is one every ten seconds.
    explicit RateLimit(double per_second);

    /// For planning: the earliest instant from `now` on at which one more originate may go when `waiting` others go
    /// first. take() decides.
    [[nodiscard]] SteadyTime earliest(SteadyTime now, std::size_t waiting = 0) const;
    [[nodiscard]] bool permits(SteadyTime now) const { return earliest(now) == now; }
    /// Counts one originate that leaves now; permits(now) must hold.
    void take(SteadyTime now);
    /// As if every permit of a second had been taken at that instant: by somebody of whom no more is known.
    void assume_used(SteadyTime at);
    /// A new rate remembers what was taken: neither raising it nor going down and up again allows a burst.
    void change(double per_second);
    [[nodiscard]] double per_second() const { return per_second_; }

private:
    double per_second_;
    std::size_t permits_;  // in a sliding second: per_second_, rounded up
    Microseconds gap_;
    SteadyTime next_{SteadyTime::min()};  // by the even spacing
    std::deque<SteadyTime> taken_;        // oldest first: the last permits_, and any others younger than a second
};

}  // namespace outdial
