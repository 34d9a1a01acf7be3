// What the daemon leaves undone when it is short of something, the least important first: events are read and outcomes
// are stored to the last.
#pragma once

#include <string>

#include "base/time.hpp"

namespace outdial {

/// Of the resource of which least is left.
struct Load {
    double share = 0;  // in use: 0.0 nothing, 1.0 all there is
    std::string of;    // "memory (480 of 512 MiB)"; for the operator
};

/// Each step includes those before it.
enum class Overload {
    none,
    slowed,         // calls are started at half of every configured rate
    no_claims,      // no contacts are claimed; those in hand still leave
    outcomes_only,  // nothing leaves, and of calls that are up only the outcome is stored
    shedding        // the sessions with the servers are closed, opened again, and what was missed is looked up
};

[[nodiscard]] const char* to_text(Overload step);

/// From loads to steps: up at once, one look is enough; down only when the load has been lower for a while.
class OverloadLadder {
public:
    static constexpr Microseconds relief = std::chrono::seconds{5};

    /// True when the step is another now.
    [[nodiscard]] bool take(SteadyTime now, const Load& load);
    [[nodiscard]] Overload step() const { return step_; }
    /// Which brought it there: it may be over already.
    [[nodiscard]] const Load& load() const { return load_; }
    [[nodiscard]] bool is_at_least(Overload step) const { return step_ >= step; }
    /// The last load was lower than the step stands for.
    [[nodiscard]] bool is_falling() const { return lower_since_ != SteadyTime::max(); }

private:
    Overload step_ = Overload::none;
    Load load_;
    Overload highest_since_ = Overload::none;  // since lower_since_
    Load highest_load_since_;
    SteadyTime lower_since_ = SteadyTime::max();
};

}  // namespace outdial
