// What is left undone when the process is short of something, the least important first.
#include <catch2/catch.hpp>

#include "core/engine_world.hpp"

using namespace outdial;
using namespace outdial::test;

namespace {

/// Says so four times a second, as the daemon does.
void run_loaded(World& world, double share, Microseconds duration) {
    constexpr auto look_every = milliseconds{250};
    for (Microseconds passed{}; passed < duration; passed += look_every) {
        world.give(LoadMeasured{.load = {.share = share, .of = "memory (480 of 512 MiB)"}});
        world.run_for(look_every);
    }
}

Fate everybody_answers(const OriginateOrder&, Random&) { return Fate::answered; }

}  // namespace

TEST_CASE("at half of what there is, calls start at half of every rate") {
    World world({.site = small_site(20, 200)});
    world.add_people(1, 4000);
    world.start();
    run_loaded(world, 0.49, seconds{20});
    const auto full = world.calls.size();
    run_loaded(world, 0.5, seconds{20});
    const auto half = world.calls.size() - full;
    CHECK(full > 370);
    CHECK(half <= 201);
    CHECK(half > 180);
    CHECK(world.engine().status(world.now()).all.cap.originates_per_second == 1000);  // as configured
    CHECK_THAT(world.engine().status(world.now()).overload,
               Catch::Equals("short of memory (480 of 512 MiB): calls are started at half their rates"));
    world.check_rates();
    CHECK(world.violations == std::vector<std::string>{});
}

TEST_CASE("a reload while calls are slowed down does not bring the full rates back") {
    World world({.site = small_site(20, 200)});
    world.add_people(1, 4000);
    world.start();
    run_loaded(world, 0.6, seconds{5});
    world.reload(small_site(20, 200));
    const auto before = world.calls.size();
    run_loaded(world, 0.6, seconds{20});
    CHECK(world.calls.size() - before <= 201);
}

TEST_CASE("at three quarters nothing is claimed, and what is in hand still leaves") {
    World world({.site = small_site(20, 200), .commit_from = milliseconds{50}, .commit_to = milliseconds{60}});
    world.add_people(1, 4000);
    world.start();
    run_loaded(world, 0.0, seconds{5});
    world.give(LoadMeasured{.load = {.share = 0.75, .of = "processor time"}});
    const auto claims = world.claim_requests.size();
    run_loaded(world, 0.75, seconds{20});
    CHECK(world.claim_requests.size() == claims);
    CHECK(world.count(Disposition::canceled) == 0);
    CHECK_THAT(world.status(1).waiting_for, Catch::Contains("no more calls are started"));
}

TEST_CASE("at nine tenths nothing leaves, claims in hand go back, and of calls only the outcome is stored") {
    World world({.site = small_site(20, 200),
                 .fate = everybody_answers,
                 .commit_from = milliseconds{200},
                 .commit_to = milliseconds{300}});
    world.add_people(1, 4000);
    world.start();
    run_loaded(world, 0.0, seconds{5});
    world.give(LoadMeasured{.load = {.share = 0.9, .of = "disk speed"}});
    const auto calls = world.calls.size();
    const int made = world.progress_made;
    const auto settled = world.settlements.size();
    run_loaded(world, 0.9, seconds{10});
    CHECK(world.calls.size() == calls);
    CHECK(world.count(Disposition::canceled) > 0);
    CHECK(world.progress_made == made);
    CHECK(world.settlements.size() > settled + 20);  // the calls that were up have ended
}

TEST_CASE("what was not stored of calls that are up is stored when there is room again") {
    World world(
        {.site = small_site(20, 200), .fate = everybody_answers, .talk_from = minutes{5}, .talk_to = minutes{6}});
    world.add_people(1, 10);
    world.start();
    run_loaded(world, 0.0, milliseconds{500});
    const int made = world.progress_made;
    run_loaded(world, 0.95, seconds{10});
    REQUIRE(world.progress_made == made);
    run_loaded(world, 0.0, seconds{6});
    CHECK(world.progress_made > made);
}

TEST_CASE("what was not stored of calls that are up is stored before the daemon stops") {
    World world(
        {.site = small_site(20, 200), .fate = everybody_answers, .talk_from = minutes{5}, .talk_to = minutes{6}});
    world.add_people(1, 10);
    world.start();
    run_loaded(world, 0.0, milliseconds{500});
    run_loaded(world, 0.95, seconds{10});
    const int made = world.progress_made;
    world.engine().stop_dialing();
    world.give(Tick{});
    CHECK(world.progress_made > made);
}

TEST_CASE("when all is used up the sessions are opened anew, once in a minute, and no call is lost by it") {
    World world({.site = small_site(20, 200), .fate = everybody_answers});
    world.add_people(1, 400);
    world.start();
    run_loaded(world, 0.0, seconds{5});
    world.give(LoadMeasured{.load = {.share = 1.2, .of = "memory"}});
    CHECK(world.reconnected == std::vector<std::string>{"s"});
    world.server_down("s", true);
    world.server_up("s");
    run_loaded(world, 1.2, seconds{58});
    CHECK(world.reconnected.size() == 1);
    run_loaded(world, 1.2, seconds{4});
    CHECK(world.reconnected.size() == 2);
    run_loaded(world, 0.0, seconds{10});
    world.run_until_settled(minutes{20});
    CHECK(world.unsettled() == 0);
    CHECK(world.violations == std::vector<std::string>{});
}

TEST_CASE("no session is opened anew any more once there is room again") {
    World world({.site = small_site(20, 200), .fate = everybody_answers});
    world.add_people(1, 400);
    world.start();
    run_loaded(world, 0.0, seconds{5});
    run_loaded(world, 1.2, seconds{58});
    REQUIRE(world.reconnected.size() == 1);
    run_loaded(world, 0.95, seconds{4});  // the step is kept for longer than the minute between two
    CHECK(world.reconnected.size() == 1);
}

TEST_CASE("a step is left only after five seconds below it, so that it does not come and go") {
    OverloadLadder ladder;
    const SteadyTime start{seconds{100}};
    CHECK(ladder.take(start, {.share = 0.8, .of = "memory"}));
    CHECK(ladder.step() == Overload::no_claims);
    CHECK_FALSE(ladder.take(start + seconds{1}, {.share = 0.1, .of = {}}));
    CHECK_FALSE(ladder.take(start + seconds{4}, {.share = 0.6, .of = "disk speed"}));
    CHECK(ladder.step() == Overload::no_claims);
    CHECK(ladder.load().of == "memory");  // of the step that it is at, whatever was measured since
    CHECK(ladder.take(start + seconds{6}, {.share = 0.1, .of = {}}));
    CHECK(ladder.step() == Overload::slowed);  // as high as it was in those five seconds
    CHECK(ladder.load().of == "disk speed");
    CHECK_FALSE(ladder.take(start + seconds{7}, {.share = 0.1, .of = {}}));
    CHECK_FALSE(ladder.take(start + seconds{8}, {.share = 0.5, .of = {}}));  // and the wait begins anew
    CHECK_FALSE(ladder.take(start + seconds{13}, {.share = 0.1, .of = {}}));
    CHECK(ladder.take(start + seconds{18}, {.share = 0.1, .of = {}}));
    CHECK(ladder.step() == Overload::none);
}
