// Servers come and go; refusals; what an earlier run left behind.
#include <catch2/catch.hpp>
#include <set>

#include "core/engine_world.hpp"

using namespace outdial;
using namespace outdial::test;

namespace {

WorldOptions talks(Microseconds length) {
    WorldOptions options{.site = small_site(50, 1000)};
    options.fate = [](const OriginateOrder&, Random&) { return Fate::answered; };
    options.talk_from = options.talk_to = length;
    return options;
}

Claim left_behind(World& world, std::uint64_t number, const std::string& server = "s") {
    Random random{number};
    Claim claim;
    claim.slot = {.attempt = AttemptId::make(world.now().utc, random), .trunk = "t", .server = server, .caller_id = {}};
    claim.campaign = campaign_id(1);
    claim.contact.id = ContactId{static_cast<std::int64_t>(1'000'000 + number)};
    claim.contact.numbers = {{.e164 = "+12125550100", .country_code_digits = 1}};
    claim.claimed_at = world.now().utc - minutes{1};
    return claim;
}

std::vector<Settlement> settled_by(const std::vector<Command>& commands) {
    std::vector<Settlement> settlements;
    for (const Command& command : commands) {
        if (const auto* settlement = std::get_if<Settlement>(&command)) settlements.push_back(*settlement);
    }
    return settlements;
}

template <class Kind>
int count_of(const std::vector<Command>& commands) {
    return static_cast<int>(
        std::ranges::count_if(commands, [](const Command& command) { return std::holds_alternative<Kind>(command); }));
}

}  // namespace

TEST_CASE("nothing is dialed through a server before its channels were listed") {
    World world(talks(seconds{1}));  // the world objects to any Originate before the list
    world.add_people(1, 100);
    world.start();
    world.run_for(milliseconds{5});
    CHECK(world.claim_requests.empty());
    world.run_for(seconds{5});
    CHECK(world.calls.size() == 100);
    CHECK(world.violations == std::vector<std::string>{});
}

TEST_CASE("after a lost link calls that live are adopted and end as what they are") {
    World world(talks(seconds{40}));
    world.add_people(1, 20);
    world.start();
    world.run_for(seconds{10});
    world.server_down("s", true);
    world.run_for(seconds{10});
    CHECK(world.engine().live_attempts() == 20);
    world.server_up("s");
    world.run_for(seconds{60});
    CHECK(world.count(Disposition::answered) == 20);
    CHECK(world.hang_ups.empty());
    CHECK(world.status(1).calls == 0);
    CHECK(world.violations == std::vector<std::string>{});
}

TEST_CASE("an answer given while the link was down is learnt from the list of channels") {
    WorldOptions options = talks(seconds{40});
    options.ring_from = options.ring_to = seconds{5};
    World world(options);
    world.add_people(1, 10);
    world.start();
    world.run_for(seconds{2});
    world.server_down("s", true);
    world.run_for(seconds{8});
    world.server_up("s");
    world.run_for(minutes{2});
    CHECK(world.count(Disposition::answered) == 10);
    CHECK(world.unsettled() == 0);
}

TEST_CASE("calls that ended with their server are settled: answered if an answer was seen, else lost") {
    WorldOptions options = talks(hours{1});
    options.site.campaigns[0].pacing.originates_per_second = 5;
    options.ring_from = options.ring_to = seconds{2};
    World world(options);
    world.add_people(1, 30);
    world.start();
    world.run_for(seconds{5});
    const auto up = std::ranges::count(world.calls, true, &World::Call::was_up);
    const auto sent = static_cast<int>(world.calls.size());
    REQUIRE(up > 5);
    world.server_down("s", false);
    world.run_for(seconds{3});
    world.server_up("s");
    world.run_for(seconds{15});
    const auto ended = [&](Disposition disposition) {
        int total = 0;
        for (int i = 0; i < sent; ++i) {
            const auto found = world.settlements.find(world.calls[static_cast<std::size_t>(i)].attempt);
            total += found != world.settlements.end() && found->second.disposition == disposition ? 1 : 0;
        }
        return total;
    };
    CHECK(ended(Disposition::answered) == up);
    CHECK(ended(Disposition::lost) == sent - up);
    CHECK(world.violations == std::vector<std::string>{});
}

