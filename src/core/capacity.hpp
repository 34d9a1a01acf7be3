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
    explicit Capacity(Cap cap) : limit_(cap.originates_per_second), channels_(cap.channels) {}

    /// Whether one more slot may be set aside whose call could leave within `lead`.
    [[nodiscard]] bool may_reserve(SteadyTime now, Microseconds lead) const { return may_reserve_at(now, lead) <= now; }
    /// From when on may_reserve() is true with so much lead, if nothing else happens; SteadyTime::max() while every
    /// channel is taken.
    [[nodiscard]] SteadyTime may_reserve_at(SteadyTime now, Microseconds lead) const {
        if (occupied() >= channels_) return SteadyTime::max();
        return limit_.earliest(now, static_cast<std::size_t>(waiting())) - lead;
    }
    [[nodiscard]] bool may_send(SteadyTime now) const { return may_send_at(now) == now; }
    /// SteadyTime::max() while every channel is in a call, which only a lowered cap can bring about.
    [[nodiscard]] SteadyTime may_send_at(SteadyTime now) const {
        return sent_ < channels_ ? limit_.earliest(now) : SteadyTime::max();
    }

    void move(SlotStage from, SlotStage to);
    void take(SteadyTime now) { limit_.take(now); }
    void change(Cap cap) {
        limit_.change(cap.originates_per_second);
        channels_ = cap.channels;
    }

    [[nodiscard]] int occupied() const { return reserved_ + in_hand_ + sent_; }
    /// Slots whose call has not left yet.
    [[nodiscard]] int waiting() const { return reserved_ + in_hand_; }
    [[nodiscard]] int sent() const { return sent_; }
    [[nodiscard]] int channels() const { return channels_; }
    /// Channels that are not in use; none when a new cap is below what is up.
    [[nodiscard]] int free() const { return std::max(0, channels_ - occupied()); }
    [[nodiscard]] double originates_per_second() const { return limit_.per_second(); }

private:
    int* count_of(SlotStage stage);

    RateLimit limit_;
    int channels_;
    int reserved_ = 0;
    int in_hand_ = 0;
    int sent_ = 0;
};

}  // namespace outdial
