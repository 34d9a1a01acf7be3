#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/random.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "sim/fate.hpp"
#include "sim/spread.hpp"

namespace outdial::sim {

/// Where an OriginateResponse falls among its channel's events. AMI promises no order; measured over 3,000 refused
/// calls of Asterisk 22.10:
enum class ResponseOrder {
    after_dial_end,     // 54 %
    before_dial_end,    // 24 %: also before the HangupRequest or the Newstate
    after_hangup,       // 19 %: of an answered call, some milliseconds after the answer's events
    before_dial_begin,  // 2 %, where the call is refused within milliseconds
};

/// What will become of one call, decided when its Originate arrives. Durations count from the INVITE.
struct CallPlan {
    Fate fate = Fate::answered;
    Microseconds setup{};                        // from the Originate to the channel and its INVITE
    std::optional<Microseconds> progress_after;  // 180, or 183 where the fate is early_media
    std::optional<Microseconds> final_after;     // 200 or the refusal; nothing: never
    std::optional<Microseconds> talk;            // until the called person hangs up; nothing: never
    std::string result;                          // the dialplan's UserEvent OutdialResult on the answer: `machine`,
                                                 // and behind commas more headers
    ResponseOrder order = ResponseOrder::after_dial_end;
    Microseconds late_response{};  // how much later the response comes in the order after_hangup
};

struct WorldOptions {
    enum class Mode {
        by_number,      // the last two digits decide: number_rules()
        by_probability  // `shares` decide
    };
    Mode mode = Mode::by_probability;
    /// Weights, not necessarily summing to 1; what a demo's day looks like.
    std::vector<std::pair<Fate, double>> shares = default_shares();
    Spread ring = Spread::lognormal(Milliseconds{8'000});
    Spread talk = Spread::lognormal(Milliseconds{40'000}, 0.8);
    Spread refusal_after = Spread::uniform(Milliseconds{20}, Milliseconds{300});  // how long a carrier takes to refuse
    /// All of the world's durations are divided by it: 10 makes a day's calls a demo's. In (0, 1000].
    double speed = 1.0;

    [[nodiscard]] static std::vector<std::pair<Fate, double>> default_shares();
};

/// What a number's last two digits mean in the mode by_number.
struct NumberRule {
    std::string_view digits;
    Fate fate;
    Milliseconds progress_after;  // where the fate has one
    Milliseconds final_low, final_high;
    Milliseconds talk_low, talk_high;  // 0: never hangs up
    std::string_view result;
};
/// All rules; other digits are `rejected`.
[[nodiscard]] const std::vector<NumberRule>& number_rules();

/// Decides the fate of each call. Deterministic: the same options, seed and order of calls give the same plans.
class World {
public:
    World(WorldOptions options, std::uint64_t seed) : options_(std::move(options)), random_(seed) {}

    [[nodiscard]] static Result<void> check(const WorldOptions& options);

    CallPlan plan(std::string_view number);
    [[nodiscard]] const WorldOptions& options() const { return options_; }
    /// For what the Asterisk side leaves to chance: one stream, one seed.
    [[nodiscard]] Random& random() { return random_; }

private:
    void plan_by_number(std::string_view number, CallPlan& plan);
    void plan_by_probability(CallPlan& plan);
    [[nodiscard]] Microseconds scaled(Microseconds duration) const;
    [[nodiscard]] ResponseOrder draw_order();

    WorldOptions options_;
    Random random_;
};

}  // namespace outdial::sim
