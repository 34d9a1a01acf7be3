#include "sim/world.hpp"

#include <fmt/format.h>

#include <cmath>

namespace outdial::sim {

namespace {

constexpr Milliseconds none{0};
constexpr Milliseconds seconds(int count) { return Milliseconds{count * 1'000}; }

// From the Originate's acceptance to the channel: two threads are started for each (measured: 0.3 to 2 ms).
constexpr std::uint64_t setup_max_us = 2'000;
constexpr std::uint64_t late_response_min_us = 500;
constexpr std::uint64_t late_response_max_us = 5'000;

}  // namespace

std::vector<std::pair<Fate, double>> WorldOptions::default_shares() {
    return {{Fate::answered, 0.40}, {Fate::no_answer, 0.27},   {Fate::busy, 0.10},      {Fate::early_media, 0.05},
            {Fate::declined, 0.04}, {Fate::unavailable, 0.04}, {Fate::not_found, 0.03}, {Fate::silence, 0.02},
            {Fate::rejected, 0.02}, {Fate::congestion, 0.01},  {Fate::gone, 0.01},      {Fate::bad_number, 0.01}};
}

const std::vector<NumberRule>& number_rules() {
    const auto quick = Milliseconds{20};
    const auto slow = Milliseconds{60};
    static const std::vector<NumberRule> rules = {
        {"00", Fate::answered_at_once, none, quick, slow, seconds(30), seconds(30), ""},
        {"01", Fate::answered, quick, seconds(1), seconds(1), seconds(1), seconds(1), ""},
        {"02", Fate::early_media, quick, seconds(1), seconds(1), seconds(8), seconds(8), ""},
        {"03", Fate::not_found, none, quick, slow, none, none, ""},
        {"05", Fate::answered_at_once, none, quick, slow, none, none, ""},  // talks until the caller hangs up
        {"06", Fate::answered, quick, seconds(1), seconds(3), seconds(2), seconds(6), ""},
        {"07", Fate::answered, quick, seconds(20), seconds(40), seconds(2), seconds(6), ""},
        {"17", Fate::busy, none, quick, slow, none, none, ""},
        {"18", Fate::no_response, none, quick, slow, none, none, ""},
        {"19", Fate::no_answer, quick, none, none, none, none, ""},
        {"20", Fate::unavailable, none, quick, slow, none, none, ""},
        {"21", Fate::rejected, none, quick, slow, none, none, ""},
        {"22", Fate::gone, none, quick, slow, none, none, ""},
        {"27", Fate::out_of_order, none, quick, slow, none, none, ""},
        {"28", Fate::bad_number, none, quick, slow, none, none, ""},
        {"34", Fate::congestion, none, quick, slow, none, none, ""},
        {"38", Fate::network_failure, none, quick, slow, none, none, ""},
        {"58", Fate::not_acceptable, none, quick, slow, none, none, ""},
        {"66", Fate::silence, none, none, none, none, none, ""},
        {"81", Fate::answered, quick, seconds(1), seconds(2), seconds(4), seconds(4), "machine"},
        {"82", Fate::answered, quick, seconds(1), seconds(2), seconds(4), seconds(4), "dnc"},
        {"83", Fate::answered, quick, seconds(1), seconds(2), seconds(4), seconds(4), "callback,Callback: +20s"},
        {"97", Fate::declined, quick, seconds(3), seconds(5), none, none, ""},  // rings first
        {"98", Fate::unknown_endpoint, none, none, none, none, none, ""},
        {"99", Fate::declined, none, quick, slow, none, none, ""},
    };
    return rules;
}

Result<void> World::check(const WorldOptions& options) {
    double sum = 0;
    for (const auto& [fate, share] : options.shares) {
        if (!std::isfinite(share) || share < 0) {
            return fail(fmt::format("the share of {} is {}, not a number from 0 on", name(fate), share));
        }
        sum += share;
    }
    if (options.mode == WorldOptions::Mode::by_probability && !(sum > 0)) {
        return fail("every fate's share is 0; give at least one a positive share, such as --answer 0.3");
    }
    if (!(options.speed > 0 && options.speed <= 1'000)) {
        return fail(fmt::format("the speed is {}, not above 0 and at most 1000", options.speed));
    }
    return {};
}

CallPlan World::plan(std::string_view number) {
    CallPlan plan;
    plan.setup = Microseconds{static_cast<std::int64_t>(random_.below(setup_max_us))};
    switch (options_.mode) {
        case WorldOptions::Mode::by_number: plan_by_number(number, plan); break;
        case WorldOptions::Mode::by_probability: plan_by_probability(plan); break;
    }
    plan.order = draw_order();
    plan.late_response = Microseconds{
        static_cast<std::int64_t>(late_response_min_us + random_.below(late_response_max_us - late_response_min_us))};
    return plan;
}

void World::plan_by_number(std::string_view number, CallPlan& plan) {
    const auto digits = number.size() < 2 ? number : number.substr(number.size() - 2);
    const NumberRule* rule = nullptr;
    const NumberRule* otherwise = nullptr;
    for (const auto& candidate : number_rules()) {
        if (candidate.digits == digits) rule = &candidate;
        if (candidate.fate == Fate::rejected) otherwise = &candidate;
    }
    if (rule == nullptr) rule = otherwise;
    plan.fate = rule->fate;
    plan.result = rule->result;
    if (rule->progress_after > none) plan.progress_after = scaled(rule->progress_after);
    if (sip_status(rule->fate) != 0) {
        plan.final_after = scaled(Spread::uniform(rule->final_low, rule->final_high).draw(random_));
    }
    if (rule->talk_high > none) plan.talk = scaled(Spread::uniform(rule->talk_low, rule->talk_high).draw(random_));
}

void World::plan_by_probability(CallPlan& plan) {
    double sum = 0;
    for (const auto& [fate, share] : options_.shares) sum += share;
    double at = random_.unit() * sum;
    for (const auto& [fate, share] : options_.shares) {
        if (share <= 0) continue;
        plan.fate = fate;
        at -= share;
        if (at < 0) break;
    }
    const Microseconds refusal = options_.refusal_after.draw(random_);
    switch (plan.fate) {
        case Fate::answered:
        case Fate::early_media:
            plan.progress_after = scaled(refusal);
            plan.final_after = *plan.progress_after + scaled(options_.ring.draw(random_));
            plan.talk = scaled(options_.talk.draw(random_));
            break;
        case Fate::answered_at_once:
            plan.final_after = scaled(refusal);
            plan.talk = scaled(options_.talk.draw(random_));
            break;
        case Fate::no_answer: plan.progress_after = scaled(refusal); break;
        case Fate::declined:  // a person who declines has heard it ring
            plan.progress_after = scaled(refusal);
            plan.final_after = *plan.progress_after + scaled(options_.ring.draw(random_));
            break;
        case Fate::silence:
        case Fate::unknown_endpoint: break;
        case Fate::busy:
        case Fate::rejected:
        case Fate::unavailable:
        case Fate::no_response:
        case Fate::not_found:
        case Fate::gone:
        case Fate::bad_number:
        case Fate::not_acceptable:
        case Fate::congestion:
        case Fate::network_failure:
        case Fate::out_of_order: plan.final_after = scaled(refusal); break;
    }
}

Microseconds World::scaled(Microseconds duration) const {
    return Microseconds{static_cast<std::int64_t>(static_cast<double>(duration.count()) / options_.speed)};
}

ResponseOrder World::draw_order() {
    const auto permille = random_.below(1'000);
    if (permille < 545) return ResponseOrder::after_dial_end;
    if (permille < 788) return ResponseOrder::before_dial_end;
    if (permille < 980) return ResponseOrder::after_hangup;
    return ResponseOrder::before_dial_begin;
}

}  // namespace outdial::sim
