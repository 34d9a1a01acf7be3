// A call that rings is not hung up before it has rung for as long as the campaign's rules want.
#include <catch2/catch.hpp>

#include "core/engine_world.hpp"

using namespace outdial;
using namespace outdial::test;

namespace {

constexpr auto floor_time = seconds{15};

// Rings after a quarter of it, and is answered at its end.
WorldOptions answered_after(Microseconds ring) {
    WorldOptions options{.site = small_site(5, 20)};
    options.site.campaigns[0].ring_timeout = seconds{60};
    options.site.campaigns[0].ring_floor = floor_time;
    options.fate = [](const OriginateOrder&, Random&) { return Fate::answered; };
    options.ring_from = options.ring_to = ring;
    options.talk_from = options.talk_to = seconds{3};
    options.jitter = {};
    return options;
}

void run_until_it_rings(World& world) {
    for (int i = 0; i < 20'000 && (world.calls.empty() || !world.calls[0].ringing); ++i) world.run_for(milliseconds{1});
    world.run_for(milliseconds{2});
    REQUIRE(world.calls.at(0).ringing);
}

std::string number_of(World& world) { return world.campaign(1).people[0].contact.numbers[0].e164; }

}  // namespace

TEST_CASE("a stopped campaign's call rings on until the floor, counted from its ringing, and is hung up then, once") {
    World world(answered_after(seconds{48}));
    world.add_people(1, 1);
    world.start();
    run_until_it_rings(world);
    world.run_for(seconds{1});
    world.order(1, CampaignOrder::stop);
    world.run_for(floor_time - seconds{1} - milliseconds{10});
    CHECK(world.hang_ups.empty());
    world.run_for(milliseconds{20});
    CHECK(world.hang_ups.size() == 1);
    world.run_for(minutes{2});
    CHECK(world.hang_ups.size() == 1);
    CHECK(world.count(Disposition::canceled) == 1);
    CHECK(world.violations == std::vector<std::string>{});
}

TEST_CASE("a call that has rung long enough, or does not ring yet, is hung up at once") {
    World long_enough(answered_after(seconds{48}));
    long_enough.add_people(1, 1);
    long_enough.start();
    run_until_it_rings(long_enough);
    long_enough.run_for(floor_time);
    long_enough.order(1, CampaignOrder::stop);
    CHECK(long_enough.hang_ups.size() == 1);

    World silent(answered_after(seconds{48}));
    silent.add_people(1, 1);
    silent.start();
    silent.run_for(seconds{2});
    REQUIRE(silent.calls.size() == 1);
    silent.order(1, CampaignOrder::stop);
    CHECK(silent.hang_ups.size() == 1);
}

TEST_CASE("a number that is forbidden while it rings rings until the floor, and who answers by then is not hung up") {
    World world(answered_after(seconds{48}));
    world.add_people(1, 1);
    world.start();
    run_until_it_rings(world);
    world.give(NumbersForbidden{.list = "global", .numbers = {number_of(world)}});
    world.run_for(floor_time - milliseconds{10});
    CHECK(world.hang_ups.empty());
    world.run_for(milliseconds{20});
    CHECK(world.hang_ups.size() == 1);

    World quick(answered_after(seconds{12}));
    quick.add_people(1, 1);
    quick.start();
    run_until_it_rings(quick);
    quick.give(NumbersForbidden{.list = "global", .numbers = {number_of(quick)}});
    quick.run_for(minutes{2});
    CHECK(quick.hang_ups.empty());
    CHECK(quick.count(Disposition::answered) == 1);
    CHECK(quick.violations == std::vector<std::string>{});
}

TEST_CASE("without a floor a call that rings is hung up at once") {
    WorldOptions options = answered_after(seconds{48});
    options.site.campaigns[0].ring_floor = {};
    World world(std::move(options));
    world.add_people(1, 1);
    world.start();
    run_until_it_rings(world);
    world.order(1, CampaignOrder::stop);
    CHECK(world.hang_ups.size() == 1);
}
