// How many, how fast, and whose turn it is.
#include <catch2/catch.hpp>

#include "core/engine_world.hpp"

using namespace outdial;
using namespace outdial::test;

namespace {

// `long_run` seconds after a start-up second: at least 98 % of the rate.
void check_long_run(World& world, int campaign, double per_second, int long_run) {
    const int sent = world.sent_between(campaign, seconds{2}, seconds{2 + long_run});
    CHECK(sent >= 0.98 * per_second * long_run - 1);
    CHECK(sent <= per_second * long_run + 1);
}

// Two campaigns share one trunk of `per_second`.
Site shared_trunk(double per_second, int weight_of_first) {
    Site site = small_site(1000, 1000);
    site.trunks[0].cap = {per_second, 1000};
    site.campaigns.push_back(a_campaign("d", {"t"}, 1000, 1000));
    site.campaigns[0].weight = weight_of_first;
    return site;
}

}  // namespace

TEST_CASE("no level's rate or channels are ever exceeded, and the tightest rate is used to 98 %") {
    struct Row {
        const char* tightest;
        Cap limits, server, trunk, campaign;
        double rate;
    };
    const Row rows[] = {
        {"campaign", {900, 900}, {900, 900}, {900, 900}, {7.5, 900}, 7.5},
        {"trunk", {900, 900}, {900, 900}, {33, 900}, {900, 900}, 33},
        {"server", {900, 900}, {60, 900}, {900, 900}, {900, 900}, 60},
        {"limits", {20, 900}, {900, 900}, {900, 900}, {900, 900}, 20},
        {"a slow campaign", {900, 900}, {900, 900}, {900, 900}, {0.5, 900}, 0.5},
    };
    for (const Row& row : rows) {
        CAPTURE(row.tightest);
        for (std::uint64_t seed = 1; seed <= 2; ++seed) {
            WorldOptions options{.seed = seed,
                                 .site = small_site(row.campaign.originates_per_second, row.campaign.channels)};
            options.site.limits = row.limits;
            options.site.servers[0].cap = row.server;
            options.site.trunks[0].cap = row.trunk;
            options.wakeup_lateness = milliseconds{2};
            World world(options);
            world.add_people(1, 4000);
            world.start();
            world.run_for(seconds{32});
            world.check_rates();
            CHECK(world.violations == std::vector<std::string>{});
            check_long_run(world, 1, row.rate, 30);
        }
    }
}

TEST_CASE("channel caps hold on every level, and are filled") {
    struct Row {
        const char* tightest;
        int limits, server, trunk, campaign, most;
    };
    const Row rows[] = {{"campaign", 90, 90, 90, 7, 7},
                        {"trunk", 90, 90, 11, 90, 11},
                        {"server", 90, 13, 90, 90, 13},
                        {"limits", 17, 90, 90, 90, 17}};
    for (const Row& row : rows) {
        CAPTURE(row.tightest);
        WorldOptions options{.site = small_site(200, row.campaign)};
        options.site.limits.channels = row.limits;
        options.site.servers[0].cap.channels = row.server;
        options.site.trunks[0].cap.channels = row.trunk;
        options.fate = [](const OriginateOrder&, Random&) { return Fate::answered; };
        World world(options);
        world.add_people(1, 2000);
        world.start();
        int most = 0;
        for (int i = 0; i < 300; ++i) {
            world.run_for(milliseconds{97});
            most = std::max(most, world.status(1).calls);
        }
        CHECK(most == row.most);
        CHECK(world.violations == std::vector<std::string>{});
    }
}

TEST_CASE("commits of 20 to 250 ms cost no throughput") {
    for (std::uint64_t seed = 1; seed <= 2; ++seed) {
        WorldOptions options{.seed = seed, .site = small_site(40, 500)};
        options.commit_from = milliseconds{20};
        options.commit_to = milliseconds{250};
        World world(options);
        world.add_people(1, 3000);
        world.start();
        world.run_for(seconds{32});
        world.check_rates();
        CHECK(world.violations == std::vector<std::string>{});
        check_long_run(world, 1, 40, 30);
    }
}

