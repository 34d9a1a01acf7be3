#include "store/contact_limits.hpp"

#include <chrono>

#include "fixture.hpp"
#include "store/migrations.hpp"

namespace outdial::store {

using namespace std::chrono_literals;

namespace {

ContactLimit most(int count, std::optional<Milliseconds> within, LimitScope per = LimitScope::number) {
    ContactLimit limit;
    limit.name = "rule";
    limit.most = count;
    limit.within = within;
    limit.per = per;
    return limit;
}
ContactLimit rest_after(const std::string& word, Milliseconds duration, LimitScope per = LimitScope::number) {
    ContactLimit limit = most(1, duration, per);
    limit.counted = call_kind_from(word).value();
    return limit;
}

/// A desk whose campaigns keep to limits.
struct LimitedDesk : Desk {
    std::vector<ContactLimit> limits;

    explicit LimitedDesk(std::vector<ContactLimit> given) : limits(std::move(given)) {}

    ClaimResult claim_at(UtcTime at, CampaignId of, std::size_t slots = 10) {
        ClaimRequest wanted = request(slots, at, 100);
        wanted.campaign = of;
        wanted.limits = std::make_shared<const std::vector<ContactLimit>>(limits);
        return must(store.claim(wanted));
    }
    ClaimResult claim_at(UtcTime at) { return claim_at(at, campaign); }
    bool claims_at(UtcTime at) { return !claim_at(at).claims.empty(); }

