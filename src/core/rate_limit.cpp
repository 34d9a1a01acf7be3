#include "core/rate_limit.hpp"

#include <algorithm>
#include <cmath>

#include "base/check.hpp"

namespace outdial {

namespace {

constexpr Microseconds window = std::chrono::seconds{1} + RateLimit::guard;

std::size_t permits_per_window(double per_second) { return static_cast<std::size_t>(std::ceil(per_second)); }

Microseconds gap_of(double per_second) {
    return Microseconds{static_cast<std::int64_t>(static_cast<double>(window.count()) / per_second)};
}

}  // namespace

RateLimit::RateLimit(double per_second)
    : per_second_(per_second), permits_(permits_per_window(per_second)), gap_(gap_of(per_second)) {
    OUTDIAL_CHECK(per_second > 0);
}

SteadyTime RateLimit::earliest(SteadyTime now, std::size_t waiting) const {
    const SteadyTime window_passes =
        taken_.size() < permits_ ? SteadyTime::min() : taken_[taken_.size() - permits_] + window;
    return std::max({now, next_, window_passes}) + gap_ * static_cast<std::int64_t>(waiting);
}

void RateLimit::take(SteadyTime now) {
    OUTDIAL_CHECK(permits(now));
    // There is something to catch up with only while permits are being used, not after a second without any.
    const bool busy = !taken_.empty() && taken_.back() + window > now;
    next_ = (busy ? std::max(next_, now - catch_up) : now) + gap_;
    taken_.push_back(now);
    while (taken_.size() > permits_ && taken_.front() + window <= now) taken_.pop_front();
}

void RateLimit::assume_used(SteadyTime at) {
    taken_.assign(permits_, at);
    next_ = at + gap_;
}

void RateLimit::change(double per_second) {
    OUTDIAL_CHECK(per_second > 0);
    if (per_second == per_second_) return;
    per_second_ = per_second;
    permits_ = permits_per_window(per_second);
    gap_ = gap_of(per_second);
    if (!taken_.empty()) next_ = taken_.back() + gap_;
}

}  // namespace outdial