TEST_CASE("calls that died with a server which is back at once are settled within seconds, not minutes") {
    WorldOptions options{.site = small_site(20, 100)};
    options.fate = [](const OriginateOrder&, Random&) { return Fate::answered; };
    options.talk_from = options.talk_to = minutes{10};
    World world(options);
    world.add_people(1, 30);
    world.start();
    world.run_for(seconds{2});
    std::set<AttemptId> died;
    for (const auto& call : world.calls) died.insert(call.attempt);
    REQUIRE(died.size() > 20);
    world.server_down("s", false);
    world.run_for(seconds{2});
    world.server_up("s");
    world.run_for(seconds{10});
    CHECK(std::ranges::all_of(died, [&](const AttemptId& attempt) { return world.settlements.contains(attempt); }));
}

TEST_CASE("a server that stays down does not keep its attempts for ever") {
    World world(talks(hours{10}));
    world.add_people(1, 10);
    world.start();
    world.run_for(seconds{10});
    world.server_down("s", true);
    world.run_for(minutes{30});
    CHECK(world.engine().live_attempts() == 10);  // they were answered and may still talk
    world.run_for(hours{2});
    CHECK(world.engine().live_attempts() == 0);
    CHECK(world.count(Disposition::answered) == 10);
}

TEST_CASE("links that break again and again break no rule and lose no attempt") {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        CAPTURE(seed);
        WorldOptions options{.seed = seed, .site = small_site(30, 60)};
        options.site.servers.push_back({"s2", {20, 40}});
        options.site.trunks[0].servers = {"s", "s2"};
        options.site.trunks[0].cap = {40, 70};
        auto& retry = options.site.campaigns[0].retry;
        retry.max_attempts = 3;
        retry.person[Disposition::busy] = {.after = seconds{5}, .times = 3};
        retry.lost_after = seconds{20};
        options.fate = [](const OriginateOrder&, Random& random) {
            return random.below(2) == 0 ? Fate::busy : Fate::answered;
        };
        options.drop = 0.02;
        World world(options);
        world.add_people(1, 300, 2);
        world.start();
        Random random{seed};
        for (int i = 0; i < 12; ++i) {
            const std::string server = random.below(2) == 0 ? "s" : "s2";
            world.run_for(Microseconds{random.below(6'000'000)});
            world.server_down(server, random.below(2) == 0);
            world.run_for(Microseconds{random.below(4'000'000)});
            world.server_up(server);
        }
        world.run_until_settled(minutes{30});
        world.run_for(minutes{5});
        world.run_until_settled(minutes{30});
        REQUIRE(world.violations == std::vector<std::string>{});
        REQUIRE(world.unsettled() == 0);
        world.check_rates();
        REQUIRE(world.violations == std::vector<std::string>{});
        REQUIRE(world.campaign(1).state == CampaignState::finished);
        for (const auto& person : world.campaign(1).people) {
            REQUIRE(person.state == World::Person::State::done);
            REQUIRE(person.history.charged <= 3);
        }
    }
}

TEST_CASE("a draining server gets no new calls, and its claims in hand go back") {
    World world(talks(seconds{20}));
    world.add_people(1, 1000);
    world.start();
    world.run_for(seconds{3});
    world.server_draining("s");
    const auto before = world.calls.size();
    world.run_for(seconds{30});
    CHECK(world.calls.size() == before);
    CHECK(world.count(Disposition::answered) == static_cast<int>(before));
    CHECK(world.unsettled() == 0);
    CHECK(world.violations == std::vector<std::string>{});
}

