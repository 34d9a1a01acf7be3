// What becomes of calls: at most one Originate each, every attempt ends, every slot comes back.
#include <catch2/catch.hpp>

#include "core/engine_world.hpp"

using namespace outdial;
using namespace outdial::test;

namespace {

constexpr std::array every_fate{Fate::answered,         Fate::machine,         Fate::busy,     Fate::ring_timeout,
                                Fate::old_ring_timeout, Fate::declined,        Fate::rejected, Fate::not_found,
                                Fate::congestion,       Fate::unknown_endpoint};

Fate any_fate(const OriginateOrder&, Random& random) { return every_fate[random.below(every_fate.size())]; }

bool was_right(Disposition disposition, const World::Call& call) {
    switch (call.fate) {
        case Fate::answered: return disposition == Disposition::answered;
        case Fate::machine: return disposition == Disposition::machine;
        case Fate::busy: return disposition == Disposition::busy;
        case Fate::ring_timeout:
        case Fate::old_ring_timeout: return disposition == Disposition::no_answer;
        case Fate::declined: return disposition == Disposition::declined;
        case Fate::rejected: return disposition == Disposition::rejected;
        case Fate::not_found: return disposition == Disposition::invalid_number;
        case Fate::congestion: return disposition == Disposition::congestion;
        case Fate::unknown_endpoint: return disposition == Disposition::unreachable;
        case Fate::refused: return disposition == Disposition::failed;
    }
    return false;
}

WorldOptions mixed(std::uint64_t seed) {
    WorldOptions options{.seed = seed, .site = small_site(50, 100)};
    options.fate = any_fate;
    options.site.campaigns[0].retry.technical.times = 0;
    return options;
}

}  // namespace

TEST_CASE("every call is settled once, with its true outcome, and every slot comes back") {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        CAPTURE(seed);
        WorldOptions options = mixed(seed);
        options.check_slots = true;
        World world(options);
        world.add_people(1, 150);
        world.start();
        world.run_until_settled(minutes{2});
        REQUIRE(world.violations == std::vector<std::string>{});
        REQUIRE(world.calls.size() == 150);
        REQUIRE(world.settlements.size() == 150);
        for (const auto& call : world.calls) {
            INFO("fate " << static_cast<int>(call.fate));
            REQUIRE(was_right(world.settlements.at(call.attempt).disposition, call));
        }
        REQUIRE(world.status(1).calls == 0);
        REQUIRE(world.engine().status(world.now()).events_without_attempt == 0);
        world.check_rates();
        REQUIRE(world.violations == std::vector<std::string>{});
    }
}

TEST_CASE("a campaign whose contacts are all done becomes finished") {
    World world(mixed(7));
    world.add_people(1, 30);
    world.start();
    world.run_for(seconds{60});
    CHECK(world.campaign(1).state == CampaignState::finished);
    CHECK(world.violations == std::vector<std::string>{});
}

TEST_CASE("events that are dropped, repeated and late leave every attempt settled and answered calls answered") {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        CAPTURE(seed);
        WorldOptions options = mixed(seed);
        options.drop = 0.1;
        options.repeat = 0.1;
        options.late = 0.02;
        World world(options);
        world.add_people(1, 200);
        world.start();
        world.run_until_settled(minutes{20});
        REQUIRE(world.violations == std::vector<std::string>{});
        REQUIRE(world.unsettled() == 0);
        REQUIRE(world.engine().live_attempts() == 0);
        REQUIRE(world.status(1).calls == 0);
        int answered_unseen = 0;
        for (const auto& call : world.calls) {
            const Disposition disposition = world.settlements.at(call.attempt).disposition;
            if (disposition == Disposition::answered || disposition == Disposition::machine) REQUIRE(call.was_up);
            if (!call.was_up) continue;
            // All three signs of an answer may be lost, but then it is not taken for a technical failure or a refusal.
            if (disposition != Disposition::answered && disposition != Disposition::machine) {
                ++answered_unseen;
                REQUIRE((disposition == Disposition::lost || disposition == Disposition::no_answer));
            }
        }
        REQUIRE(answered_unseen <= 2);
    }
}

