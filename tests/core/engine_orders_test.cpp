// An operator's orders, and reloads.
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

}  // namespace

TEST_CASE("pause: live calls go on, claims in hand go back uncharged, and nothing new is sent until resume") {
    World world(ringing_for(seconds{1}));
    world.add_people(1, 400);
    world.start();
    world.run_for(milliseconds{3010});
    world.order(1, CampaignOrder::pause);
    const auto before = world.calls.size();
    world.run_for(seconds{20});
    CHECK(world.calls.size() == before);
    CHECK(world.hang_ups.empty());
    CHECK(world.count(Disposition::answered) == static_cast<int>(before));
    CHECK(world.count(Disposition::canceled) >= 1);
    for (const auto& [id, settlement] : world.settlements) {
        if (settlement.disposition == Disposition::canceled) CHECK_FALSE(settlement.next.charged);
    }
    CHECK(world.status(1).calls == 0);
    CHECK_THAT(world.status(1).waiting_for, Catch::Contains("paused"));
    world.order(1, CampaignOrder::resume);
    world.run_for(seconds{60});
    CHECK(world.calls.size() == 400);
    CHECK(world.violations == std::vector<std::string>{});
}

TEST_CASE("stop: what still rings is hung up, what was answered goes on, and the campaign is finished at once") {
    WorldOptions options = ringing_for(seconds{2});
    options.talk_from = options.talk_to = seconds{30};
    World world(options);
    world.add_people(1, 400);
    world.start();
    world.run_for(seconds{6});
    const auto up = std::ranges::count(world.calls, true, &World::Call::was_up);
    const auto sent = static_cast<long>(world.calls.size());
    world.order(1, CampaignOrder::stop);
    CHECK(world.campaign(1).state == CampaignState::finished);
    CHECK(static_cast<long>(world.hang_ups.size()) == sent - up);
    world.run_for(minutes{1});
    CHECK(static_cast<long>(world.calls.size()) == sent);
    CHECK(world.count(Disposition::answered) == up);
    CHECK(world.unsettled() == 0);
    CHECK(world.violations == std::vector<std::string>{});
}

TEST_CASE("stop: a call whose channel comes to be after the hangup was asked for is hung up all the same") {
    WorldOptions options = ringing_for(seconds{5});
    options.created_after = milliseconds{50};
    World world(options);
    world.add_people(1, 1);
    world.start();
    while (world.calls.empty()) world.run_for(microseconds{100});
    world.order(1, CampaignOrder::stop);  // "No such channel": there is none yet
    world.run_for(minutes{2});
    CHECK(world.calls.at(0).was_up == false);
    CHECK(world.count(Disposition::canceled) == 1);
    CHECK(world.violations == std::vector<std::string>{});
}

TEST_CASE("stop: a hangup that was lost is asked for again") {
    WorldOptions options = ringing_for(minutes{10});
    options.check_slots = false;
    World world(options);
    world.add_people(1, 1);
    world.start();
    world.run_for(seconds{3});
    world.server_down("s", true);
    world.order(1, CampaignOrder::stop);
    world.run_for(seconds{1});
    world.server_up("s");
    world.run_for(minutes{3});
    CHECK(world.hang_ups.size() >= 2);
    CHECK(world.count(Disposition::canceled) == 1);
    CHECK(world.unsettled() == 0);
}

TEST_CASE("drain: nothing new, live calls go on, and the campaign is finished with the last of them") {
    WorldOptions options = ringing_for(seconds{1});
    options.talk_from = options.talk_to = seconds{20};
    World world(options);
    world.add_people(1, 400);
    world.start();
    world.run_for(milliseconds{3010});
    world.order(1, CampaignOrder::drain);
    const auto before = world.calls.size();
    world.run_for(seconds{10});
    CHECK(world.campaign(1).state == CampaignState::draining);
    CHECK(world.calls.size() == before);
    world.run_for(seconds{20});
    CHECK(world.campaign(1).state == CampaignState::finished);
    CHECK(world.hang_ups.empty());
    CHECK(world.violations == std::vector<std::string>{});
}

