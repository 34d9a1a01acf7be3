// Who must not be called any more although a call to them is on its way.
#include <catch2/catch.hpp>

#include "core/engine_world.hpp"

using namespace outdial;
using namespace outdial::test;

namespace {

WorldOptions ringing_for(Microseconds ring) {
    WorldOptions options{.site = small_site(20, 1000)};
    options.fate = [](const OriginateOrder&, Random&) { return Fate::answered; };
    options.ring_from = options.ring_to = ring;
    options.commit_from = options.commit_to = milliseconds{30};
    options.check_slots = true;
    return options;
}

std::vector<std::string> numbers_of(World& world) {
    std::vector<std::string> numbers;
    for (const auto& person : world.campaign(1).people) numbers.push_back(person.contact.numbers[0].e164);
    return numbers;
}

}  // namespace

TEST_CASE("a number that is forbidden while it rings is hung up, one that talks goes on, one that waits never leaves") {
    World world(ringing_for(seconds{2}));
    world.add_people(1, 400);
    world.start();
    world.run_for(seconds{6});
    const auto up = std::ranges::count(world.calls, true, &World::Call::was_up);
    const auto sent = static_cast<long>(world.calls.size());
    REQUIRE(up > 0);
    REQUIRE(up < sent);
    world.give(NumbersForbidden{.list = "global", .numbers = numbers_of(world)});
    CHECK(static_cast<long>(world.hang_ups.size()) == sent - up);
    CHECK(static_cast<long>(world.calls.size()) == sent);
    for (const auto& [id, settlement] : world.settlements) {
        if (!settlement.facts.originated_at) CHECK(settlement.disposition == Disposition::canceled);
    }
    CHECK(world.violations == std::vector<std::string>{});
}

TEST_CASE("a number that is forbidden between its claim and its turn to leave is not called") {
    World world(ringing_for(seconds{2}));
    world.add_people(1, 400);
    world.start();
    const auto waits_in_hand = [&] {
        const auto calling = std::ranges::count_if(
            world.calls, [&](const World::Call& call) { return !world.settlements.contains(call.attempt); });
        return static_cast<long>(world.engine().live_attempts()) > calling;
    };
    for (int i = 0; i < 5000 && !waits_in_hand(); ++i) world.run_for(milliseconds{1});
    REQUIRE(waits_in_hand());
    world.give(NumbersForbidden{.list = "global", .numbers = numbers_of(world)});
    CHECK_FALSE(waits_in_hand());
    world.run_for(seconds{1});
    CHECK(world.count(Disposition::canceled) >= 1);
}

TEST_CASE("a number on a list that the campaign does not keep to is called") {
    World world(ringing_for(seconds{2}));
    world.add_people(1, 400);
    world.start();
    world.run_for(seconds{6});
    world.give(NumbersForbidden{.list = "us-national", .numbers = numbers_of(world)});
    CHECK(world.hang_ups.empty());
    Site site = small_site(20, 1000);
    site.campaigns[0].do_not_call = {{.list = "us-national", .max_age = {}}};
    world.reload(site);
    world.give(NumbersForbidden{.list = "us-national", .numbers = numbers_of(world)});
    CHECK_FALSE(world.hang_ups.empty());
}

TEST_CASE("claims made before a reload gave the campaign another list go back, also those still under way") {
    World world(ringing_for(seconds{2}));
    world.add_people(1, 400);
    world.start();
    for (int turn = 0; turn < 40; ++turn) {
        world.run_for(milliseconds{137});
        Site site = small_site(20, 1000);
        site.campaigns[0].do_not_call = {{.list = turn % 2 == 0 ? "internal" : "other", .max_age = {}}};
        world.reload(site);
    }
    CHECK(world.calls.size() > 20);
    CHECK(world.count(Disposition::canceled) > 0);
    CHECK(world.violations == std::vector<std::string>{});
}

TEST_CASE(
    "claims made before a reload gave the campaign other limits go back, and a reload of the same changes nothing") {
    const auto canceled = [](bool changing) {
        World world(ringing_for(seconds{2}));
        world.add_people(1, 400);
        world.start();
        for (int turn = 0; turn < 40; ++turn) {
            world.run_for(milliseconds{137});
            ContactLimit limit;
            limit.most = changing ? 2 + turn % 2 : 2;
            Site site = small_site(20, 1000);
            site.campaigns[0].limits = std::make_shared<const std::vector<ContactLimit>>(std::vector{limit});
            world.reload(site);
        }
        CHECK(world.calls.size() > 20);
        CHECK(world.claim_requests.back().limits->front().most >= 2);
        CHECK(world.violations == std::vector<std::string>{});
        return world.count(Disposition::canceled);
    };
    CHECK(canceled(true) > canceled(false) + 3);
}

TEST_CASE("who asks in the call not to be called again is reported at once, with all numbers, and once") {
    World world(ringing_for(milliseconds{100}));
    world.options.talk_from = world.options.talk_to = seconds{30};
    world.add_people(1, 1, 2);
    world.start();
    world.run_for(seconds{10});
    REQUIRE(world.calls.size() == 1);
    ChannelEvent event{
        .kind = ChannelEvent::Kind::result, .at = world.now().utc, .cause = {}, .tech_cause = {}, .text = "dnc"};
    world.give(AttemptEvent{.attempt = world.calls[0].attempt, .event = event});
    REQUIRE(world.opt_outs.size() == 1);
    CHECK(world.opt_outs[0].numbers.size() == 2);
    world.give(AttemptEvent{.attempt = world.calls[0].attempt, .event = event});
    CHECK(world.opt_outs.size() == 1);
    world.run_for(minutes{1});
    CHECK(world.settlements.at(world.calls[0].attempt).next.reason == "dnc");
}

TEST_CASE("while the store says that nobody may be called, that is what the campaign waits for, and it is told once") {
    World world(ringing_for(seconds{1}));
    world.claim_problem = "its do-not-call list 'us-national' is not in the database";
    world.add_people(1, 10);
    world.start();
    world.run_for(seconds{30});
    CHECK(world.calls.empty());
    CHECK(world.claim_requests.size() > 20);
    CHECK(world.claim_requests.size() < 40);  // once a second
    CHECK(world.status(1).waiting_for == world.claim_problem);
    CHECK(world.campaign(1).state == CampaignState::running);
    CHECK(std::ranges::count(world.alerts, "nobody is called: " + world.claim_problem, &Alert::text) == 1);
    world.claim_problem = "";
    world.run_for(seconds{30});
    CHECK(world.calls.size() == 10);
}
