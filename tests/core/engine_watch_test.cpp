// A wall clock that jumps, and servers that accept calls and tell nothing of them.
#include <catch2/catch.hpp>

#include "core/engine_world.hpp"

using namespace outdial;
using namespace outdial::test;

namespace {

bool alerted(const World& world, const std::string& about, const std::string& text) {
    return std::ranges::any_of(world.alerts, [&](const Alert& alert) {
        return alert.about == about && alert.text.find(text) != std::string::npos;
    });
}

}  // namespace

TEST_CASE("after the wall clock was set no call starts for a minute, and then there is no burst") {
    const Milliseconds step = seconds{GENERATE(3600, -3600, 3, -3)};
    World world({.site = small_site(20, 50)});
    world.add_people(1, 4000);
    world.start();
    world.run_for(seconds{20});
    const auto before = world.calls.size();
    REQUIRE(before > 300);
    world.clock_shift = step;
    world.run_for(seconds{59});
    CHECK(world.calls.size() <= before + 1);  // one that left in the step's own instant
    CHECK(alerted(world, "clock", step > Milliseconds{0} ? "set forward" : "set back"));
    CHECK_THAT(world.status(1).waiting_for, Catch::Contains("the system clock was set"));
    world.run_for(seconds{21});
    CHECK(world.calls.size() > before + 300);
    CHECK(world.status(1).waiting_for.find("clock") == std::string::npos);
    world.check_rates();
    CHECK(world.violations == std::vector<std::string>{});
}

TEST_CASE("a step of the clock is told in few digits, for seven are a telephone number to the log") {
    World world({.site = small_site(20, 50)});
    world.add_people(1, 10);
    world.start();
    world.run_for(seconds{1});
    world.clock_shift = std::chrono::hours{24 * 400};
    world.run_for(seconds{1});
    CHECK_THAT(world.status(1).waiting_for, Catch::Contains("set forward by 400 days;"));
}

TEST_CASE("a clock that is slewed by seconds in an hour is trusted") {
    World world({.site = small_site(20, 50)});
    world.add_people(1, 4000);
    world.start();
    for (int i = 0; i < 100; ++i) {
        world.clock_shift += milliseconds{50};
        world.run_for(seconds{1});
    }
    CHECK(world.calls.size() > 1900);
    CHECK_FALSE(alerted(world, "clock", ""));
}

TEST_CASE("nothing is dialed while the clock is earlier than what is known to have happened") {
    World world({.site = small_site(20, 50)});
    const UtcTime then = world.now().utc;
    World early({.site = small_site(20, 50), .not_earlier_than = then + seconds{90}});
    early.add_people(1, 4000);
    early.start();
    early.run_for(seconds{80});
    CHECK(early.calls.empty());
    CHECK(alerted(early, "clock", "earlier than the last attempt"));
    CHECK_THAT(early.status(1).waiting_for, Catch::Contains("timedatectl"));
    early.run_for(seconds{30});
    CHECK(early.calls.size() > 100);
}

TEST_CASE("a server that accepts calls and tells nothing of them gets one call at a time, ever more rarely") {
    World world({.site = small_site(20, 1000)});
    world.add_people(1, 20'000);
    world.eventless = "s";
    world.start();
    world.run_for(seconds{9});
    const auto unheard = world.calls.size();
    REQUIRE(unheard > 100);
    world.run_for(seconds{30});
    CHECK(world.calls.size() <= unheard + 20 * 2);  // ten seconds after the first it is known
    CHECK(alerted(world, "s", "has sent no event of them"));
    CHECK_THAT(world.status(1).waiting_for, Catch::Contains("tells nothing of them"));
    CHECK(world.engine().status(world.now()).servers.at(0).silent);
    const auto silent = world.calls.size();
    world.run_for(minutes{10});
    CHECK(world.calls.size() - silent >= 2);
    CHECK(world.calls.size() - silent <= 6);  // after 30, 60, 120, 240 and 300 s

    world.eventless.clear();
    world.run_for(minutes{6});
    CHECK(alerted(world, "s", "tells of its calls again"));
    CHECK(world.calls.size() > silent + 1000);
    CHECK_FALSE(world.engine().status(world.now()).servers.at(0).silent);
}

TEST_CASE("a server whose calls fail at once, or are merely few, is not taken for silent") {
    WorldOptions options{.site = small_site(0.05, 10)};
    options.fate = [](const OriginateOrder&, Random& random) {
        return random.below(2) == 0 ? Fate::unknown_endpoint : Fate::answered;
    };
    World world(options);
    world.add_people(1, 1000);
    world.start();
    world.run_for(minutes{30});
    CHECK(world.calls.size() >= 85);
    CHECK_FALSE(alerted(world, "s", "has sent no event"));
}

TEST_CASE("an answer that comes after its link was lost does not make the server a silent one") {
    World world({.site = small_site(20, 50)});
    world.add_people(1, 1000);
    world.mute = "s";
    world.start();
    world.run_for(seconds{2});
    REQUIRE(!world.calls.empty());
    world.server_down("s", true);
    world.give(AttemptEvent{
        .attempt = world.calls.front().attempt,
        .event = {
            .kind = ChannelEvent::Kind::accepted, .at = world.now().utc, .cause = {}, .tech_cause = {}, .text = {}}});
    world.run_for(seconds{15});
    CHECK_FALSE(alerted(world, "s", "has sent no event"));
    CHECK_FALSE(world.engine().status(world.now()).servers.at(0).silent);
}