TEST_CASE("drain of an idle campaign finishes it at once, also while a claim is under way") {
    World world(ringing_for(seconds{1}));
    world.start();
    world.run_for(milliseconds{20});
    REQUIRE_FALSE(world.claim_requests.empty());
    world.order(1, CampaignOrder::drain);
    world.run_for(milliseconds{200});
    CHECK(world.campaign(1).state == CampaignState::finished);
    CHECK(world.status(1).calls == 0);
}

TEST_CASE("when the daemon is about to stop, claims in hand go back and calls go on") {
    World world(ringing_for(seconds{1}));
    world.add_people(1, 400);
    world.start();
    world.run_for(seconds{3});
    world.engine().stop_dialing();
    world.give(Tick{});
    const auto before = world.calls.size();
    const auto ticks = world.ticks;
    world.run_for(seconds{20});
    CHECK(world.calls.size() == before);
    CHECK(world.engine().live_attempts() == 0);
    CHECK(world.count(Disposition::answered) == static_cast<int>(before));
    CHECK(world.ticks - ticks < 200);
    CHECK(world.violations == std::vector<std::string>{});
}

TEST_CASE("a reload with lower caps is obeyed at once, without spinning, and with higher ones without a burst") {
    WorldOptions options{.site = small_site(50, 100)};
    options.fate = [](const OriginateOrder&, Random&) { return Fate::answered; };
    World world(options);
    world.add_people(1, 5000);
    world.start();
    world.run_for(seconds{10});
    Site lower = options.site;
    lower.campaigns[0].pacing = {.originates_per_second = 5, .channels = 10};
    // Calls begun under the former cap live on; only new ones count.
    const auto over = world.status(1).calls;
    CHECK(over > 50);
    world.reload(lower);
    const auto ticks = world.ticks;
    world.run_for(seconds{10});
    CHECK(world.ticks - ticks < 2000);
    CHECK(world.status(1).calls <= 10);
    CHECK(world.violations == std::vector<std::string>{});
    CHECK(world.sent_between(1, milliseconds{10'100}, seconds{20}) <= 50);

    Site higher = lower;
    higher.campaigns[0].pacing = {.originates_per_second = 40, .channels = 1000};
    world.reload(higher);
    world.run_for(seconds{10});
    CHECK(world.sent_between(1, seconds{20}, seconds{21}) <= 40);
    CHECK(world.sent_between(1, seconds{21}, seconds{30}) >= 350);
    CHECK(world.violations == std::vector<std::string>{});
}

TEST_CASE(
    "a campaign that a reload removed sends nothing more; its calls go on, and back again it waits for an order") {
    WorldOptions options = ringing_for(seconds{1});
    options.check_slots = false;
    World world(options);
    world.add_people(1, 400);
    world.start();
    world.run_for(milliseconds{3010});
    Site without = options.site;
    without.campaigns.clear();
    world.reload(without);
    const auto before = world.calls.size();
    world.run_for(seconds{20});
    CHECK(world.calls.size() == before);
    CHECK(world.count(Disposition::answered) == static_cast<int>(before));
    CHECK(world.hang_ups.empty());
    CHECK_FALSE(world.engine().campaign("c").has_value());
    CHECK(world.alerts.back().text.find("its file is gone: the campaign is paused") != std::string::npos);
    world.reload(options.site);
    world.run_for(seconds{60});
    CHECK(world.calls.size() == before);
    CHECK(world.status(1).state == CampaignState::paused);
    world.order(1, CampaignOrder::resume);
    world.run_for(seconds{60});
    CHECK(world.calls.size() == 400);
    CHECK(world.violations == std::vector<std::string>{});
}

TEST_CASE("a trunk that a reload removed gets no more calls") {
    WorldOptions options = ringing_for(seconds{1});
    options.check_slots = false;
    options.site.trunks.push_back(a_trunk("u", {"s"}, {1000, 1000}));
    options.site.campaigns[0].trunks = {"t", "u"};
    World world(options);
    world.add_people(1, 400);
    world.start();
    world.run_for(seconds{3});
    Site without = options.site;
    without.trunks.pop_back();
    without.campaigns[0].trunks = {"t"};
    world.reload(without);
    const auto before = world.calls.size();
    world.run_for(seconds{60});
    CHECK(world.calls.size() == 400);
    for (std::size_t i = before; i < world.calls.size(); ++i) CHECK(world.calls[i].trunk == "t");
    CHECK(world.violations == std::vector<std::string>{});
}

TEST_CASE("a claim that was under way when a reload took its trunk or server from the campaign is not sent there") {
    enum class Gone { trunk_of_campaign, server_of_trunk, trunk_itself };
    for (const Gone gone : {Gone::trunk_of_campaign, Gone::server_of_trunk, Gone::trunk_itself}) {
        CAPTURE(static_cast<int>(gone));
        WorldOptions options = ringing_for(seconds{1});
        options.check_slots = false;
        options.commit_from = options.commit_to = milliseconds{700};
        options.site.servers.push_back({.name = "s2", .cap = {1000, 1000}});
        options.site.trunks.push_back(a_trunk("u", {"s", "s2"}, {1000, 1000}));
        options.site.campaigns[0].trunks = {"u"};
        World world(options);
        world.add_people(1, 400);
        world.start();
        world.run_for(seconds{5});
        Site changed = options.site;
        switch (gone) {
            case Gone::trunk_of_campaign: changed.campaigns[0].trunks = {"t"}; break;  // others may still use it
            case Gone::server_of_trunk: changed.trunks.back().servers = {"s"}; break;
            case Gone::trunk_itself:  // the loader would refuse a campaign that still names it
                changed.campaigns[0].trunks = {"t", "u"};
                changed.trunks.pop_back();
                break;
        }
        world.reload(changed);
        const auto before = world.calls.size();
        world.run_for(seconds{90});
        CHECK(world.calls.size() == 400);
        for (std::size_t i = before; i < world.calls.size(); ++i) {
            if (gone == Gone::server_of_trunk) CHECK(world.calls[i].server == "s");
            if (gone != Gone::server_of_trunk) CHECK(world.calls[i].trunk == "t");
        }
        CHECK(world.violations == std::vector<std::string>{});
    }
}

TEST_CASE("orders at random moments break no rule, whatever the events do") {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        CAPTURE(seed);
        WorldOptions options{.seed = seed, .site = small_site(40, 30)};
        options.drop = 0.05;
        options.repeat = 0.05;
        options.late = 0.02;
        options.commit_to = milliseconds{200};
        options.fate = [](const OriginateOrder&, Random& random) {
            return std::array{Fate::answered, Fate::busy, Fate::ring_timeout, Fate::refused}[random.below(4)];
        };
        World world(options);
        world.add_people(1, 1500);
        world.start();
        Random random{seed};
        for (int i = 0; i < 25; ++i) {
            world.run_for(Microseconds{random.below(2'000'000)});
            const std::array orders{CampaignOrder::start, CampaignOrder::pause, CampaignOrder::resume,
                                    CampaignOrder::drain, CampaignOrder::stop};
            const CampaignOrder order = orders[random.below(orders.size())];
            if (const auto state = apply(order, world.campaign(1).state)) world.order(1, order);
        }
        if (apply(CampaignOrder::stop, world.campaign(1).state)) world.order(1, CampaignOrder::stop);
        world.run_until_settled(minutes{20});
        world.check_rates();
        REQUIRE(world.violations == std::vector<std::string>{});
        REQUIRE(world.unsettled() == 0);
        REQUIRE(world.status(1).calls == 0);
    }
}
