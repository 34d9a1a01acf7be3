// Calls at a time that somebody chose: which comes when, and what becomes of it.
#include "fixture.hpp"
#include "support/plain_geography.hpp"

namespace outdial::store {

using namespace std::chrono_literals;

namespace {

struct Bureau {
    std::shared_ptr<PlainGeography> geography = std::make_shared<PlainGeography>();
    Desk desk;

    Bureau() { desk.store.set_geography(geography); }

    static NewContact in_zone(int n, const std::string& zone = "+1") {
        return person(number_of(n), "C" + std::to_string(n), {{"zones", zone}});
    }
    Result<CallbackMade> order(const std::string& number, const std::string& at, UtcTime now = noon,
                               const std::string& agent = "") {
        return desk.store.call_back({.campaign = desk.campaign,
                                     .person = {.e164 = number, .external_id = {}, .list = {}},
                                     .at = at,
                                     .otherwise = {},
                                     .agent = agent,
                                     .note = "rings the bell"},
                                    Origin{now, "uid 1000"});
    }
    Result<CallbackMade> cancel(const std::string& number, UtcTime now = noon) {
        return desk.store.cancel_callback(desk.campaign, {.e164 = number, .external_id = {}, .list = {}},
                                          Origin{now, "uid 1000"});
    }
    /// The one contact that is claimed then.
    Claim claim(UtcTime at, int max_attempts = 3) {
        ClaimResult result = desk.claim(1, at, max_attempts);
        REQUIRE(result.claims.size() == 1);
        return std::move(result.claims.front());
    }
    std::vector<std::string> claimed(std::size_t slots, UtcTime at, int max_attempts = 3) {
        std::vector<std::string> numbers;
        for (const Claim& claim : desk.claim(slots, at, max_attempts).claims) numbers.push_back(claim.number().e164);
        return numbers;
    }
    void answered(const Claim& claim, UtcTime at, std::optional<UtcTime> callback = {}, const std::string& agent = "") {
        Claim ended = claim;
        ended.facts.answered_at = at - 10s;
        ended.facts.callback_at = callback;
        ended.facts.callback_agent = agent;
        NextStep next = Desk::done();
        if (callback) {
            next = Desk::retry_at(*callback, "callback");
            next.callback = true;
            next.position = claim.position;
        }
        REQUIRE(desk.settle(ended, Disposition::answered, next, at) == SettleOutcome::settled);
    }
    std::string callbacks() const {
        std::string text;
        for (const std::string& row :
             desk.shell().rows("SELECT number, at, agent, state FROM callback_status ORDER BY rowid")) {
            text += row + "\n";
        }
        return text;
    }
    std::string status(const std::string& number) const {
        return desk.shell().value("SELECT state, reason, next_attempt_at FROM contact_status WHERE number = '" +
                                  number + "'");
    }
};

const std::string first = number_of(0);

}  // namespace

TEST_CASE("a callback waits for its time, and comes then before retries that are older and people not called yet") {
    Bureau bureau;
    bureau.desk.import({Bureau::in_zone(0), Bureau::in_zone(1), Bureau::in_zone(2), Bureau::in_zone(3)});
    const Claim busy = bureau.claim(noon);
    REQUIRE(busy.number().e164 == first);
    bureau.desk.settle(busy, Disposition::busy, Desk::retry_at(noon + 1h), noon + 1min);
    const auto made = must(bureau.order(number_of(2), "2027-01-15T12:00", noon, "alice"));  // 11:00 UTC
    CHECK(made.at == noon + 3h);
    CHECK(made.number == number_of(2));
    CHECK_FALSE(made.replaced);
    CHECK(made.campaign == CampaignState::running);
    CHECK(bureau.status(number_of(2)) == "waiting|callback|2027-01-15 11:00:00.000");
    CHECK(bureau.callbacks() == number_of(2) + "|2027-01-15 11:00:00|alice|waiting\n");

    const Claim kept = bureau.claim(noon + 3h);
    CHECK(kept.number().e164 == number_of(2));
    CHECK(kept.callback_agent == "alice");
    CHECK(kept.zones == std::vector<std::string>{"+1"});
    CHECK(bureau.claimed(3, noon + 3h) == std::vector<std::string>{first, number_of(1), number_of(3)});
    bureau.answered(kept, noon + 4h);
    CHECK(bureau.callbacks() == number_of(2) + "|2027-01-15 11:00:00|alice|called\n");
    CHECK(bureau.status(number_of(2)) == "done|reached|");
}

TEST_CASE("a callback of somebody not called yet is not called a second time when it is their turn") {
    Bureau bureau;
    bureau.desk.import({Bureau::in_zone(0), Bureau::in_zone(1), Bureau::in_zone(2)});
    must(bureau.order(number_of(1), "+1h"));
    CHECK(bureau.desk.shell().value("SELECT group_concat(reason || ' ' || contacts, ', ') FROM why_not") ==
          "fresh 2, callback 1");
    CHECK(bureau.desk.shell().value("SELECT contacts, ready, waiting FROM campaign_progress") == "3|2|1");
    CHECK(bureau.claimed(5, noon) == std::vector<std::string>{first, number_of(2)});
    CHECK(bureau.desk.shell().value("SELECT contacts, ready, waiting, in_call FROM campaign_progress") == "3|0|1|2");
    CHECK(bureau.desk.claim(1, noon).next_due_at == noon + 1h);
    CHECK(bureau.claimed(5, noon + 1h) == std::vector<std::string>{number_of(1)});
}

TEST_CASE("who was reached, or has used up their attempts, is called back once more") {
    Bureau bureau;
    bureau.desk.import({Bureau::in_zone(0)});
    bureau.answered(bureau.claim(noon, 1), noon + 1min, noon + 2h, "SIP/bob");
    CHECK(bureau.status(first) == "waiting|callback|2027-01-15 10:00:00.000");
    const Claim again = bureau.claim(noon + 2h, 1);
    CHECK(again.callback_agent == "SIP/bob");
    bureau.answered(again, noon + 3h);
    CHECK(bureau.callbacks() == first + "|2027-01-15 10:00:00|SIP/bob|called\n");
    CHECK(bureau.desk.claim(1, noon + 48h, 1).exhausted);
    // An operator opens it again.
    must(bureau.order(first, "+1h", noon + 4h));
    CHECK(bureau.claimed(1, noon + 5h, 1) == std::vector<std::string>{first});
}

TEST_CASE("a callback whose call did not ring is kept by the next one, and one that rang is kept") {
    Bureau bureau;
    bureau.desk.import({Bureau::in_zone(0)});
    must(bureau.order(first, "+1h"));
    NextStep soon = Desk::retry_at(noon + 1h + 5s, "canceled");
    soon.charged = false;
    bureau.desk.settle(bureau.claim(noon + 1h), Disposition::canceled, soon, noon + 1h);
    CHECK(bureau.callbacks() == first + "|2027-01-15 09:00:00||waiting\n");
    CHECK(bureau.desk.shell().value("SELECT ended_at IS NULL, attempt_id IS NULL FROM callback") == "1|1");
    const Claim second = bureau.claim(noon + 1h + 5s);
    bureau.desk.settle(second, Disposition::busy, Desk::retry_at(noon + 2h), noon + 1h + 20s);
    CHECK(bureau.callbacks() == first + "|2027-01-15 09:00:00||called\n");
    CHECK(bureau.desk.shell().value("SELECT attempt_id FROM callback") == second.slot.attempt.view());
    CHECK(bureau.status(first) == "waiting|busy|2027-01-15 10:00:00.000");
}

TEST_CASE("a later callback takes the place of an earlier one; canceled, the contact stands where it did before both") {
    Bureau bureau;
    bureau.desk.import({Bureau::in_zone(0)});
    bureau.desk.settle(bureau.claim(noon), Disposition::busy, Desk::retry_at(noon + 1h), noon);
    must(bureau.order(first, "+2h"));
    CHECK(must(bureau.order(first, "+4h")).replaced);
    CHECK(bureau.callbacks() == first + "|2027-01-15 10:00:00||replaced\n" + first + "|2027-01-15 12:00:00||waiting\n");
    CHECK(bureau.claimed(1, noon + 3h).empty());
    CHECK(must(bureau.cancel(first)).at == noon + 4h);
    CHECK(bureau.status(first) == "waiting|busy|2027-01-15 09:00:00.000");
    CHECK(bureau.claimed(1, noon + 3h) == std::vector<std::string>{first});
    const auto none = bureau.cancel(first);
    REQUIRE_FALSE(none);
    CHECK_THAT(none.error().message, Catch::Contains("waits for no callback in campaign 'renewals'"));
}

TEST_CASE("canceled, who was reached is done again, and who was not called yet is called") {
    Bureau bureau;
    bureau.desk.import({Bureau::in_zone(0), Bureau::in_zone(1)});
    bureau.answered(bureau.claim(noon), noon + 1min);
    must(bureau.order(first, "+2h"));
    must(bureau.order(number_of(1), "+2h"));
    must(bureau.cancel(first));
    must(bureau.cancel(number_of(1)));
    CHECK(bureau.status(first) == "done|reached|");
    CHECK(bureau.claimed(5, noon + 2min) == std::vector<std::string>{number_of(1)});
    CHECK(bureau.desk.claim(1, noon + 24h).claims.empty());
}

TEST_CASE("what is ordered while a call is up counts from its end on, whatever its end") {
    Bureau bureau;
    bureau.desk.import({Bureau::in_zone(0), Bureau::in_zone(1)});
    const Claim up = bureau.claim(noon);
    const Claim other = bureau.claim(noon);
    CHECK(must(bureau.order(first, "+1h")).in_call);
    CHECK(must(bureau.order(number_of(1), "+1h")).in_call);
    CHECK(bureau.claimed(1, noon + 1h).empty());
    bureau.answered(up, noon + 10min);
    CHECK(bureau.status(first) == "waiting|callback|2027-01-15 09:00:00.000");
    // Unless the person objects.
    Claim objects = other;
    objects.facts.result = opted_out;
    bureau.desk.settle(objects, Disposition::answered, Desk::done("dnc"), noon + 10min);
    CHECK(bureau.status(number_of(1)) == "done|dnc|");
    CHECK(bureau.callbacks() ==
          first + "|2027-01-15 09:00:00||waiting\n" + number_of(1) + "|2027-01-15 09:00:00||dropped\n");
    CHECK(bureau.claimed(5, noon + 1h) == std::vector<std::string>{first});
}

TEST_CASE("a callback of somebody who objected since is dropped") {
    Bureau bureau;
    bureau.desk.import({Bureau::in_zone(0)});
    must(bureau.order(first, "+1h"));
    const DoNotCallNumber entry = opt_out_of(first);
    must(bureau.desk.store.forbid(global_do_not_call_list, {&entry, 1}, Origin{noon}));
    CHECK(bureau.claimed(1, noon + 1h).empty());
    CHECK(bureau.callbacks() == first + "|2027-01-15 09:00:00||dropped\n");
    CHECK(bureau.status(first) == "done|do_not_call|");
}

TEST_CASE("a callback waits for the calling hours") {
    Bureau bureau;
    bureau.desk.import({Bureau::in_zone(0), Bureau::in_zone(1)});
    must(bureau.order(number_of(1), "2027-01-15T20:00"));
    ClaimRequest request = bureau.desk.request(1, noon + 11h);
    request.calling = std::make_shared<CallingRules>(CallingRules{{{"calling_hours", {}, daily({{540, 1020}})}}, ""});
    request.ring_timeout = 28s;
    const ClaimResult closed = must(bureau.desk.store.claim(request));
    CHECK(closed.claims.empty());
    CHECK(closed.outside_hours);
    CHECK(closed.next_due_at == noon + 24h);  // 09:00 there
    request.at = noon + 24h;
    const ClaimResult open = must(bureau.desk.store.claim(request));
    REQUIRE(open.claims.size() == 1);
    CHECK(open.claims.front().number().e164 == number_of(1));
}

TEST_CASE("a campaign with an order and a filter keeps its callbacks, and does not call anybody twice for them") {
    Bureau bureau;
    std::vector<NewContact> contacts;
    for (int i = 0; i < 4; ++i) {
        contacts.push_back(person(number_of(i), "", {{"zones", "+1"}, {"balance", std::to_string(i * 10)}}));
    }
    bureau.desk.import(contacts);
    ContactOrder order;
    order.by = ContactOrder::By::newest;
    order.where = ContactFilter::parse("attributes.balance > 5").value();
    const auto claim = [&](std::size_t slots, UtcTime at) {
        ClaimRequest request = bureau.desk.request(slots, at);
        request.order = std::make_shared<const ContactOrder>(order);
        std::vector<std::string> numbers;
        const ClaimResult result = must(bureau.desk.store.claim(request));
        for (const Claim& each : result.claims) numbers.push_back(each.number().e164);
        return numbers;
    };
    CHECK(claim(1, noon) == std::vector<std::string>{number_of(3)});
    must(bureau.order(first, "+1h"));         // whom the filter leaves out
    must(bureau.order(number_of(2), "+1h"));  // who is in the order
    CHECK(claim(5, noon) == std::vector<std::string>{number_of(1)});
    CHECK(bureau.desk.shell().value("SELECT contacts, ready, waiting, in_call FROM campaign_progress") == "4|0|2|2");
    CHECK(claim(5, noon + 1h) == std::vector<std::string>{first, number_of(2)});
    CHECK(bureau.desk.shell().value("SELECT count(*) FROM campaign_order") == "0");
}

TEST_CASE("a callback that is canceled is left to the filter again") {
    Bureau bureau;
    bureau.desk.import({person(first, "C0", {{"zones", "+1"}, {"balance", "0"}})});
    ContactOrder order;
    order.where = ContactFilter::parse("attributes.balance > 5").value();
    ClaimRequest request = bureau.desk.request(1, noon);
    request.order = std::make_shared<const ContactOrder>(order);
    CHECK(must(bureau.desk.store.claim(request)).claims.empty());
    CHECK(bureau.status(first) == "done|filtered|");
    must(bureau.order(first, "+1h"));
    must(bureau.cancel(first));
    CHECK(bureau.status(first) == "done|filtered|");
    must(bureau.order(first, "+1h"));
    bureau.desk.shell().run("UPDATE contact SET attributes = '{\"zones\":\"+1\",\"balance\":\"10\"}'");
    request.at = noon + 1min;
    CHECK(must(bureau.desk.store.claim(request)).claims.empty());
    must(bureau.cancel(first));
    CHECK(must(bureau.desk.store.claim(request)).claims.size() == 1);
}

TEST_CASE("who cannot be meant is told, and nothing is changed") {
    Bureau bureau;
    bureau.desk.import({Bureau::in_zone(0), Bureau::in_zone(1, "+1 +4")});
    const auto refused = [&](const Result<CallbackMade>& made, const std::string& because) {
        REQUIRE_FALSE(made);
        CHECK_THAT(made.error().message, Catch::Contains(because));
    };
    refused(bureau.order("+12025559999", "+1h"), "nobody with this number or key is on the list 'customers'");
    refused(bureau.order(first, "tomorrow"), "write it as 2026-11-24T15:00");
    refused(bureau.order(first, "2020-01-01T10:00"), "is past");
    refused(bureau.order(number_of(1), "2027-01-15T15:00"), "any of the time zones +1, +4");
    refused(bureau.cancel(first), "waits for no callback");
    CHECK(bureau.callbacks().empty());
    CHECK(bureau.desk.shell().value("SELECT count(*) FROM campaign_contact") == "0");
}

TEST_CASE("what an operator ordered is in the audit, without the note") {
    Bureau bureau;
    bureau.desk.import({Bureau::in_zone(0)});
    must(bureau.order(first, "+1h", noon, "alice"));
    must(bureau.cancel(first));
    const auto rows = bureau.desk.shell().rows(
        "SELECT actor, campaign, contact_id, detail FROM audit_log WHERE kind = 'callback' ORDER BY audit_id");
    REQUIRE(rows.size() == 2);
    CHECK(rows[0] == R"(uid 1000|renewals|1|{"callback":"made","callback_at":1800003600000,"agent":"alice"})");
    CHECK(rows[1] == R"(uid 1000|renewals|1|{"callback":"canceled","callback_at":1800003600000})");
}

TEST_CASE("who is forgotten leaves no callback behind") {
    Bureau bureau;
    bureau.desk.import({Bureau::in_zone(0)});
    must(bureau.order(first, "+1h"));
    must(bureau.desk.store.forget({.e164 = first, .external_id = {}, .list = {}}, Origin{noon}));
    CHECK(bureau.desk.shell().value("SELECT count(*) FROM callback") == "0");
    CHECK(bureau.claimed(1, noon + 1h).empty());
}

TEST_CASE("what was chosen in a call survives the daemon's end before the call's") {
    Bureau bureau;
    bureau.desk.import({Bureau::in_zone(0)});
    const Claim claim = bureau.claim(noon);
    CallFacts facts;
    facts.callback_at = noon + 2h;
    facts.callback_agent = "alice";
    const Progress progress{claim.slot.attempt, facts};
    must(bureau.desk.store.record({&progress, 1}));
    const auto live = must(bureau.desk.store.live_attempts());
    REQUIRE(live.size() == 1);
    CHECK(live.front().facts == facts);
    CHECK(live.front().zones == std::vector<std::string>{"+1"});
}

TEST_CASE("explain tells of the callback, and when it may be made") {
    Bureau bureau;
    bureau.desk.import({Bureau::in_zone(0)});
    bureau.answered(bureau.claim(noon, 1), noon + 1min);
    must(bureau.order(first, "+2h", noon, "alice"));
    const ClaimRequest rules = bureau.desk.request(0, noon, 1);
    const auto found = must(bureau.desk.store.explain({.e164 = first, .external_id = {}, .list = {}}, {&rules, 1}));
    REQUIRE(found.size() == 1);
    CHECK(found.front().next_at == noon + 2h);
    std::string text;
    for (const RuleVerdict& verdict : found.front().rules) text += verdict.rule + ": " + verdict.text + "\n";
    CHECK_THAT(text, Catch::Contains("callback: wants to be called at 2027-01-15 10:00:00 UTC by alice"));
    CHECK_THAT(text, Catch::Contains("1 of 1 used, and the callback is one more"));
}

}  // namespace outdial::store
