// Who must not be called any more because their hours are over, or because the rules about hours are others now.
#include <catch2/catch.hpp>
#include <memory>

#include "core/engine_world.hpp"
#include "support/plain_geography.hpp"

using namespace outdial;
using namespace outdial::test;

namespace {

WorldOptions busy_line() {
    WorldOptions options{.site = small_site(20, 1000)};
    options.commit_from = options.commit_to = milliseconds{30};
    options.check_slots = true;
    return options;
}

}  // namespace

TEST_CASE("a claim whose hours end before its turn comes goes back, and is called when they open again") {
    for (int shift = 0; shift < 40; ++shift) {
        World world(busy_line());
        world.add_people(1, 200);
        world.closes_at = world.now().utc + seconds{2} + milliseconds{shift};
        world.opens_at = world.closes_at + hours{15};
        world.start();
        world.run_for(seconds{10});
        const int before = world.sent(1);
        CHECK(before > 10);
        CHECK(world.unsettled() == 0);
        world.run_for(hours{15} + minutes{5});
        CHECK(world.sent(1) >= 200);
        CHECK(world.violations == std::vector<std::string>{});
    }
}

TEST_CASE("outside everybody's hours the campaign says so, and when they open") {
    World world(busy_line());
    world.add_people(1, 200);
    world.closes_at = world.now().utc;
    world.opens_at = world.now().utc + hours{15};
    world.start();
    world.run_for(minutes{1});
    CHECK(world.sent(1) == 0);
    CHECK(world.claim_requests.size() < 5);
    CHECK_THAT(world.status(1).waiting_for,
               Catch::Contains("outside the calling hours of everybody who is due") && Catch::EndsWith("23:16:40 UTC"));
    CHECK(world.campaign(1).state == CampaignState::running);
}

TEST_CASE("claims made before a reload changed the hours, or how long it rings, go back, also those still under way") {
    World world(busy_line());
    world.add_people(1, 400);
    world.start();
    for (int turn = 0; turn < 40; ++turn) {
        world.run_for(milliseconds{137});
        Site site = small_site(20, 1000);
        if (turn % 3 == 0) site.campaigns[0].ring_timeout = seconds{5};
        if (turn % 3 == 1) {
            site.campaigns[0].calling = std::make_shared<CallingRules>(
                CallingRules{{{"calling_hours", {}, daily({{turn, minutes_per_day}})}}, ""});
        }
        world.reload(site);
    }
    CHECK(world.calls.size() > 20);
    CHECK(world.count(Disposition::canceled) > 0);
    CHECK(world.violations == std::vector<std::string>{});
}

TEST_CASE("a reload that leaves the hours as they are sends no claim back") {
    World world(busy_line());
    world.add_people(1, 400);
    const auto site = [] {
        Site same = small_site(20, 1000);
        same.campaigns[0].calling = std::make_shared<CallingRules>(
            CallingRules{{{"calling_hours", {}, daily({{540, 1200}})}}, "Europe/Berlin"});
        return same;
    };
    world.reload(site());
    world.start();
    for (int turn = 0; turn < 20; ++turn) {
        world.run_for(milliseconds{137});
        world.reload(site());
    }
    CHECK(world.calls.size() > 10);
    CHECK(world.count(Disposition::canceled) == 0);
}
