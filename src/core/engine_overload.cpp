// What is left undone when the process is short of memory, of the loop's time or of the disk's: see overload.hpp.
#include <fmt/format.h>

#include "core/engine_state.hpp"

namespace outdial {

namespace {

// Opening sessions anew costs a list of channels each, so not again and again while that does not help.
constexpr Microseconds shed_interval = std::chrono::seconds{60};

}  // namespace

void Engine::take(const Now& now, const LoadMeasured& input) {
    if (overload_.take(now.steady, input.load)) {
        slow_down(overload_.is_at_least(Overload::slowed));
        const std::string text = overload();
        emit(Alert{.about = "overload", .text = text.empty() ? "over: calls are started as configured" : text});
        // What was held back goes to the store now.
        if (!overload_.is_at_least(Overload::outcomes_only) && !changed_.empty()) flush_at_ = now.steady;
    }
    if (overload_.is_at_least(Overload::shedding) && !overload_.is_falling()) shed(now);
}

void Engine::slow_down(bool slowed) {
    all_->slow_down(slowed);
    for (auto& [name, server] : servers_) server->capacity.slow_down(slowed);
    for (auto& [name, trunk] : trunks_) trunk->capacity.slow_down(slowed);
    for (auto& [id, campaign] : campaigns_) campaign->capacity.slow_down(slowed);
}

void Engine::shed(const Now& now) {
    if (now.steady < shed_again_at_) return;
    shed_again_at_ = now.steady + shed_interval;
    for (const auto& [name, server] : servers_) {
        if (server->state != ServerRun::State::down) emit(ReconnectServer{.server = name});
    }
}

std::string Engine::overload() const {
    if (overload_.step() == Overload::none) return {};
    return fmt::format("short of {}: {}", overload_.load().of, to_text(overload_.step()));
}

}  // namespace outdial
