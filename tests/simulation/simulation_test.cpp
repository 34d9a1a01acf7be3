#include "simulation/simulation.hpp"

#include <catch2/catch.hpp>

#include "simulation/main_options.hpp"
#include "source_dir.hpp"

namespace outdial::simulation {

namespace {

Outcome run(std::uint64_t seed, FaultSet faults = FaultSet::all()) {
    return Simulation{{.seed = seed, .faults = faults}, {}}.run();
}

void must_keep_every_rule(std::uint64_t seed) {
    CAPTURE(seed);
    const Outcome outcome = run(seed);
    CHECK(outcome.violation.value_or("") == "");
}

}  // namespace

TEST_CASE("Seeds that once broke a rule keep every rule") {
    const auto seeds = read_seeds(OUTDIAL_SOURCE_DIR "/tests/sim/seeds.txt");
    REQUIRE(seeds.has_value());
    for (const std::uint64_t seed : *seeds) must_keep_every_rule(seed);
}

TEST_CASE("Whatever goes wrong, no rule is broken and everything comes to its end") {
    for (std::uint64_t seed = 1; seed <= 24; ++seed) must_keep_every_rule(seed);
}

TEST_CASE("A seed replays a run bit by bit, and another seed is another run") {
    for (const std::uint64_t seed : {3, 4, 5}) {
        const Outcome first = run(seed);
        const Outcome again = run(seed);
        CHECK(first.hash == again.hash);
        CHECK(first.calls == again.calls);
        CHECK(first.hash != run(seed + 100).hash);
    }
}

TEST_CASE("A log of the run does not change it") {
    std::size_t lines = 0;
    const Outcome seen = Simulation{{.seed = 7}, [&](const std::string&) { ++lines; }}.run();
    CHECK(lines > 100);
    CHECK(seen.hash == run(7).hash);
}

TEST_CASE("Without faults every person is dialed, in one life of the process") {
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
        const Outcome outcome = run(seed, *FaultSet::parse("none"));
        CHECK(outcome.violation.value_or("") == "");
        CHECK(outcome.starts == 1);
        CHECK(outcome.calls > 0);
    }
}

}  // namespace outdial::simulation
