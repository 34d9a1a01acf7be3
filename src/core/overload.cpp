#include "core/overload.hpp"

#include <algorithm>

namespace outdial {

namespace {

// A half, three quarters and nine tenths leave each step room to take effect before the next.
Overload step_for(double share) {
    if (share >= 1.0) return Overload::shedding;
    if (share >= 0.9) return Overload::outcomes_only;
    if (share >= 0.75) return Overload::no_claims;
    if (share >= 0.5) return Overload::slowed;
    return Overload::none;
}

}  // namespace

const char* to_text(Overload step) {
    switch (step) {
        case Overload::none: return "calls are started as configured";
        case Overload::slowed: return "calls are started at half their rates";
        case Overload::no_claims: return "no more calls are started";
        case Overload::outcomes_only: return "no calls are started, and only their outcomes are stored";
        case Overload::shedding:
            return "no calls are started, and the sessions with Asterisk are opened anew; calls go on there";
    }
    return "";
}

bool OverloadLadder::take(SteadyTime now, const Load& load) {
    const Overload measured = step_for(load.share);
    if (measured >= step_) {
        lower_since_ = SteadyTime::max();
        const bool is_higher = measured > step_;
        step_ = measured;
        load_ = load;
        return is_higher;
    }
    const bool is_first = lower_since_ == SteadyTime::max();
    if (is_first) lower_since_ = now;
    if (is_first || measured >= highest_since_) {
        highest_since_ = measured;
        highest_load_since_ = load;
    }
    if (now < lower_since_ + relief) return false;
    step_ = highest_since_;
    load_ = highest_load_since_;
    lower_since_ = SteadyTime::max();
    return true;
}

}  // namespace outdial