TEST_CASE("refused Originates hold the campaign with one alert, one probe at a time, until one is accepted") {
    WorldOptions options{.site = small_site(50, 1000)};
    bool broken = true;
    options.fate = [&](const OriginateOrder&, Random&) { return broken ? Fate::refused : Fate::busy; };
    options.site.campaigns[0].retry.technical = {.after = minutes{1}, .times = 5};
    World world(options);
    world.add_people(1, 2000);
    world.start();
    world.run_for(minutes{2});
    CHECK(world.alerts.size() == 1);
    CHECK(world.alerts.at(0).about == "c");
    CHECK_THAT(world.alerts.at(0).text, Catch::Contains("Extension does not exist."));
    CHECK(world.calls.size() <= 14);  // three, and probes after 1, 2, 4, ... seconds
    CHECK(world.calls.size() >= 7);
    for (std::size_t i = 4; i < world.calls.size(); ++i) {
        CHECK(world.calls[i].sent_at - world.calls[i - 1].sent_at >= seconds{1});
    }
    for (const auto& [id, settlement] : world.settlements) CHECK_FALSE(settlement.next.charged);
    CHECK_THAT(world.status(1).waiting_for, Catch::Contains("refuses its calls"));

    broken = false;
    world.run_for(minutes{2});
    CHECK(world.sent(1) >= 2000);
    CHECK(world.violations == std::vector<std::string>{});
}

TEST_CASE("refusals of calls that were sent before the hold do not lengthen it") {
    WorldOptions options{.site = small_site(500, 1000)};
    options.fate = [](const OriginateOrder&, Random&) { return Fate::refused; };
    options.jitter = milliseconds{300};  // some thirty are refused after the third
    World world(options);
    world.add_people(1, 2000);
    world.start();
    world.run_for(milliseconds{600});
    REQUIRE(world.calls.size() > 20);
    const auto before = world.calls.size();
    world.run_for(milliseconds{1500});
    CHECK(world.calls.size() == before + 1);
}

TEST_CASE("a held campaign is probed although others of its calls still talk") {
    WorldOptions options = talks(hours{1});
    bool broken = false;
    options.fate = [&](const OriginateOrder&, Random&) { return broken ? Fate::refused : Fate::answered; };
    World world(options);
    world.add_people(1, 2000);
    world.start();
    world.run_for(seconds{2});
    broken = true;
    world.run_for(seconds{10});
    broken = false;
    const auto before = world.calls.size();
    world.run_for(seconds{20});
    CHECK(world.calls.size() > before + 100);
}

