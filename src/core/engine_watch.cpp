// What is not to be trusted, though it answers: a wall clock that jumps, and a server that accepts calls and tells
// nothing of them.
#include <fmt/core.h>

#include <algorithm>

#include "core/engine_state.hpp"

namespace outdial {

namespace {

using std::chrono::seconds;

// NTP slews both clocks alike; a difference of more than this was a step.
constexpr Microseconds largest_drift = seconds{2};
// After a step the wall clock must run on evenly for so long before calls are started by it.
constexpr Microseconds settling_time = seconds{60};
constexpr Microseconds look_again_after = seconds{1};  // at a clock that was never right yet
constexpr auto days_told_from = std::chrono::hours{48};

// Short, for seven digits are a telephone number to the log.
std::string size_of(Microseconds step) {
    const auto size = std::chrono::abs(std::chrono::duration_cast<seconds>(step));
    if (size < days_told_from) return fmt::format("{} s", size.count());
    return fmt::format("{} days", size / std::chrono::hours{24});
}

constexpr Microseconds first_silence = seconds{30};
constexpr Microseconds longest_silence = seconds{300};
constexpr int most_doublings = 4;

// Its response may come after its events, on another session.
bool is_heard_of(const CallFacts& facts) {
    return facts.created_at || facts.ringing_at || facts.answered_at || facts.ended_at || facts.originate_failed_at;
}

}  // namespace

void Engine::watch_clock(const Now& now) {
    const Microseconds offset = now.utc.time_since_epoch() - now.steady.time_since_epoch();
    const Microseconds step = offset - clock_offset_.value_or(offset);
    clock_offset_ = offset;
    if (step > largest_drift || step < -largest_drift) {
        clock_step_ = step;
        clock_settled_at_ = now.steady + settling_time;
        emit(Alert{.about = "clock", .text = clock_problem(now)});
    }
    const bool is_early = now.utc < not_earlier_than_;
    if (is_early && !clock_is_early_) {
        emit(Alert{.about = "clock",
                   .text = "the system clock is earlier than the last attempt in the database or than this program: "
                           "no calls are started before it is put right (timedatectl). If it is right, and an earlier "
                           "one was wrong: outdial serve --trust-clock"});
    }
    clock_is_early_ = is_early;
}

SteadyTime Engine::trusts_clock_at(const Now& now) const {
    return clock_is_early_ ? now.steady + look_again_after : clock_settled_at_;
}

std::string Engine::clock_problem(const Now& now) const {
    if (now.utc < not_earlier_than_) {
        return "the system clock is earlier than the last attempt or than this program; put it right (timedatectl)";
    }
    if (now.steady < clock_settled_at_) {
        return fmt::format("the system clock was set {} by {}; calls are started again when it has run on for {} s",
                           clock_step_ > Microseconds{0} ? "forward" : "back", size_of(clock_step_),
                           std::chrono::duration_cast<seconds>(settling_time).count());
    }
    return {};
}

// A server whose channels are locked up still answers pings and accepts Originates, and one whose user may not read
// events of calls does so for ever: nobody would know who is being rung.
void Engine::listen_to(const Now& now, const LiveAttempt& attempt, ChannelEvent::Kind kind) {
    ServerRun& server = *attempt.server;
    using Kind = ChannelEvent::Kind;
    switch (kind) {
        case Kind::accepted:
            // The link may be lost meanwhile; then nothing is to be heard.
            if (server.state != ServerRun::State::down && !is_heard_of(attempt.claim.facts)) {
                server.unheard_since = std::min(server.unheard_since, now.steady);
            }
            return;
        case Kind::refused:
        case Kind::unanswered:
        case Kind::not_sent: return;
        case Kind::created:
        case Kind::ringing:
        case Kind::answered:
        case Kind::connected:
        case Kind::dial_ended:
        case Kind::end_requested:
        case Kind::originate_failed:
        case Kind::hung_up:
        case Kind::result:
            if (server.silences > 0) {
                emit(Alert{.about = server.name, .text = "tells of its calls again; it is dialed through again"});
            }
            server.forget_silence();
            return;
    }
}

void Engine::watch_servers(const Now& now) {
    for (auto& [name, server] : servers_) {
        if (server->silent && now.steady >= server->silent_until) server->silent = false;
        if (server->unheard_since == SteadyTime::max() || now.steady < server->unheard_since + silence_limit) continue;
        server->unheard_since = SteadyTime::max();
        server->silent = true;
        const int doublings = std::min(server->silences++, most_doublings);
        server->silent_until = now.steady + std::min(longest_silence, first_silence * (1 << doublings));
        server->list_due = std::min(server->list_due, now.steady);
        if (server->silences > 1) continue;
        emit(
            Alert{.about = name,
                  .text = fmt::format(
                      "accepts calls, but has sent no event of them for {} s; no more are sent. Does its AMI user have "
                      "the class call in read (manager.conf)? Or are its channels locked up (core show channels)?",
                      std::chrono::duration_cast<seconds>(silence_limit).count())});
    }
}

}  // namespace outdial