TEST_CASE("a slow campaign on a trunk holds up nobody else's calls, even with a slow disk") {
    Site site = shared_trunk(100, 1);
    site.campaigns[0].pacing.originates_per_second = 1;
    WorldOptions options{.site = site};
    options.commit_from = options.commit_to = milliseconds{200};
    World world(options);
    world.add_people(1, 500);
    world.add_people(2, 8000);
    world.start();
    world.run_for(seconds{32});
    world.check_rates();
    CHECK(world.violations == std::vector<std::string>{});
    check_long_run(world, 1, 1, 30);
    check_long_run(world, 2, 98.9, 30);
}

TEST_CASE("a server that answers no Originate holds up no other server of its trunk") {
    Site site = small_site(100, 1000);
    site.servers.push_back({"s2", {1000, 1000}});
    site.trunks[0].servers = {"s", "s2"};
    WorldOptions options{.site = site};
    World world(options);
    world.add_people(1, 8000);
    world.start();
    world.run_for(seconds{2});
    // From now on s tells nothing: its 32 Originates in doubt are as many as may be.
    world.mute = "s";
    const auto before = std::ranges::count(world.calls, "s2", &World::Call::server);
    world.run_for(seconds{10});
    CHECK(std::ranges::count(world.calls, "s2", &World::Call::server) - before >= 400);
    CHECK(world.violations == std::vector<std::string>{});
}

TEST_CASE("weights share a trunk: two to one, within 5 percent") {
    for (std::uint64_t seed = 1; seed <= 2; ++seed) {
        WorldOptions options{.seed = seed, .site = shared_trunk(30, 2)};
        options.commit_to = milliseconds{60};
        World world(options);
        world.add_people(1, 4000);
        world.add_people(2, 4000);
        world.start();
        world.run_for(seconds{50});
        const double share = static_cast<double>(world.sent(1)) / world.sent(2);
        CHECK(share == Approx(2).epsilon(0.05));
        CHECK(world.violations == std::vector<std::string>{});
    }
}

TEST_CASE("a campaign that joins later gets its share from then on, and no more") {
    for (const bool by_reload : {false, true}) {
        CAPTURE(by_reload);
        WorldOptions options{.site = shared_trunk(30, 1)};
        const Site both = options.site;
        if (by_reload) options.site.campaigns.pop_back();
        World world(options);
        world.add_people(1, 4000);
        world.add_people(2, 4000);
        world.start({{2, CampaignState::paused}});
        world.run_for(seconds{60});
        CHECK(world.sent(2) == 0);
        if (by_reload) {
            world.campaign(2).state = CampaignState::running;
            world.reload(both);
        } else {
            world.campaign(2).state = CampaignState::running;
            world.order(2, CampaignOrder::resume);
        }
        world.run_for(seconds{10});
        CHECK(world.sent_between(2, seconds{60}, seconds{70}) == Approx(148).margin(6));
        CHECK(world.sent_between(1, seconds{60}, seconds{70}) == Approx(148).margin(6));
    }
}

TEST_CASE("a campaign whose contacts were long not due does not shut the others out when they are") {
    WorldOptions options{.site = shared_trunk(20, 1)};
    options.site.campaigns[0].retry.max_attempts = 2;
    options.site.campaigns[0].retry.person[Disposition::busy] = {.after = hours{3}, .times = 5};
    World world(options);
    world.add_people(1, 1);  // its retry, hours away, keeps the campaign running
    world.add_people(2, 3000);
    world.start();
    world.run_for(minutes{1});
    REQUIRE(world.sent(1) == 1);
    world.add_people(1, 2000);
    world.give(ContactsAdded{.list = "list-c"});
    const int before = world.sent(2);
    world.run_for(seconds{10});
    CHECK(world.sent(2) - before == Approx(99).margin(4));
    CHECK(world.sent(1) == Approx(100).margin(4));
    CHECK(world.violations == std::vector<std::string>{});
}

TEST_CASE("a campaign with a cap of its own on a busy trunk gets nearly all of it, and the trunk is full") {
    // Nearly: where its own turn and the trunk's do not meet, it waits for the trunk's next.
    WorldOptions options{.site = shared_trunk(20, 1)};
    options.site.campaigns[0].pacing.originates_per_second = 9;
    World world(options);
    world.add_people(1, 3000);
    world.add_people(2, 3000);
    world.start();
    world.run_for(seconds{32});
    CHECK(world.sent_between(1, seconds{2}, seconds{32}) >= 0.85 * 9 * 30);
    CHECK(world.calls.size() >= 0.98 * 20 * 31);
    CHECK(world.violations == std::vector<std::string>{});
}