TEST_CASE("what an earlier run left is adopted when its channel lives, and lost when it does not") {
    World world(talks(seconds{1}));
    const Claim alive = left_behind(world, 1);
    Claim dead = left_behind(world, 2);
    Claim ended = left_behind(world, 3);
    ended.facts.originated_at = ended.facts.created_at = ended.facts.ended_at = ended.claimed_at;
    ended.facts.originate_failed_at = ended.claimed_at;
    ended.facts.hangup_cause = 17;
    Engine engine{9};
    const auto at = [&](int ms) {
        return Now{world.now().utc + milliseconds{ms}, world.now().steady + milliseconds{ms}};
    };

    // In either order: the attempts may be loaded before the configuration is given.
    for (const bool attempts_first : {false, true}) {
        CAPTURE(attempts_first);
        Engine fresh{9};
        const SiteChanged site{.site = world.options.site, .records = records_of(world.options.site)};
        if (!attempts_first) (void)fresh.step(at(0), site);
        const auto found = settled_by(fresh.step(at(0), AttemptsFound{.claims = {alive, dead, ended}}));
        REQUIRE(found.size() == 1);
        CHECK(found[0].attempt == ended.slot.attempt);
        CHECK(found[0].disposition == Disposition::busy);
        if (attempts_first) (void)fresh.step(at(0), site);
        CHECK(fresh.campaign("c")->state == CampaignState::running);
        CHECK(fresh.status(at(0)).all.calls == 2);
        (void)fresh.step(at(10), ServerUp{"s"});
        const ChannelList::Row row{.attempt = alive.slot.attempt, .up = true};
        const auto first = fresh.step(at(20), ChannelList{.server = "s", .asked_at = at(10).steady, .rows = {row}});
        CHECK(settled_by(first).empty());
        // Whether `alive` left in the earlier run's last second is not known: the rates count as if it had.
        CHECK(count_of<ClaimRequest>(first) + count_of<ClaimRequest>(fresh.step(at(1100), Tick{})) == 1);
        CHECK(fresh.next_wakeup() <= at(3100).steady);
        CHECK(count_of<ListChannels>(fresh.step(at(3100), Tick{})) == 1);
        const auto second =
            settled_by(fresh.step(at(3110), ChannelList{.server = "s", .asked_at = at(3100).steady, .rows = {row}}));
        REQUIRE(second.size() == 1);
        CHECK(second[0].attempt == dead.slot.attempt);
        CHECK(second[0].disposition == Disposition::lost);
        CHECK(second[0].next.charged);
        CHECK(fresh.live_attempts() == 1);
        const ChannelEvent hangup{
            .kind = ChannelEvent::Kind::hung_up, .at = at(4000).utc, .cause = 16, .tech_cause = {}, .text = {}};
        const auto last = settled_by(fresh.step(at(4000), AttemptEvent{alive.slot.attempt, hangup}));
        REQUIRE(last.size() == 1);
        CHECK(last[0].disposition == Disposition::answered);
    }
}

TEST_CASE("an attempt of a campaign, trunk and server that are gone is settled, and its contact left to its rules") {
    World world(talks(seconds{1}));
    Claim claim = left_behind(world, 1, "gone");
    claim.slot.trunk = "gone";
    claim.campaign = campaign_id(77);
    claim.facts.originated_at = claim.facts.created_at = claim.facts.ringing_at = claim.claimed_at;
    claim.facts.ended_at = claim.facts.originate_failed_at = claim.claimed_at;
    claim.facts.hangup_cause = 19;
    Engine engine{1};
    (void)engine.step(world.now(), SiteChanged{world.options.site, records_of(world.options.site)});
    const auto settled = settled_by(engine.step(world.now(), AttemptsFound{.claims = {claim}}));
    REQUIRE(settled.size() == 1);
    CHECK(settled[0].disposition == Disposition::no_answer);
    CHECK(settled[0].next.kind == NextStep::Kind::retry);
    CHECK(settled[0].next.due_at == world.now().utc + hours{24});
    CHECK(engine.status(world.now()).campaigns.size() == 1);
}

TEST_CASE(
    "a call that is heard of between two lists without it lives on: they are no barrier in the stream of events") {
    World world(talks(seconds{1}));
    const auto at = [&](std::int64_t ms) {
        return Now{world.now().utc + milliseconds{ms}, world.now().steady + milliseconds{ms}};
    };
    const auto listed_without_it = [&](std::int64_t ms) {
        return ChannelList{.server = "s", .asked_at = at(ms).steady, .rows = {}};
    };
    const Site& site = world.options.site;
    const Claim claim = left_behind(world, 1);
    Engine engine{1};
    (void)engine.step(at(0), SiteChanged{site, records_of(site, {{1, CampaignState::paused}})});
    (void)engine.step(at(0), AttemptsFound{.claims = {claim}});
    (void)engine.step(at(10), ServerUp{"s"});
    CHECK(settled_by(engine.step(at(20), listed_without_it(10))).empty());
    (void)engine.step(
        at(2000),
        AttemptEvent{
            claim.slot.attempt,
            {.kind = ChannelEvent::Kind::ringing, .at = at(2000).utc, .cause = {}, .tech_cause = {}, .text = {}}});
    CHECK(count_of<ListChannels>(engine.step(at(3100), Tick{})) == 1);
    CHECK(settled_by(engine.step(at(3110), listed_without_it(3100))).empty());
    CHECK(engine.live_attempts() == 1);

    // Nothing more is heard of it: two lists in a row say that it is over, counted from here.
    CHECK(count_of<ListChannels>(engine.step(at(63200), Tick{})) == 1);
    CHECK(settled_by(engine.step(at(63210), listed_without_it(63200))).empty());
    CHECK(count_of<ListChannels>(engine.step(at(66300), Tick{})) == 1);
    const auto settled = settled_by(engine.step(at(66310), listed_without_it(66300)));
    REQUIRE(settled.size() == 1);
    CHECK(settled[0].disposition == Disposition::lost);
}

