#include "core/rate_limit.hpp"

#include <algorithm>
#include <cmath>

#include "base/check.hpp"

namespace outdial {

namespace {

constexpr Microseconds window = std::chrono::seconds{1} + RateLimit::guard;
constexpr SteadyTime never = SteadyTime::min();

std::size_t permits_per_window(double per_second) { return static_cast<std::size_t>(std::ceil(per_second)); }

Microseconds gap_of(double per_second) {
    return Microseconds{static_cast<std::int64_t>(static_cast<double>(window.count()) / per_second)};
}

}  // namespace

RateLimit::RateLimit(double per_second) : per_second_(per_second), gap_(gap_of(per_second)) {
    OUTDIAL_CHECK(per_second > 0);
    taken_.assign(permits_per_window(per_second), never);
}

SteadyTime RateLimit::earliest(SteadyTime now, std::size_t waiting) const {
    const SteadyTime oldest = taken_[oldest_];
    const SteadyTime window_passes = oldest == never ? never : oldest + window;
    return std::max({now, next_, window_passes}) + gap_ * static_cast<std::int64_t>(waiting);
}

void RateLimit::take(SteadyTime now) {
    OUTDIAL_CHECK(permits(now));
    next_ = std::max(next_, now - catch_up) + gap_;
    if (taken_[oldest_] == never)
        next_ = std::max(next_, now + gap_);  // nothing to catch up with before the first second is full
    taken_[oldest_] = now;
    oldest_ = (oldest_ + 1) % taken_.size();
}

void RateLimit::change(double per_second) {
    OUTDIAL_CHECK(per_second > 0);
    if (per_second == per_second_) return;
    std::rotate(taken_.begin(), taken_.begin() + static_cast<std::ptrdiff_t>(oldest_), taken_.end());  // newest last
    std::vector<SteadyTime> kept(permits_per_window(per_second), never);
    const std::size_t count = std::min(kept.size(), taken_.size());
    std::copy_n(taken_.rbegin(), count, kept.rbegin());
    taken_ = std::move(kept);
    oldest_ = 0;
    per_second_ = per_second;
    gap_ = gap_of(per_second);
    if (taken_.back() != never) next_ = std::max(next_, taken_.back() + gap_);
}

}  // namespace outdial