TEST_CASE("calls spread over a campaign's trunks and a trunk's servers") {
    Site site = small_site(60, 1000);
    site.servers.push_back({"s2", {1000, 10000}});
    site.trunks = {a_trunk("t", {"s", "s2"}, {20, 100}), a_trunk("u", {"s", "s2"}, {40, 100})};
    site.campaigns[0].trunks = {"t", "u"};
    WorldOptions options{.site = site};
    options.fate = [](const OriginateOrder&, Random&) { return Fate::ring_timeout; };
    World world(options);
    world.add_people(1, 5000);
    world.start();
    world.run_for(seconds{32});
    const auto on = [&](auto member, const char* name) { return std::ranges::count(world.calls, name, member); };
    CHECK(on(&World::Call::trunk, "t") >= 560);
    CHECK(on(&World::Call::trunk, "u") >= 560);
    CHECK(on(&World::Call::server, "s") == Approx(on(&World::Call::server, "s2")).epsilon(0.2));
    world.check_rates();
    CHECK(world.violations == std::vector<std::string>{});
}

TEST_CASE("a trunk where every call fails at once does not draw the calls of the others") {
    Site site = small_site(20, 1000);
    site.trunks = {a_trunk("dead", {"s"}, {100, 100}), a_trunk("good", {"s"}, {100, 100})};
    site.campaigns[0].trunks = {"dead", "good"};
    WorldOptions options{.site = site};
    options.fate = [](const OriginateOrder& order, Random&) {
        return order.channel.ends_with("@dead") ? Fate::unknown_endpoint : Fate::answered;
    };
    World world(options);
    world.add_people(1, 2000);
    world.start();
    world.run_for(seconds{20});
    CHECK(std::ranges::count(world.calls, "good", &World::Call::trunk) >= 160);
}

TEST_CASE("servers and trunks get calls in proportion to their free channels") {
    Site site = small_site(40, 1000);
    site.servers = {{"small", {1000, 100}}, {"large", {1000, 300}}};
    site.trunks = {a_trunk("t", {"small", "large"}, {1000, 1000})};
    site.campaigns[0].trunks = {"t"};
    World world({.site = site});
    world.add_people(1, 2000);
    world.start();
    world.run_for(seconds{22});
    const auto on = [&](const char* name) {
        return static_cast<double>(std::ranges::count(world.calls, name, &World::Call::server));
    };
    REQUIRE(on("small") > 100);
    CHECK(on("large") / on("small") == Approx(3).epsilon(0.15));
    CHECK(world.violations == std::vector<std::string>{});
}

TEST_CASE("caller ids are the campaign's own, or the trunk's in turn") {
    Site site = small_site(20, 50);
    site.trunks[0].caller_ids = {"+18005550001", "+18005550002"};
    site.campaigns.push_back(a_campaign("d", {"t"}, 20, 50));
    site.campaigns[1].caller_id_number = "+18005559999";
    World world({.site = site});
    world.add_people(1, 40);
    world.add_people(2, 40);
    world.start();
    world.run_for(seconds{20});
    std::map<std::pair<std::int64_t, std::string>, int> used;
    for (const auto& request : world.claim_requests) {
        for (const auto& slot : request.slots) ++used[{request.campaign.value, slot.caller_id}];
    }
    CHECK(used.size() == 3);
    CHECK(used[{1, "+18005550001"}] >= 20);
    CHECK(used[{1, "+18005550002"}] >= 20);
    CHECK(used[{2, "+18005559999"}] >= 40);
}

TEST_CASE("at most 32 Originates are in doubt on one server") {
    WorldOptions options{.site = small_site(500, 1000)};
    options.drop = 1;
    World world(options);
    world.add_people(1, 500);
    world.start();
    world.run_for(seconds{3});
    CHECK(world.most_unanswered == 32);
    CHECK(world.calls.size() == 32);
    CHECK(world.count(Disposition::canceled) >= 1);  // what was in hand for it went back after two seconds
    CHECK(world.status(1).calls == 32);
}

