#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "base/time.hpp"
#include "core/site.hpp"
#include "simulation/faults.hpp"
#include "simulation/rules.hpp"

namespace outdial::simulation {

struct PlanOptions {
    std::uint64_t seed = 1;
    FaultSet faults = FaultSet::all();
    int calls = 0;  // about so many; 0: as the seed says
};

/// What a seed means: the site, the people, and which faults exist and how often. Drawn before the run begins.
struct Plan {
    std::uint64_t seed = 0;
    FaultSet faults;  // of those that were allowed, what this seed has
    SiteRules site;
    std::map<std::string, std::vector<Person>> lists;
    std::map<std::string, std::vector<Person>> later;  // to be imported while calls are up
    Milliseconds audit_keep{};                         // of some seeds so short that rows grow old in the run
    Microseconds trouble{};                            // faults happen for so long, then they stop
    /// Between two of a kind, on average.
    std::map<Fault, Microseconds> every;
    double event_share = 0;        // of events that are dropped, late, repeated or shuffled
    bool call_records = false;     // the servers keep them
    bool events_are_whole = true;  // none is dropped or so late that its call was given up before
    bool has_orders = false;       // people have what campaigns order and filter them by

    [[nodiscard]] bool has(Fault fault) const { return faults.has(fault); }
    /// Until all must have ended after the faults have stopped.
    [[nodiscard]] Microseconds patience() const;
};

[[nodiscard]] Plan draw_plan(const PlanOptions& options);
[[nodiscard]] HoursRules draw_hours(Random& random);
[[nodiscard]] OrderRules draw_order(Random& random);

/// The same, as the engine and the store are given it.
[[nodiscard]] Site to_site(const SiteRules& rules, bool call_records);
[[nodiscard]] std::vector<NewContact> to_contacts(const std::vector<Person>& people);

}  // namespace outdial::simulation
