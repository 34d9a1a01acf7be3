#pragma once

#include <chrono>
#include <cstdint>

namespace outdial {

using Milliseconds = std::chrono::milliseconds;
using Microseconds = std::chrono::microseconds;

/// Clocks without now(): nothing below the daemon and the simulator reads a clock, and the two kinds of time cannot be
/// mixed.
struct UtcClock {
    using duration = Milliseconds;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<UtcClock, Milliseconds>;
    static constexpr bool is_steady = false;
};
struct SteadyClock {
    using duration = Microseconds;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<SteadyClock, Microseconds>;
    static constexpr bool is_steady = true;
};

/// Wall time: milliseconds since 1970-01-01 00:00 UTC. What is stored, compared with due times, and shown.
using UtcTime = UtcClock::time_point;
/// Time that only moves forward, from an arbitrary start: pacing, deadlines and every wait inside one process.
using SteadyTime = SteadyClock::time_point;

/// One reading of both clocks, taken once a turn by whoever drives the core.
struct Now {
    UtcTime utc;
    SteadyTime steady;
};

[[nodiscard]] constexpr std::int64_t to_unix_ms(UtcTime time) { return time.time_since_epoch().count(); }
[[nodiscard]] constexpr UtcTime from_unix_ms(std::int64_t ms) { return UtcTime{Milliseconds{ms}}; }

}  // namespace outdial