    /// Claimed at `at`, ended 20 s later, and due again at once.
    void call(UtcTime at, Disposition disposition = Disposition::no_answer, const std::string& result = "",
              bool rang = true) {
        const ClaimResult result_of_claim = claim_at(at);
        REQUIRE(result_of_claim.claims.size() == 1);
        end(result_of_claim.claims[0], at + 20s, disposition, result, rang);
    }
    void end(Claim claim, UtcTime at, Disposition disposition = Disposition::no_answer, const std::string& result = "",
             bool rang = true) {
        claim.facts.originated_at = claim.claimed_at;
        if (rang) claim.facts.ringing_at = claim.claimed_at + 2s;
        claim.facts.ended_at = at;
        claim.facts.result = result;
        NextStep next = retry_at(at);
        next.charged = rang;
        settle(claim, disposition, next, at);
    }
    /// Of the only contact: "waiting limit:rule 2027-01-15 08:00:20.000".
    std::string state() const {
        return shell().value(
            "SELECT CASE WHEN next_attempt_at IS NULL THEN state ELSE 'waiting' END || ' ' || "
            "(SELECT reason FROM campaign_contact AS c WHERE c.contact_id = s.contact_id) || "
            "coalesce(' ' || next_attempt_at, '') FROM contact_status AS s");
    }
};

}  // namespace

TEST_CASE("A number is called so many times in a rolling day, and again once the first call has left it") {
    LimitedDesk desk{{most(3, 24h)}};
    desk.import(people(1));
    desk.call(noon);
    desk.call(noon + 1h);
    desk.call(noon + 2h);
    const ClaimResult fourth = desk.claim_at(noon + 3h);
    CHECK(fourth.claims.empty());
    CHECK(fourth.next_due_at == noon + 24h + 20s);
    CHECK_FALSE(fourth.exhausted);
    CHECK(desk.state() == "waiting limit:rule 2027-01-16 08:00:20.000");
    CHECK_FALSE(desk.claims_at(noon + 24h + 20s - 1ms));
    CHECK(desk.claims_at(noon + 24h + 20s));
}

TEST_CASE("A gap is measured from the end of the call, not from its beginning") {
    LimitedDesk desk{{most(1, 1h)}};
    desk.import(people(1));
    desk.end(desk.claim_at(noon).claims.at(0), noon + 50min, Disposition::answered);
    CHECK_FALSE(desk.claims_at(noon + 1h));
    CHECK_FALSE(desk.claims_at(noon + 110min - 1ms));
    CHECK(desk.claims_at(noon + 110min));
}

TEST_CASE("Calls of all campaigns and of all contacts with the number are counted together") {
    LimitedDesk desk{{most(2, 24h)}};
    desk.import(people(1));
    desk.import({{"same-number-elsewhere", {{number_of(0), 1}}, {}}}, "others");
    const CampaignId others = desk.add_campaign("others", "others");
    desk.call(noon);
    desk.end(desk.claim_at(noon + 1h, others).claims.at(0), noon + 1h + 20s);
    CHECK(desk.claim_at(noon + 2h, others).claims.empty());
    CHECK(desk.claim_at(noon + 2h).claims.empty());
}

TEST_CASE("A person's other number may be called when one has been called enough, but not beyond the person's limit") {
    LimitedDesk desk{{most(1, 24h)}};
    desk.import({{"", {{number_of(1), 1}, {number_of(2), 1}}, {}}});
    desk.call(noon);
    Claim second = desk.claim_at(noon + 1h).claims.at(0);
    CHECK(second.number().e164 == number_of(2));
    desk.end(second, noon + 1h + 20s);
    CHECK(desk.claim_at(noon + 2h).next_due_at == noon + 24h + 20s);  // the first of them that is free again

    LimitedDesk person{{most(1, 24h, LimitScope::contact)}};
    person.import({{"", {{number_of(1), 1}, {number_of(2), 1}}, {}}});
    person.call(noon);
    CHECK_FALSE(person.claims_at(noon + 1h));
}

TEST_CASE("An account's calls are counted over all its contacts, in whatever list") {
    LimitedDesk desk{{most(2, 24h, LimitScope::account)}};
    const auto of_account = [](int number, const std::string& account) {
        return person(number_of(number), "", {{"account", account}, {"name", "Ann"}});
    };
    desk.import({of_account(0, "A-1")});
    desk.import({of_account(1, "A-1"), of_account(2, "A-2"), person(number_of(3))}, "others");
    const CampaignId others = desk.add_campaign("others", "others");
    desk.call(noon);
    desk.call(noon + 1h);
    const auto claimed = desk.claim_at(noon + 2h, others).claims;
    REQUIRE(claimed.size() == 2);
    CHECK(claimed[0].number().e164 == number_of(2));
    CHECK(claimed[1].number().e164 == number_of(3));
}

TEST_CASE("A contact without an account is one by itself") {
    LimitedDesk desk{{most(1, 24h, LimitScope::account)}};
    desk.import(people(2));
    const auto claimed = desk.claim_at(noon).claims;
    REQUIRE(claimed.size() == 2);
    desk.end(claimed[0], noon + 20s);
    desk.end(claimed[1], noon + 20s);
    CHECK_FALSE(desk.claims_at(noon + 1h));
}

TEST_CASE("A claim is counted before its call leaves: two contacts of one account are not claimed beyond its limit") {
    LimitedDesk desk{{most(2, 24h, LimitScope::account)}};
    std::vector<NewContact> family;
    for (int i = 0; i < 5; ++i) family.push_back(person(number_of(i), "", {{"account", "A-1"}}));
    desk.import(family);
    const ClaimResult first = desk.claim_at(noon);
    CHECK(first.claims.size() == 2);
    CHECK(first.next_due_at == noon + account_in_call_delay);
}

TEST_CASE("While somebody of the account is in a call, nobody else of it is called who would have to rest after it") {
    LimitedDesk desk{{rest_after("conversation", 24h * 7, LimitScope::account)}};
    desk.import({person(number_of(0), "", {{"account", "A-1"}}), person(number_of(1), "", {{"account", "A-1"}})});
    const ClaimResult first = desk.claim_at(noon);
    REQUIRE(first.claims.size() == 1);
    desk.end(first.claims[0], noon + 1min, Disposition::answered);
    const ClaimResult later = desk.claim_at(noon + 2min);
    CHECK(later.claims.empty());
    CHECK(later.next_due_at == noon + 1min + 24h * 7);
}

TEST_CASE("What did not ring is not counted, and what rang is never given back") {
    LimitedDesk desk{{most(1, 24h)}};
    desk.import(people(1));
    desk.call(noon, Disposition::congestion, "", false);
    desk.call(noon + 1min, Disposition::failed, "", false);
    desk.call(noon + 2min, Disposition::canceled, "", false);
    desk.call(noon + 3min, Disposition::canceled, "", true);
    CHECK_FALSE(desk.claims_at(noon + 5min));
}

TEST_CASE("A call whose outcome could not be seen is counted") {
    LimitedDesk desk{{most(1, 24h)}};
    desk.import(people(1));
    Claim claim = desk.claim_at(noon).claims.at(0);
    desk.settle(claim, Disposition::lost, Desk::retry_at(noon + 1min, "lost"), noon + 1min);
    CHECK(desk.claim_at(noon + 2min).next_due_at == noon + 1min + 24h);
}

TEST_CASE("After a conversation, a refusal or a word of the dialplan's the person is left alone so long") {
    const auto rests = [](const ContactLimit& limit, Disposition disposition, const std::string& result) {
        LimitedDesk desk{{limit}};
        desk.import(people(1));
        desk.call(noon, disposition, result);
        const bool rested = !desk.claims_at(noon + 20s + 1h - 1ms);
        CHECK(desk.claims_at(noon + 20s + 1h) == rested);
        return rested;
    };
    CHECK(rests(rest_after("conversation", 1h), Disposition::answered, ""));
    CHECK_FALSE(rests(rest_after("conversation", 1h), Disposition::no_answer, ""));
    CHECK(rests(rest_after("refusal", 1h), Disposition::answered, "refusal"));
    CHECK_FALSE(rests(rest_after("refusal", 1h), Disposition::answered, ""));
    CHECK(rests(rest_after("machine", 1h), Disposition::machine, "machine"));
    CHECK(rests(rest_after("busy", 1h), Disposition::busy, ""));
    ContactLimit promised = most(1, 1h);
    promised.counted.results = {"promised"};
    CHECK(rests(promised, Disposition::answered, "promised"));
    CHECK_FALSE(rests(promised, Disposition::answered, "declined"));
}

TEST_CASE("A limit of an outcome counts calls with that outcome alone") {
    ContactLimit limit = most(2, 24h);
    limit.counted = call_kind_from("busy").value();
    LimitedDesk desk{{limit}};
    desk.import(people(1));
    desk.call(noon, Disposition::busy);
    desk.call(noon + 1min, Disposition::no_answer);
    desk.call(noon + 2min, Disposition::busy);
    CHECK(desk.claim_at(noon + 3min).next_due_at == noon + 24h + 20s);
}

TEST_CASE("Of several limits each holds: the one that permits a call last decides, and is named") {
    ContactLimit gap = most(1, 1h);
    gap.name = "gap";
    ContactLimit week = most(2, 24h * 7);
    week.name = "week";
    LimitedDesk desk{{week, gap}};
    desk.import(people(1));
    desk.call(noon);
    CHECK_FALSE(desk.claims_at(noon + 30min));
    CHECK(desk.state() == "waiting limit:gap 2027-01-15 09:00:20.000");
    desk.call(noon + 1h + 20s);
    CHECK_FALSE(desk.claims_at(noon + 90min));
    CHECK(desk.state() == "waiting limit:week 2027-01-22 08:00:20.000");
}

TEST_CASE("Each of several limits counts by its own time: what has just left the one's may be in the other's") {
    LimitedDesk desk{{most(1, 1h), most(3, 24h)}};
    desk.import(people(1));
    desk.call(noon);
    desk.call(noon + 1h + 20s);
    CHECK(desk.claims_at(noon + 2h + 40s));
}

TEST_CASE("A limit for ever ends the contact, which says why") {
    LimitedDesk desk{{most(2, std::nullopt)}};
    desk.import(people(1));
    desk.call(noon);
    desk.call(noon + 24h * 300);
    CHECK(desk.claim_at(noon + 24h * 900).exhausted);
    CHECK(desk.state() == "done limit:rule");
    CHECK(desk.shell().value("SELECT contacts, done FROM campaign_progress") == "1|1");
}

TEST_CASE("A limit holds on its days only") {
    ContactLimit limit = most(1, 24h);
    limit.in_force_from = LocalDate{std::chrono::year{2027} / 2 / 1};
    LimitedDesk desk{{limit}};
    desk.import(people(1));
    desk.call(noon);
    desk.call(noon + 1min);
    CHECK(desk.claims_at(noon + 2min));
}

TEST_CASE("A number that no list forbids and no limit holds back is called, whatever keeps the others") {
    LimitedDesk desk{{most(1, 24h)}};
    desk.import({{"", {{number_of(1), 1}, {number_of(2), 1}, {number_of(3), 1}}, {}}});
    desk.call(noon);
    must(
        desk.store.forbid("global",
                          std::vector<DoNotCallNumber>{
                              {.e164 = number_of(2), .expires_at = noon + 24h * 2, .source = "operator", .reason = {}}},
                          noon));
    Claim third = desk.claim_at(noon + 1h).claims.at(0);
    CHECK(third.number().e164 == number_of(3));
    desk.end(third, noon + 1h + 20s);
    CHECK_FALSE(desk.claims_at(noon + 2h));
    CHECK(desk.state() == "waiting limit:rule 2027-01-16 08:00:20.000");  // the soonest of the three
}

TEST_CASE("Calls that were made before there were limits are counted, for their accounts too") {
    const TempFolder folder;
    const auto database = must(Database::open(folder.database(), Database::Access::read_write));
    const auto steps = embedded_migrations();
    const auto with_limits = std::ranges::find_if(
        steps, [](const Migration& step) { return std::string_view{step.name}.find("contact_limits") < 10; });
    must(migrate(*database, steps.first(static_cast<std::size_t>(with_limits - steps.begin()))));
    Shell shell{folder.database()};
    REQUIRE(shell.run("INSERT INTO call_list VALUES (1, 'customers');"
                      "INSERT INTO campaign (name, list_id) VALUES ('renewals', 1);"
                      "INSERT INTO contact (contact_id, list_id, external_id, attributes) VALUES (1, 1, NULL, "
                      "'{\"account\":\"A-1\"}'), (2, 1, NULL, '{\"account\":'),"
                      "(3, 1, NULL, '{\"name\":\"account\"}'), (4, 1, NULL, '{\"account\":\"\"}')") == "");
    for (const char* contact : {"1", "2", "3", "4"}) {
        const std::string id = std::string(31, 'a') + contact;
        REQUIRE(shell.run("INSERT INTO attempt (attempt_id, campaign_id, contact_id, position, number, trunk, server, "
                          "claimed_at, ended_at, disposition, charged) VALUES ('" +
                          id + "', 1, " + contact + ", 0, '+1202555000" + contact + "', 't', 's', 1, 2, 'busy', 1)") ==
                "");
    }
    must(migrate(*database, steps));
    CHECK(shell.rows("SELECT contact_id, account FROM attempt ORDER BY contact_id") ==
          std::vector<std::string>{"1|A-1", "2|", "3|", "4|"});
    CHECK(shell.value("SELECT count(*) FROM attempt INDEXED BY attempt_charged_number WHERE charged = 1") == "4");
}

TEST_CASE("A person who is forgotten leaves no account behind") {
    LimitedDesk desk{{}};
    desk.import({person(number_of(0), "E-1", {{"account", "A-1"}})});
    desk.call(noon, Disposition::answered);
    REQUIRE(desk.shell().value("SELECT account FROM attempt") == "A-1");
    CHECK(must(desk.store.forget({.e164 = number_of(0), .external_id = {}, .list = {}}, noon)).size() == 1);
    CHECK(desk.shell().value("SELECT count(account) FROM attempt") == "0");
}

TEST_CASE("Limits are counted in indexes that hold the counted calls alone, without scanning and sorting") {
    Desk desk;
    const auto plan = [&](const std::string& sql) {
        std::string text;
        for (const std::string& line : desk.shell().rows("EXPLAIN QUERY PLAN " + sql)) text += line + "\n";
        return text;
    };
    using Limits = ContactLimits;
    CHECK_THAT(plan(Limits::of_contact_sql),
               Catch::EndsWith("SEARCH attempt USING INDEX attempt_charged_contact (contact_id=? AND ended_at>?)\n"));
    CHECK_THAT(plan(Limits::of_number_sql),
               Catch::EndsWith("SEARCH attempt USING INDEX attempt_charged_number (number=? AND ended_at>?)\n"));
    CHECK_THAT(plan(Limits::of_account_sql),
               Catch::EndsWith("SEARCH attempt USING INDEX attempt_charged_account (account=? AND ended_at>?)\n"));
    CHECK_THAT(plan(Limits::live_of_account_sql),
               Catch::EndsWith("SEARCH attempt USING INDEX attempt_live_account (account=?)\n"));
    for (const char* sql :
         {Limits::of_contact_sql, Limits::of_number_sql, Limits::of_account_sql, Limits::live_of_account_sql}) {
        CHECK_THAT(plan(sql), !Catch::Contains("SCAN") && !Catch::Contains("TEMP B-TREE"));
    }
}

}  // namespace outdial::store
