#pragma once

#include <algorithm>
#include "core/rate_limit.hpp"
#include "core/site.hpp"

namespace outdial {

/// How far a slot has come. A slot occupies a channel of its campaign, trunk, server and of the whole from its
/// reservation until its call's end.
enum class SlotStage : std::uint8_t { reserved, in_hand, sent, released };

/// One level's cap and what is used of it. Only Engine::move changes the counts, for all levels at once.
class Capacity {
public:
    explicit Capacity(Cap cap) : limit_(cap.originates_per_second), cap_(cap) {}

    /// Whether one more slot may be set aside whose call could leave within `lead`.
    [[nodiscard]] bool may_reserve(SteadyTime now, Microseconds lead) const { return may_reserve_at(now, lead) <= now; }
    /// From when on may_reserve() is true with so much lead, if nothing else happens; SteadyTime::max() while every
    /// channel is taken.
    [[nodiscard]] SteadyTime may_reserve_at(SteadyTime now, Microseconds lead) const {
        if (occupied() >= cap_.channels) return SteadyTime::max();
        return limit_.earliest(now, static_cast<std::size_t>(waiting())) - lead;
    }
    [[nodiscard]] bool may_send(SteadyTime now) const { return may_send_at(now) == now; }
    /// SteadyTime::max() while every channel is in a call, which only a lowered cap can bring about.
    [[nodiscard]] SteadyTime may_send_at(SteadyTime now) const {
        return sent_ < cap_.channels ? limit_.earliest(now) : SteadyTime::max();
    }

    void move(SlotStage from, SlotStage to);
    void take(SteadyTime now) { limit_.take(now); }
    void assume_used(SteadyTime at) { limit_.assume_used(at); }
    void change(Cap cap) {
        cap_ = cap;
        apply_rate();
    }
    /// Half of the rate, while the daemon is short of something (overload.hpp).
    void slow_down(bool slowed) {
        slowed_ = slowed;
        apply_rate();
    }

    [[nodiscard]] int occupied() const { return reserved_ + in_hand_ + sent_; }
    /// Slots whose call has not left yet.
    [[nodiscard]] int waiting() const { return reserved_ + in_hand_; }
    [[nodiscard]] int sent() const { return sent_; }
    /// As configured.
    [[nodiscard]] int channels() const { return cap_.channels; }
    /// Channels that are not in use; none when a new cap is below what is up.
    [[nodiscard]] int free() const { return std::max(0, cap_.channels - occupied()); }
    [[nodiscard]] double originates_per_second() const { return cap_.originates_per_second; }

private:
    int* count_of(SlotStage stage);
    void apply_rate() { limit_.change(slowed_ ? cap_.originates_per_second / 2 : cap_.originates_per_second); }

    RateLimit limit_;
    Cap cap_;
    bool slowed_ = false;
    int reserved_ = 0;
    int in_hand_ = 0;
    int sent_ = 0;
};

}  // namespace outdial
