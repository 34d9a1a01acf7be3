#pragma once

#include "base/random.hpp"
#include "base/time.hpp"

namespace outdial::ami {

/// How long to leave a server alone after a failure: doubling from `shortest` to `longest`, each wait drawn from the
/// upper half of its step, so that many sessions do not come back in one moment.
class Backoff {
public:
    static constexpr Milliseconds shortest{500};

    explicit Backoff(Milliseconds longest) : longest_(longest) {}

    [[nodiscard]] Milliseconds next(Random& random) {
        step_ = step_ < longest_ / 2 ? step_ * 2 : longest_;
        const auto half = step_ / 2;
        return half + Milliseconds{random.below(static_cast<std::uint64_t>(half.count()) + 1)};
    }
    void reset() { step_ = shortest; }

private:
    Milliseconds longest_;
    Milliseconds step_ = shortest;
};

}  // namespace outdial::ami
