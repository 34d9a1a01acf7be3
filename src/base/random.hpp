#pragma once

#include <cstdint>

namespace outdial {

/// A small seeded generator (xoshiro256**, Blackman and Vigna 2018): the same seed gives the same run on every machine,
/// which the distributions of <random> do not promise. Not for secrets.
class Random {
public:
    explicit Random(std::uint64_t seed);

    std::uint64_t next();
    /// Uniform in [0, bound); bound > 0.
    std::uint64_t below(std::uint64_t bound);
    /// Uniform in [0, 1).
    double unit();

private:
    std::uint64_t state_[4];
};

}  // namespace outdial
