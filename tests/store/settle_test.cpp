#include <chrono>

#include "fixture.hpp"

namespace outdial::store {

using namespace std::chrono_literals;

namespace {

// Every fact has a value of its own, so that a mixed-up column shows.
CallFacts all_facts() {
    CallFacts facts;
    facts.originated_at = noon + 1ms;
    facts.created_at = noon + 2ms;
    facts.ringing_at = noon + 3ms;
    facts.answered_at = noon + 4ms;
    facts.connected_at = noon + 5ms;
    facts.ended_at = noon + 6ms;
    facts.refused_at = noon + 7ms;
    facts.not_sent_at = noon + 8ms;
    facts.originate_failed_at = noon + 9ms;
    facts.accepted = true;
    facts.cancel_requested = false;
    facts.dial_ended = true;
    facts.remote_ended = false;
    facts.remote_cause = 17;
    facts.remote_tech_cause = 486;
    facts.hangup_cause = 21;
    facts.hangup_tech_cause = 603;
    facts.originate_reason = 5;
    facts.refusal = "Extension does not exist.";
    facts.result = "callback";
    facts.agent = "PJSIP/anna";
    return facts;
}

}  // namespace

TEST_CASE("The newest claim's time is known") {
    Desk desk;
    CHECK_FALSE(must(desk.store.last_claimed_at()));
    desk.import({person("+12025550001", "A1"), person("+12025550002", "A2")});
    const Claim first = desk.claim(1).claims.at(0);
    CHECK(must(desk.store.last_claimed_at()) == first.claimed_at);
    const Claim second = desk.claim(1, noon + 5min).claims.at(0);
    CHECK(second.claimed_at > first.claimed_at);
    CHECK(must(desk.store.last_claimed_at()) == second.claimed_at);
}

TEST_CASE("Recorded facts come back with the live attempt, complete, the last ones winning") {
    Desk desk;
    desk.import({person("+12025550001", "A1", {{"name", "Ann"}})});
    const Claim claim = desk.claim(1).claims.at(0);
    CallFacts facts = all_facts();
    facts.cancel_requested = true;
    Progress progress{claim.slot.attempt, facts};
    must(desk.store.record({&progress, 1}));
    progress.facts = all_facts();
    must(desk.store.record({&progress, 1}));

    const std::vector<Claim> live = must(desk.store.live_attempts());
    REQUIRE(live.size() == 1);
    CHECK(live[0].facts == all_facts());
    CHECK(live[0].slot.attempt == claim.slot.attempt);
    CHECK(live[0].slot.trunk == "carrier-a");
    CHECK(live[0].slot.server == "pbx1");
    CHECK(live[0].slot.caller_id == "+18001234567");
    CHECK(live[0].campaign == desk.campaign);
    CHECK(live[0].contact.id == claim.contact.id);
    CHECK(live[0].contact.external_id == "A1");
    CHECK(live[0].contact.attributes == Attributes{{"name", "Ann"}});
    CHECK(live[0].number().e164 == "+12025550001");
    CHECK(live[0].claimed_at == noon);
    CHECK(live[0].history == AttemptHistory{});
}

TEST_CASE("A live attempt is loaded with the history that its claim had") {
    Desk desk;
    desk.import(people(1));
    desk.settle(desk.claim(1).claims.at(0), Disposition::busy, Desk::retry_at(noon + 1min), noon + 1s);
    const Claim second = desk.claim(1, noon + 1min).claims.at(0);
    CHECK(second.history.charged == 1);
    CHECK(must(desk.store.live_attempts()).at(0).history == second.history);
}

TEST_CASE("A settlement ends the attempt and moves its contact, in the same moment") {
    Desk desk;
    desk.import(people(1));
    const Claim claim = desk.claim(1).claims.at(0);
    Settlement settlement = Desk::settlement_of(claim, Disposition::answered, Desk::done(), noon + 60s);
    settlement.facts = all_facts();
    settlement.message = "word for word";
    CHECK(desk.settle(settlement) == SettleOutcome::settled);
    CHECK(must(desk.store.live_attempts()).empty());
    Shell shell = desk.shell();
    CHECK(shell.value("SELECT disposition, charged, ended_at, message, refusal, hung_up_at FROM attempt") ==
          "answered|1|1800000000006|word for word|Extension does not exist.|1800000000006");
    CHECK(shell.value("SELECT state, reason, charged, attempts, reached, last_disposition FROM campaign_contact") ==
          "done|reached|1|1|1|answered");
}

TEST_CASE("An attempt without a Hangup ends when it was settled") {
    Desk desk;
    desk.import(people(1));
    const Claim claim = desk.claim(1).claims.at(0);
    desk.settle(claim, Disposition::lost, Desk::retry_at(noon + 24h, "lost"), noon + 90s);
    CHECK(desk.shell().value("SELECT ended_at FROM attempt") == "1800000090000");
    CHECK(desk.shell().value("SELECT state, reason, due_at, reached FROM campaign_contact") ==
          "pending|lost|1800086400000|0");
}

TEST_CASE("A contact that was reached once counts as reached, whatever a later call brings") {
    Desk desk;
    desk.import(people(1));
    desk.settle(desk.claim(1).claims.at(0), Disposition::answered, Desk::retry_at(noon + 1min, "callback"), noon + 1s);
    CHECK(desk.shell().value("SELECT reached, done FROM campaign_progress") == "1|0");
    desk.settle(desk.claim(1, noon + 1min).claims.at(0), Disposition::busy, Desk::done("busy"), noon + 2min);
    CHECK(desk.shell().value("SELECT reached, done FROM campaign_progress") == "1|1");
}

TEST_CASE("Settling twice changes nothing the second time") {
    Desk desk;
    desk.import(people(1));
    const Claim claim = desk.claim(1).claims.at(0);
    CHECK(desk.settle(claim, Disposition::busy, Desk::retry_at(noon + 10min), noon + 1s) == SettleOutcome::settled);
    Shell shell = desk.shell();
    const auto attempt = shell.value("SELECT disposition, ended_at, charged FROM attempt");
    const auto contact = shell.value("SELECT * FROM campaign_contact");
    CHECK(desk.settle(claim, Disposition::answered, Desk::done(), noon + 2s) == SettleOutcome::already_settled);
    CHECK(shell.value("SELECT disposition, ended_at, charged FROM attempt") == attempt);
    CHECK(shell.value("SELECT * FROM campaign_contact") == contact);
}

TEST_CASE("Facts that come after the end change nothing") {
    Desk desk;
    desk.import(people(1));
    const Claim claim = desk.claim(1).claims.at(0);
    desk.settle(claim, Disposition::busy, Desk::retry_at(noon + 10min), noon + 1s);
    const Progress late{claim.slot.attempt, all_facts()};
    must(desk.store.record({&late, 1}));
    CHECK(desk.shell().value("SELECT count(*) FROM attempt WHERE answered_at IS NOT NULL") == "0");
}

TEST_CASE("A settlement of an unknown attempt, or of another contact's, is reported and changes nothing") {
    Desk desk;
    desk.import(people(2));
    const ClaimResult result = desk.claim(2);
    Settlement settlement = Desk::settlement_of(result.claims[0], Disposition::busy, Desk::done("busy"), noon + 1s);
    settlement.attempt = AttemptId::make(noon, desk.random);
    CHECK(desk.settle(settlement) == SettleOutcome::unknown_attempt);
    settlement.attempt = result.claims[0].slot.attempt;
    settlement.contact = result.claims[1].contact.id;
    CHECK(desk.settle(settlement) == SettleOutcome::unknown_attempt);
    CHECK(must(desk.store.live_attempts()).size() == 2);
}

TEST_CASE("Every disposition can be stored, and counts in the next claim's history") {
    Desk desk;
    desk.import(people(1));
    UtcTime at = noon;
    for (const Disposition disposition : all_dispositions) {
        const Claim claim = desk.claim(1, at, 100).claims.at(0);
        at += 1min;
        CHECK(desk.settle(claim, disposition, Desk::retry_at(at, "again"), at) == SettleOutcome::settled);
    }
    const Claim last = desk.claim(1, at, 100).claims.at(0);
    for (const Disposition disposition : all_dispositions) CHECK(last.history.count(disposition) == 1);
    CHECK(last.history.charged == static_cast<int>(all_dispositions.size()));
}

TEST_CASE("A member that fails within a group leaves what the others of the group did") {
    Desk desk;
    desk.import(people(3));
    const ClaimRequest request = desk.request(1);
    must(desk.store.begin());
    must(desk.store.claim(request));
    CHECK_FALSE(desk.store.claim(request));  // the id exists
    CHECK(must(desk.store.claim(desk.request(1))).claims.size() == 1);
    Shell shell = desk.shell();
    CHECK(shell.value("SELECT count(*) FROM attempt") == "0");
    must(desk.store.commit());
    CHECK(shell.value("SELECT count(*) FROM attempt") == "2");
}

TEST_CASE("A group that is rolled back has done nothing") {
    Desk desk;
    desk.import(people(2));
    must(desk.store.begin());
    REQUIRE(desk.claim(2).claims.size() == 2);
    desk.store.roll_back();
    CHECK(desk.shell().value("SELECT count(*) FROM attempt") == "0");
    CHECK(desk.claim(2).claims.size() == 2);
}

TEST_CASE("A crash loses nothing that was committed") {
    Desk desk;
    desk.import(people(3));
    const ClaimResult result = desk.claim(2);
    desk.settle(result.claims[0], Disposition::busy, Desk::retry_at(noon + 10min), noon + 1s);
    // What a power cut leaves: the files as they are, with nobody having closed them.
    const TempFolder after;
    std::filesystem::copy_file(desk.folder.database(), after.database());
    std::filesystem::copy_file(desk.folder.database().string() + "-wal", after.database().string() + "-wal");
    Store store = must(Store::open(after.database()));
    const std::vector<Claim> live = must(store.live_attempts());
    REQUIRE(live.size() == 1);
    CHECK(live[0].slot.attempt == result.claims[1].slot.attempt);
    const ClaimResult next = must(store.claim(desk.request(3, noon + 10min)));
    REQUIRE(next.claims.size() == 2);
    CHECK(next.claims[0].history.count(Disposition::busy) == 1);
}

}  // namespace outdial::store