TEST_CASE("an engine with nothing to do hardly wakes") {
    SECTION("no contact is due for hours") {
        WorldOptions options{.site = small_site(50, 10)};
        options.site.campaigns[0].retry.max_attempts = 2;
        options.site.campaigns[0].retry.person[Disposition::busy] = {.after = hours{3}, .times = 5};
        World world(options);
        world.add_people(1, 1);
        world.start();
        world.run_for(seconds{30});
        const auto before = world.ticks;
        world.run_for(minutes{10});
        CHECK(world.ticks - before <= 60);
    }
    SECTION("all channels are taken by long talks") {
        WorldOptions options{.site = small_site(50, 10)};
        options.fate = [](const OriginateOrder&, Random&) { return Fate::answered; };
        options.talk_from = options.talk_to = hours{2};
        World world(options);
        world.add_people(1, 50);
        world.start();
        world.run_for(seconds{30});
        const auto before = world.ticks;
        world.run_for(minutes{10});
        CHECK(world.ticks - before <= 60);
    }
    SECTION("its servers are down") {
        World world({.site = small_site(50, 10)});
        world.add_people(1, 50);
        world.start();
        world.run_for(milliseconds{50});
        world.server_down("s", false);
        world.run_for(minutes{2});
        const auto before = world.ticks;
        world.run_for(minutes{10});
        CHECK(world.ticks - before <= 60);
    }
    SECTION("a rate of one call in twenty seconds") {
        World world({.site = small_site(0.05, 10)});
        world.add_people(1, 100);
        world.start();
        world.run_for(minutes{10});
        CHECK(world.calls.size() == Approx(30).margin(1));
        CHECK(world.ticks <= 30 * 8);
    }
    SECTION("a busy one wakes a few times a call") {
        World world({.site = small_site(100, 1000)});
        world.add_people(1, 10000);
        world.start();
        world.run_for(seconds{30});
        CHECK(world.ticks <= 30 * 300);
    }
}

TEST_CASE("a wall clock that was set back does not delay the next question by as much") {
    Engine engine{1};
    const Site site = small_site();
    const auto at = [](std::int64_t ms, std::int64_t utc_shift_ms) {
        return Now{from_unix_ms(1'800'000'000'000 + ms + utc_shift_ms), SteadyTime{milliseconds{1'000'000 + ms}}};
    };
    const auto feed = [&](const Now& now, const Input& input) { return engine.step(now, input); };
    (void)feed(at(0, 0), SiteChanged{site, records_of(site)});
    (void)feed(at(0, 0), ServerUp{"s"});
    const auto first = feed(at(20, 0), ChannelList{.server = "s", .asked_at = at(0, 0).steady, .rows = {}});
    const auto& request = std::get<ClaimRequest>(first.at(0));
    (void)feed(at(25, 0),
               ClaimResult{.campaign = request.campaign, .claims = {}, .unused = request.slots, .next_due_at = {}});
    // An hour back: the next question comes a minute later, when the clock has settled, and not in an hour.
    REQUIRE(engine.next_wakeup() <= at(1200, 0).steady);
    const auto second = feed(at(1200, -3'600'000), Tick{});
    REQUIRE(second.size() == 1);
    CHECK(std::get<Alert>(second.at(0)).about == "clock");
    REQUIRE(engine.next_wakeup() <= at(61'200, 0).steady);
    const auto third = feed(at(61'200, -3'600'000), Tick{});
    CHECK(std::ranges::any_of(third,
                              [](const Command& command) { return std::holds_alternative<ClaimRequest>(command); }));
}

TEST_CASE("after a restart every rate counts what the run before may have sent in its last moment") {
    const auto first_call = [](double rate, bool dialed_before) {
        World world({.site = small_site(rate, 50), .dialed_before = dialed_before});
        world.add_people(1, 100);
        world.start();
        world.run_for(seconds{15});
        REQUIRE_FALSE(world.calls.empty());
        return world.calls.front().sent_at - SteadyTime{seconds{1000}};
    };
    CHECK(first_call(20, true) >= seconds{1});
    CHECK(first_call(0.1, true) >= seconds{10});
    CHECK(first_call(20, false) < milliseconds{500});
}