TEST_CASE("without any event at all every attempt ends as lost, found missing from two lists of channels") {
    WorldOptions options = mixed(3);
    options.drop = 1;
    World world(options);
    world.add_people(1, 30);  // fewer than an originate window
    world.start();
    world.run_until_settled(minutes{5});
    CHECK(world.settlements.size() == 30);
    for (const auto& [id, settlement] : world.settlements) {
        CAPTURE(to_text(settlement.disposition));
        CHECK((settlement.disposition == Disposition::lost || settlement.disposition == Disposition::answered));
        if (settlement.disposition == Disposition::lost) CHECK(settlement.next.charged);
    }
    CHECK(world.violations == std::vector<std::string>{});
}

TEST_CASE("a channel that rings on long after its timeout is hung up") {
    WorldOptions options{.site = small_site()};
    options.fate = [](const OriginateOrder&, Random&) { return Fate::busy; };
    options.ring_from = options.ring_to = hours{10};
    World world(options);
    world.add_people(1, 1);
    world.start();
    world.run_for(minutes{3});
    REQUIRE(world.hang_ups.size() == 1);
    CHECK(world.hang_ups[0].attempt == world.calls.at(0).attempt);
    CHECK(world.count(Disposition::canceled) == 1);
}

TEST_CASE("an answered call that talks for hours stays live until its end, whoever missed the Hangup") {
    WorldOptions options{.site = small_site()};
    options.fate = [](const OriginateOrder&, Random&) { return Fate::answered; };
    options.talk_from = options.talk_to = hours{5};
    World world(options);
    world.add_people(1, 3);
    world.start();
    world.run_for(hours{4});
    CHECK(world.engine().live_attempts() == 3);
    CHECK(world.hang_ups.empty());
    world.options.drop = 1;  // the Hangups are lost
    world.run_for(hours{2});
    CHECK(world.count(Disposition::answered) == 3);
    CHECK(world.engine().live_attempts() == 0);
    CHECK(world.violations == std::vector<std::string>{});
}

TEST_CASE("the engine asks for no more contacts than it has room for, and gives unused slots back") {
    WorldOptions options{.site = small_site(50, 10)};
    options.fate = [](const OriginateOrder&, Random&) { return Fate::answered; };
    options.talk_from = options.talk_to = hours{1};
    options.check_slots = true;
    World world(options);
    world.add_people(1, 4);
    world.start();
    world.run_for(seconds{10});
    CHECK(world.status(1).calls == 4);
    world.add_people(1, 20);
    world.run_for(seconds{10});
    CHECK(world.status(1).calls == 10);
    CHECK(world.calls.size() == 10);
    CHECK(world.violations == std::vector<std::string>{});
}

TEST_CASE("a claim that fails frees its slots and is tried again a second later") {
    WorldOptions options{.site = small_site(5, 10)};
    options.check_slots = true;
    World world(options);
    world.store_fails = 3;
    world.add_people(1, 5);
    world.start();
    world.run_for(milliseconds{900});
    CHECK(world.calls.empty());
    CHECK(world.status(1).calls == 0);
    world.run_for(seconds{30});
    CHECK(world.calls.size() == 5);
    CHECK(world.violations == std::vector<std::string>{});
}

TEST_CASE("a retry that becomes due while a claim is under way is not forgotten") {
    Site site = small_site(50, 10);
    site.campaigns[0].retry.max_attempts = 2;
    site.campaigns[0].retry.person[Disposition::busy] = {.after = seconds{2}, .times = 5};
    Engine engine{1};
    const auto at = [](int ms) {
        return Now{from_unix_ms(1'800'000'000'000 + ms), SteadyTime{milliseconds{1'000'000 + ms}}};
    };
    const auto claimed_by = [&](int ms, const Input& input) {
        std::optional<ClaimRequest> request;
        for (const Command& command : engine.step(at(ms), input)) {
            if (const auto* given = std::get_if<ClaimRequest>(&command)) request = *given;
        }
        return request;
    };
    (void)claimed_by(0, SiteChanged{site, records_of(site)});
    (void)claimed_by(0, ServerUp{"s"});
    auto request = claimed_by(20, ChannelList{.server = "s", .asked_at = at(0).steady, .rows = {}});
    REQUIRE(request);
    Claim claim{.slot = request->slots.back(),
                .campaign = request->campaign,
                .contact = {},
                .history = {},
                .claimed_at = at(20).utc,
                .facts = {}};
    claim.contact.numbers = {{.e164 = "+12125550100", .country_code_digits = 1}};
    request->slots.pop_back();
    (void)claimed_by(
        25, ClaimResult{.campaign = request->campaign, .claims = {claim}, .unused = request->slots, .next_due_at = {}});
    request = claimed_by(1100, Tick{});
    REQUIRE(request);
    // While this claim is under way the first call ends busy: its retry is due in two seconds.
    for (const auto kind :
         {ChannelEvent::Kind::end_requested, ChannelEvent::Kind::originate_failed, ChannelEvent::Kind::hung_up}) {
        (void)claimed_by(1110,
                         AttemptEvent{claim.slot.attempt,
                                      {.kind = kind, .at = at(1110).utc, .cause = 17, .tech_cause = {}, .text = {}}});
    }
    REQUIRE(engine.live_attempts() == 0);
    // The claim's answer was written before: to its knowledge nothing is due for hours.
    (void)claimed_by(1120, ClaimResult{.campaign = request->campaign,
                                       .claims = {},
                                       .unused = request->slots,
                                       .next_due_at = at(1120).utc + hours{3}});
    CHECK_FALSE(claimed_by(3000, Tick{}));
    CHECK(engine.next_wakeup() <= at(3110).steady);
    CHECK(claimed_by(3110, Tick{}));
}

