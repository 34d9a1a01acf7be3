#pragma once

#include <string>
#include <string_view>

#include "base/random.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace outdial::sim {

/// How long something takes, drawn anew each time: always the same, anything between two bounds, or lognormal as
/// ringing and talking times of real calls are (most near the median, a few much longer).
class Spread {
public:
    static constexpr double default_sigma = 0.5;
    static constexpr Milliseconds longest{std::chrono::hours{4}};  // no draw is longer

    [[nodiscard]] static Spread fixed(Milliseconds value) { return {Kind::uniform, value, value, 0.0}; }
    /// low <= high.
    [[nodiscard]] static Spread uniform(Milliseconds low, Milliseconds high) { return {Kind::uniform, low, high, 0.0}; }
    [[nodiscard]] static Spread lognormal(Milliseconds median, double sigma = default_sigma) {
        return {Kind::lognormal, median, median, sigma};
    }
    /// `8s`, `500ms..2s` (anything between), `~8s` (lognormal with that median), `~8s*0.8` (with that sigma).
    [[nodiscard]] static Result<Spread> parse(std::string_view text);

    [[nodiscard]] Microseconds draw(Random& random) const;
    /// As parse reads it.
    [[nodiscard]] std::string text() const;

private:
    enum class Kind { uniform, lognormal };
    Spread(Kind kind, Milliseconds low, Milliseconds high, double sigma)
        : kind_(kind), low_(low), high_(high), sigma_(sigma) {}

    Kind kind_;
    Milliseconds low_;  // of lognormal: the median
    Milliseconds high_;
    double sigma_;
};

}  // namespace outdial::sim
