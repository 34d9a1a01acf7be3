// Only who may be called now is claimed: tests/support/plain_geography.hpp is the world.
#include <algorithm>

#include "fixture.hpp"
#include "store/database.hpp"
#include "store/migrations.hpp"
#include "support/plain_geography.hpp"

namespace outdial::store {

using namespace std::chrono_literals;

namespace {

// 2027-01-15 is a Friday; `noon` is 08:00 there, by UTC.
constexpr UtcTime midnight = noon - 8h;

SharedCallingRules from_to(int opens_hour, int closes_hour, const std::string& zone_of_unknown = "") {
    return std::make_shared<CallingRules>(
        CallingRules{{{"calling_hours", {}, daily({{opens_hour * 60, closes_hour * 60}})}}, zone_of_unknown});
}

NewContact at_zones(int n, const std::string& zones, const std::string& regions = "GB") {
    return person(number_of(n), "", {{"zones", zones}, {"regions", regions}});
}

struct World {
    std::shared_ptr<PlainGeography> geography = std::make_shared<PlainGeography>();
    Desk desk;
    SharedCallingRules rules = from_to(9, 17);

    World() { desk.store.set_geography(geography); }

    ClaimResult claim(std::size_t slots, UtcTime at) {
        ClaimRequest request = desk.request(slots, at);
        request.calling = rules;
        request.ring_timeout = 28s;
        return must(desk.store.claim(request));
    }
    std::vector<std::string> claimed(std::size_t slots, UtcTime at) {
        std::vector<std::string> numbers;
        for (const Claim& claim : claim(slots, at).claims) numbers.push_back(claim.number().e164);
        return numbers;
    }
};

using Numbers = std::vector<std::string>;

}  // namespace

TEST_CASE("only contacts whose hours it is are claimed, in the order of the list, wherever the others stand") {
    World world;
    world.desk.import({at_zones(0, "+0"), at_zones(1, "+3"), at_zones(2, "+0 +3"), at_zones(3, "+3"), at_zones(4, "+5"),
                       at_zones(5, "+3")});
    CHECK(world.claimed(2, midnight + 6h) == Numbers{number_of(1), number_of(3)});
    CHECK(world.claimed(9, midnight + 6h) == Numbers{number_of(4), number_of(5)});
    CHECK(world.claimed(9, midnight + 9h) == Numbers{number_of(0), number_of(2)});
}

TEST_CASE("when nobody's hours it is, the next opening is told, and the campaign is not exhausted") {
    World world;
    world.desk.import({at_zones(0, "+0"), at_zones(1, "+3")});
    const ClaimResult early = world.claim(2, midnight);
    CHECK(early.claims.empty());
    CHECK(early.unused.size() == 2);
    CHECK(early.next_due_at == midnight + 6h);
    CHECK(early.outside_hours);
    CHECK_FALSE(early.exhausted);
    CHECK(world.claim(2, midnight + 6h).next_due_at == midnight + 9h);
}

TEST_CASE("a claim says until when the call may leave") {
    World world;
    world.desk.import({at_zones(0, "+0 +3")});
    const ClaimResult result = world.claim(1, midnight + 10h);
    REQUIRE(result.claims.size() == 1);
    CHECK(result.claims[0].send_before == midnight + 14h - 30s);
}

TEST_CASE("the proof of a call names the zones, the hours and the data by which it was time") {
    World world;
    world.desk.import({at_zones(0, "+0 +3")});
    REQUIRE(world.claim(1, midnight + 10h).claims.size() == 1);
    const auto proof = [&](const std::string& member) {
        return world.desk.shell().value("SELECT json_extract(why_allowed, '$." + member + "') FROM attempt_audit");
    };
    CHECK(proof("zones") == "+0 +3");
    CHECK(proof("regions") == "GB");
    CHECK(proof("opened_at") == std::to_string(to_unix_ms(midnight + 9h)));
    CHECK(proof("calls_until") == std::to_string(to_unix_ms(midnight + 14h - 30s)));
    CHECK(proof("time_data") == world.geography->version());
}

TEST_CASE("at the closing the last ring must fit, and the rest wait for the morning") {
    World world;
    world.desk.import({at_zones(0, "+0"), at_zones(1, "+0")});
    CHECK(world.claimed(1, midnight + 17h - 30s - 1ms).size() == 1);
    CHECK(world.claimed(1, midnight + 17h - 30s).empty());
    CHECK(world.claimed(1, midnight + 33h - 1ms).empty());
    CHECK(world.claimed(1, midnight + 33h).size() == 1);
}

TEST_CASE("a retry that is due outside the hours waits for the opening, and keeps its turn") {
    World world;
    world.desk.import({at_zones(0, "+0"), at_zones(1, "+0"), at_zones(2, "+0")});
    for (const Claim& claim : world.claim(2, midnight + 10h).claims) {
        const Milliseconds delay = claim.number().e164 == number_of(0) ? 13h : 12h;
        world.desk.settle(claim, Disposition::busy, Desk::retry_at(midnight + 10h + delay), midnight + 10h + 9s);
    }
    CHECK(world.claimed(9, midnight + 16h) == Numbers{number_of(2)});
    CHECK(world.claim(9, midnight + 23h + 1min).next_due_at == midnight + 33h);
    CHECK(world.claimed(9, midnight + 33h) == Numbers{number_of(1), number_of(0)});
}

TEST_CASE("who is nowhere known is not called, unless the rules have a zone for them, and holds nobody up") {
    World world;
    world.desk.import({at_zones(0, ""), at_zones(1, "+0")});
    const ClaimResult result = world.claim(9, midnight + 12h);
    CHECK(result.claims.size() == 1);
    world.desk.settle(result.claims[0], Disposition::answered, Desk::done(), midnight + 12h + 9s);
    const ClaimResult rest = world.claim(9, midnight + 12h + 1min);
    CHECK(rest.claims.empty());
    CHECK(rest.exhausted);
    CHECK(world.desk.shell().value("SELECT state || ' ' || reason FROM contact_status WHERE number = '" + number_of(0) +
                                   "'") == "waiting unknown_time_zone");
    world.rules = from_to(9, 17, "+1");
    CHECK(world.claim(9, midnight + 7h).next_due_at == midnight + 8h);
    CHECK(world.claimed(9, midnight + 8h) == Numbers{number_of(0)});
}

TEST_CASE("other rules count from the next claim on") {
    World world;
    world.desk.import({at_zones(0, "+0"), at_zones(1, "+0")});
    CHECK(world.claimed(1, midnight + 18h).empty());
    world.rules = from_to(9, 20);
    CHECK(world.claimed(1, midnight + 18h).size() == 1);
    world.rules = from_to(9, 17);
    CHECK(world.claimed(1, midnight + 18h).empty());
    world.rules = nullptr;
    CHECK(world.claimed(1, midnight + 18h).size() == 1);
}

TEST_CASE("a person's other number is called by the clock where that number is") {
    World world;
    NewContact contact = at_zones(0, "+0");
    contact.numbers.push_back({"+12025559999", 1});
    contact.attributes.emplace_back("other_zones", "+9");
    world.desk.import({contact});
    const ClaimResult first = world.claim(1, midnight + 9h);
    REQUIRE(first.claims.size() == 1);
    NextStep other = Desk::retry_at(midnight + 9h + 1min);
    other.position = 1;
    world.desk.settle(first.claims[0], Disposition::busy, other, midnight + 9h + 9s);
    CHECK(world.claim(1, midnight + 10h).next_due_at == midnight + 24h);
    CHECK(world.claimed(1, midnight + 24h) == Numbers{"+12025559999"});
}

TEST_CASE("new contacts at a place that had none left are called") {
    World world;
    world.desk.import({at_zones(0, "+0")});
    CHECK(world.claimed(9, midnight + 10h).size() == 1);
    world.desk.import({at_zones(1, "+0"), at_zones(2, "+1")});
    CHECK(world.claimed(9, midnight + 10h) == Numbers{number_of(1), number_of(2)});
    CHECK(world.claimed(9, midnight + 10h).empty());
}

TEST_CASE("contacts that were imported without a geography are looked up when they are claimed") {
    World world;
    world.desk.store.set_geography(nullptr);
    world.desk.import({at_zones(0, "+0"), at_zones(1, "+3"), at_zones(2, "+0")});
    CHECK_THAT(world.claim(9, midnight + 6h).problem, Catch::Contains("tzdata"));
    CHECK(world.claim(9, midnight + 6h).claims.empty());
    world.desk.store.set_geography(world.geography);
    CHECK(world.claimed(9, midnight + 6h) == Numbers{number_of(1)});
    CHECK(world.claimed(9, midnight + 9h) == Numbers{number_of(0), number_of(2)});
}

TEST_CASE("a zone that is none is refused at the import") {
    World world;
    const AddedContacts added = must(
        world.desk.store.add_contacts("customers", std::vector{at_zones(0, "nowhere"), at_zones(1, "+0")}, UtcTime{}));
    CHECK(added.accepted == 1);
    REQUIRE(added.rejected.size() == 1);
    CHECK(added.rejected[0].index == 0);
    CHECK(added.rejected[0].reason == "its zone is no zone");
}

TEST_CASE("a list may not have contacts at any number of places") {
    World world;
    std::vector<NewContact> contacts;
    for (int n = 0; n < static_cast<int>(max_places_of_list) + 2; ++n) {
        contacts.push_back(at_zones(n, "+0", "R" + std::to_string(n)));
    }
    contacts.push_back(at_zones(static_cast<int>(contacts.size()), "+0", "R5"));
    must(world.desk.store.begin());
    const AddedContacts added = must(world.desk.store.add_contacts("customers", contacts, UtcTime{}));
    must(world.desk.store.commit());
    CHECK(added.accepted == max_places_of_list + 1);
    REQUIRE(added.rejected.size() == 2);
    CHECK(added.rejected[0].index == max_places_of_list);
    CHECK_THAT(added.rejected[0].reason, Catch::Contains("10000 different sets"));
    CHECK(must(world.desk.store.add_contacts("patients", {&contacts.back(), 1}, UtcTime{})).accepted == 1);
}

TEST_CASE("a zone of which the system's data tell nothing stops its people, is told, and lets the campaign wait") {
    World world;
    world.desk.import({at_zones(0, "Mars/Olympus")});
    const ClaimResult result = world.claim(1, midnight + 12h);
    CHECK(result.claims.empty());
    CHECK_THAT(result.problem, Catch::Contains("Mars/Olympus"));
    CHECK_FALSE(result.exhausted);
}

TEST_CASE("a clock that is set back closes what had opened since") {
    World world;
    world.desk.import({at_zones(0, "+0"), at_zones(1, "+0")});
    CHECK(world.claimed(1, midnight + 9h).size() == 1);
    CHECK(world.claimed(1, midnight + 8h).empty());
    CHECK(world.claimed(1, midnight + 9h).size() == 1);
}

TEST_CASE("what a rollback took back is not remembered") {
    World world;
    world.desk.import({at_zones(0, "+0"), at_zones(1, "+0")});
    must(world.desk.store.begin());
    CHECK(world.claimed(1, midnight + 9h) == Numbers{number_of(0)});
    world.desk.store.roll_back();
    CHECK(world.claimed(2, midnight + 9h) == Numbers{number_of(0), number_of(1)});
}

TEST_CASE("the reports tell the hours, and who waits for them, also of a campaign that is paused") {
    World world;
    // The views ask SQLite for the time.
    const UtcTime now = from_unix_ms(
        std::stoll(world.desk.shell().value("SELECT CAST((julianday('now') - 2440587.5) * 86400000.0 AS INTEGER)")));
    const auto hour = static_cast<int>(now.time_since_epoch() / 1h % 24);
    // Open from four to five hours from now in one zone, around the clock but for that in the other.
    const int opens = (hour + 4) % 24;
    world.rules = std::make_shared<CallingRules>(
        CallingRules{{{"calling_hours", {"GB"}, daily({{opens * 60, (opens + 1) * 60}})}}, ""});
    world.desk.import({at_zones(0, "+0", "GB"), at_zones(1, "+0", "FR"), at_zones(2, "+0", "GB")});
    must(world.desk.store.set_campaign_state(world.desk.campaign, CampaignState::paused, now));
    must(world.desk.store.look_up_hours({world.desk.campaign, world.rules, 28s, now}));
    Shell shell = world.desk.shell();
    CHECK(shell.rows("SELECT regions, hours, is_open FROM calling_window ORDER BY regions") ==
          std::vector<std::string>{"FR|always|1", "GB|hours|0"});
    CHECK(shell.value("SELECT contacts, ready, waiting FROM campaign_progress") == "3|1|2");
    CHECK(shell.rows("SELECT state, reason FROM contact_status ORDER BY contact_id") ==
          std::vector<std::string>{"waiting|campaign_paused", "ready|campaign_paused", "waiting|campaign_paused"});
    must(world.desk.store.set_campaign_state(world.desk.campaign, CampaignState::running, now));
    CHECK(shell.rows("SELECT state, reason FROM contact_status ORDER BY contact_id") ==
          std::vector<std::string>{"waiting|outside_hours", "ready|fresh", "waiting|outside_hours"});
    const std::string opening = shell.value("SELECT opens_at FROM calling_window WHERE regions = 'GB'");
    CHECK_THAT(opening, Catch::EndsWith(":00:00.000"));
    CHECK(shell.value("SELECT next_attempt_at FROM contact_status WHERE contact_id = 1") == opening);
}

TEST_CASE("why_not counts everybody once, by the reasons of contact_status") {
    World world;
    std::vector<NewContact> contacts;
    for (int n = 0; n < 40; ++n) {
        contacts.push_back(at_zones(n, n % 4 == 0 ? "" : "+" + std::to_string(n % 7), n % 5 == 0 ? "FR" : "GB"));
    }
    world.desk.import(contacts);
    int n = 0;
    for (const Claim& claim : world.claim(12, midnight + 12h).claims) {
        // SQLite's present is long before: what is due later is waiting.
        const NextStep retry = Desk::retry_at(n % 2 == 0 ? midnight + 13h : from_unix_ms(0));
        world.desk.settle(claim, Disposition::busy, n % 3 == 0 ? Desk::done() : retry, midnight + 12h + 9s);
        ++n;
    }
    CHECK(world.claim(2, midnight + 12h).claims.size() == 2);
    Shell shell = world.desk.shell();
    for (const char* state : {"running", "paused"}) {
        REQUIRE(shell.run(std::string{"UPDATE campaign SET state = '"} + state + "'").empty());
        const auto counted = shell.rows("SELECT state, reason, sum(contacts) FROM why_not GROUP BY 1, 2 ORDER BY 1, 2");
        CHECK(counted == shell.rows("SELECT state, reason, count(*) FROM contact_status GROUP BY 1, 2 ORDER BY 1, 2"));
        CHECK(counted.size() >= 4);
        CHECK(shell.rows("SELECT state, reason, next_at FROM why_not ORDER BY 1, 2") ==
              shell.rows("SELECT state, reason, min(next_attempt_at) FROM contact_status GROUP BY 1, 2 ORDER BY 1, 2"));
    }
}

TEST_CASE("a database of the time before places goes on where it was, and looks its contacts up as they come") {
    TempFolder folder;
    {
        auto database = must(Database::open(folder.database(), Database::Access::read_write));
        must(migrate(*database, embedded_migrations().first(3)));
    }
    {
        // The first two were taken.
        Shell shell{folder.database()};
        const std::string error = shell.run(
            "INSERT INTO call_list (list_id, name) VALUES (1, 'customers');"
            "INSERT INTO campaign (campaign_id, name, list_id, state, taken_through) VALUES (1, 'old', 1, 'running', "
            "2);"
            "INSERT INTO contact (contact_id, list_id, attributes) VALUES (1, 1, '{\"zones\": \"+0\"}'), "
            "(2, 1, '{\"zones\": \"+0\"}'), (3, 1, '{\"zones\": \"+0\"}'), (4, 1, '{\"zones\": \"+9\"}');"
            "INSERT INTO contact_number (contact_id, position, list_id, number, country_code_digits) "
            "SELECT contact_id, 0, 1, '+1202555000' || contact_id, 1 FROM contact;"
            "INSERT INTO campaign_contact (campaign_id, contact_id, state) VALUES (1, 1, 'done'), (1, 2, 'pending');");
        REQUIRE(error.empty());
    }
    World world;
    world.desk.store = must(Store::open(folder.database()));
    world.desk.store.set_geography(world.geography);
    world.desk.campaign = CampaignId{1};
    CHECK(world.claimed(9, midnight + 12h) == Numbers{"+12025550002", "+12025550003"});
    CHECK(world.claim(9, midnight + 12h).next_due_at == midnight + 24h);
    CHECK(world.claimed(9, midnight + 24h) == Numbers{"+12025550004"});
}

TEST_CASE("a claim among a thousand places that are closed reads what is open alone") {
    World world;
    std::vector<NewContact> contacts;
    for (int n = 0; n < 1000; ++n) contacts.push_back(at_zones(n, "+9", "R" + std::to_string(n)));
    contacts.push_back(at_zones(1000, "+0"));
    world.desk.import(contacts);
    CHECK(world.claimed(5, midnight + 9h) == Numbers{number_of(1000)});
    CHECK(world.desk.shell().value("SELECT count(*) FROM campaign_contact") == "1");
    CHECK(world.geography->asked() == 2);  // for two zones, not for a thousand places
}

}  // namespace outdial::store
