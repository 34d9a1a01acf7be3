#pragma once

#include <cstdint>
#include <string>

namespace outdial::proof {

/// A wrong disk or setting, to see that the proof notices.
enum class Plant : std::uint8_t {
    nothing,
    lying_sync,          // the disk confirms syncs and does not carry them out
    synchronous_normal,  // commits do not wait for the disk
};

struct PowerLosses {
    std::uint64_t images = 0;  // examined
    std::uint64_t wrong = 0;
    std::uint64_t lost_claims = 0;
    std::uint64_t lost_settlements = 0;
    std::uint64_t first_wrong_seed = 0;
    std::string first_problem;
};

/// A store at work, whose disk loses power at random changes; what is left is opened and examined, and from some of
/// these images the work goes on. Two starts of one machine, a hundred images or so. Adds to `losses`.
void lose_power(std::uint64_t seed, Plant plant, PowerLosses& losses);

}  // namespace outdial::proof