TEST_CASE("an Originate that Asterisk did not answer is not sent again") {
    WorldOptions options{.site = small_site()};
    options.fate = [](const OriginateOrder&, Random&) { return Fate::answered; };
    options.talk_from = options.talk_to = minutes{1};
    World world(options);
    world.add_people(1, 1);
    world.start();
    world.run_for(milliseconds{500});
    REQUIRE(world.calls.size() == 1);
    using Kind = ChannelEvent::Kind;
    const auto at = world.now().utc;
    world.give(AttemptEvent{.attempt = world.calls[0].attempt,
                            .event = {.kind = Kind::unanswered, .at = at, .cause = {}, .tech_cause = {}, .text = {}}});
    CHECK(world.engine().live_attempts() == 1);  // it may be ringing
    world.run_for(minutes{5});
    CHECK(world.calls.size() == 1);
    CHECK(world.settlements.size() == 1);
    CHECK(world.violations == std::vector<std::string>{});
}

TEST_CASE("contacts that are imported into a waiting campaign's list are dialed at once") {
    WorldOptions options{.site = small_site(50, 10)};
    options.site.campaigns[0].retry.max_attempts = 2;
    options.site.campaigns[0].retry.person[Disposition::busy] = {.after = hours{3}, .times = 5};
    World world(options);
    world.add_people(1, 1);
    world.start();
    world.run_for(minutes{10});
    REQUIRE(world.calls.size() == 1);
    world.add_people(1, 1);
    world.give(ContactsAdded{.list = "list-c"});
    world.run_for(seconds{1});
    CHECK(world.calls.size() == 2);
}

TEST_CASE("late events of a settled attempt are counted and change nothing") {
    World world({.site = small_site()});
    world.add_people(1, 1);
    world.start();
    world.run_for(seconds{10});
    REQUIRE(world.settlements.size() == 1);
    const AttemptId attempt = world.calls[0].attempt;
    world.give(AttemptEvent{
        .attempt = attempt,
        .event = {
            .kind = ChannelEvent::Kind::answered, .at = world.now().utc, .cause = {}, .tech_cause = {}, .text = {}}});
    CHECK(world.engine().live_attempts() == 0);
    CHECK(world.engine().status(world.now()).events_without_attempt == 1);
    CHECK(world.settlements.size() == 1);
}

TEST_CASE("an attempt whose Originate could not be written goes back uncharged") {
    WorldOptions options{.site = small_site()};
    options.drop = 1;
    World world(options);
    world.add_people(1, 1);
    world.start();
    world.run_for(milliseconds{500});
    REQUIRE(world.calls.size() == 1);
    world.give(AttemptEvent{
        .attempt = world.calls[0].attempt,
        .event = {
            .kind = ChannelEvent::Kind::not_sent, .at = world.now().utc, .cause = {}, .tech_cause = {}, .text = {}}});
    REQUIRE(world.settlements.size() == 1);
    const Settlement& settlement = world.settlements.begin()->second;
    CHECK(settlement.disposition == Disposition::canceled);
    CHECK_FALSE(settlement.next.charged);
    CHECK(settlement.next.kind == NextStep::Kind::retry);
    CHECK(world.status(1).calls == 0);
}