TEST_CASE("a call of an earlier run on a server that cannot be reached counts until it would have timed out") {
    World world(talks(seconds{1}));
    Site site = world.options.site;
    site.campaigns.at(0).ring_timeout = seconds{20};
    const auto at = [&](std::int64_t ms) {
        return Now{world.now().utc + milliseconds{ms}, world.now().steady + milliseconds{ms}};
    };
    const Claim unknown = left_behind(world, 1);
    Engine engine{1};
    (void)engine.step(at(0), SiteChanged{site, records_of(site, {{1, CampaignState::paused}})});
    (void)engine.step(at(0), AttemptsFound{.claims = {unknown}});
    std::int64_t ms = 0;
    // It may have left just before the start: 20 s and 15 s of grace.
    for (; ms < 35'000; ms += 100) REQUIRE(settled_by(engine.step(at(ms), Tick{})).empty());
    for (; ms < 45'000 && engine.live_attempts() > 0; ms += 100) (void)engine.step(at(ms), Tick{});
    CHECK(engine.live_attempts() == 0);
}

TEST_CASE("calls that ended unseen get their outcome from the server's call records, where it keeps them") {
    World world(talks(seconds{1}));
    Site site = world.options.site;
    site.servers.at(0).has_call_records = true;
    const auto at = [&](std::int64_t ms) {
        return Now{world.now().utc + milliseconds{ms}, world.now().steady + milliseconds{ms}};
    };
    const Claim answered = left_behind(world, 1);
    const Claim unknown = left_behind(world, 2);
    Engine engine{1};
    (void)engine.step(at(0), SiteChanged{site, records_of(site, {{1, CampaignState::paused}})});
    (void)engine.step(at(0), AttemptsFound{.claims = {answered, unknown}});
    (void)engine.step(at(10), ServerUp{"s"});
    CHECK(settled_by(engine.step(at(20), ChannelList{.server = "s", .asked_at = at(10).steady, .rows = {}})).empty());
    (void)engine.step(at(3100), Tick{});
    const auto second = engine.step(at(3110), ChannelList{.server = "s", .asked_at = at(3100).steady, .rows = {}});
    CHECK(settled_by(second).empty());
    REQUIRE(count_of<FindCallRecords>(second) == 1);

    const auto tell = [&](ChannelEvent::Kind kind, std::optional<int> cause) {
        return AttemptEvent{answered.slot.attempt,
                            {.kind = kind, .at = at(0).utc, .cause = cause, .tech_cause = {}, .text = {}}};
    };
    const auto settled = settled_by(engine.step(
        at(3200),
        CallRecordsFound{.asked = {answered.slot.attempt, unknown.slot.attempt},
                         .events = {tell(ChannelEvent::Kind::answered, {}), tell(ChannelEvent::Kind::hung_up, 16)}}));
    REQUIRE(settled.size() == 2);
    for (const Settlement& settlement : settled) {
        const bool known = settlement.attempt == answered.slot.attempt;
        CHECK(settlement.disposition == (known ? Disposition::answered : Disposition::lost));
    }
    CHECK(engine.live_attempts() == 0);
}
