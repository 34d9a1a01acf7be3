#include <chrono>

#include "fixture.hpp"

namespace outdial::store {

using namespace std::chrono_literals;

TEST_CASE("Contacts never tried are claimed in the order of the list, each with its slot, number and attributes") {
    Desk desk;
    desk.import({{"A1", {{"+12025550001", 1}, {"+442079460000", 2}}, {{"name", "Zoë \"Z\""}, {"empty", ""}}},
                 person("+12025550002")});
    const ClaimResult result = desk.claim(3);
    REQUIRE(result.claims.size() == 2);
    const Claim& first = result.claims[0];
    CHECK(first.contact.external_id == "A1");
    CHECK(first.contact.numbers == std::vector<PhoneNumber>{{"+12025550001", 1}, {"+442079460000", 2}});
    CHECK(first.contact.attributes == Attributes{{"name", "Zoë \"Z\""}, {"empty", ""}});
    CHECK(first.position == 0);
    CHECK(first.claimed_at == noon);
    CHECK(first.campaign == desk.campaign);
    CHECK(first.history == AttemptHistory{});
    CHECK(first.facts == CallFacts{});
    CHECK(first.slot.trunk == "carrier-a");
    CHECK(result.claims[1].contact.numbers.front().e164 == "+12025550002");
    CHECK(result.unused.size() == 1);
    CHECK(first.slot.attempt != result.claims[1].slot.attempt);
    Shell shell = desk.shell();
    CHECK(shell.value("SELECT count(*) FROM attempt WHERE ended_at IS NULL") == "2");
    CHECK(desk.claim(3).claims.empty());
}

TEST_CASE("Due retries come before contacts never tried, the oldest first, and not a millisecond early") {
    Desk desk;
    desk.import(people(4));
    const ClaimResult first = desk.claim(2);
    desk.settle(first.claims[0], Disposition::busy, Desk::retry_at(noon + 20min), noon + 1s);
    desk.settle(first.claims[1], Disposition::busy, Desk::retry_at(noon + 10min), noon + 1s);

    const ClaimResult early = desk.claim(1, noon + 10min - 1ms);
    REQUIRE(early.claims.size() == 1);
    CHECK(early.claims[0].number().e164 == number_of(2));

    const ClaimResult due = desk.claim(3, noon + 20min);
    REQUIRE(due.claims.size() == 3);
    CHECK(due.claims[0].number().e164 == number_of(1));
    CHECK(due.claims[1].number().e164 == number_of(0));
    CHECK(due.claims[2].number().e164 == number_of(3));
    CHECK(due.claims[0].history.count(Disposition::busy) == 1);
    CHECK(due.claims[0].history.charged == 1);
    CHECK(due.claims[2].history == AttemptHistory{});
}

TEST_CASE("A retry dials the number that the next step names, and its history tells which numbers were invalid") {
    Desk desk;
    desk.import({{"", {{"+12025550001", 1}, {"+12025550002", 1}}, {}}});
    const Claim first = desk.claim(1).claims.at(0);
    NextStep next = Desk::retry_at(noon + 1s, "invalid_number");
    next.position = 1;
    desk.settle(first, Disposition::invalid_number, next, noon + 1s);
    const Claim second = desk.claim(1, noon + 1s).claims.at(0);
    CHECK(second.position == 1);
    CHECK(second.number().e164 == "+12025550002");
    CHECK(second.history.invalid_positions == 0b01);
    CHECK(second.history.count(Disposition::invalid_number) == 1);
    desk.settle(second, Disposition::invalid_number, Desk::retry_at(noon + 2s, "invalid_number"), noon + 2s);
    const Claim third = desk.claim(1, noon + 2s).claims.at(0);
    CHECK(third.position == 0);
    CHECK(third.history.invalid_positions == 0b11);
}

TEST_CASE("A retry at a number that the contact does not have ends the contact instead of stopping the campaign") {
    Desk desk;
    desk.import(people(2));
    NextStep next = Desk::retry_at(noon + 1s);
    next.position = 5;
    desk.settle(desk.claim(1).claims.at(0), Disposition::busy, next, noon + 1s);
    const ClaimResult result = desk.claim(2, noon + 1s);
    REQUIRE(result.claims.size() == 1);
    CHECK(result.claims[0].number().e164 == number_of(1));
    CHECK(desk.shell().value("SELECT state, reason FROM contact_status WHERE contact_id = 1") == "done|no_number");
}

TEST_CASE("Left-over slots come back with the time of the next retry") {
    Desk desk;
    desk.import(people(1));
    const ClaimResult first = desk.claim(2);
    CHECK(first.unused.size() == 1);
    CHECK_FALSE(first.next_due_at);  // nothing waits: the contact is in a call
    CHECK_FALSE(first.exhausted);
    desk.settle(first.claims[0], Disposition::busy, Desk::retry_at(noon + 10min), noon + 1s);
    const ClaimResult second = desk.claim(1, noon + 2s);
    CHECK(second.claims.empty());
    CHECK(second.next_due_at == noon + 10min);
    CHECK_FALSE(second.exhausted);
}

TEST_CASE("A campaign is exhausted only when every contact is done, and not any more after an import") {
    Desk desk;
    CHECK(desk.claim(1).exhausted);  // an empty list
    desk.import(people(1));
    const ClaimResult first = desk.claim(2);
    CHECK_FALSE(first.exhausted);
    desk.settle(first.claims[0], Disposition::answered, Desk::done(), noon + 1s);
    CHECK(desk.claim(1, noon + 2s).exhausted);
    desk.import(people(1, 7));
    const ClaimResult second = desk.claim(2, noon + 3s);
    CHECK(second.claims.size() == 1);
    CHECK_FALSE(second.exhausted);
}

TEST_CASE("A campaign that is not running gives no contacts, whatever the engine believes") {
    Desk desk;
    desk.import(people(1));
    for (const CampaignState state : all_campaign_states) {
        if (state == CampaignState::running) continue;
        must(desk.store.set_campaign_state(desk.campaign, state, noon));
        const ClaimResult result = desk.claim(1);
        CHECK(result.claims.empty());
        CHECK(result.unused.size() == 1);
        CHECK_FALSE(result.exhausted);
    }
}

TEST_CASE(
    "No contact is claimed beyond max_attempts charged attempts, also when the rule was lowered after the retry was "
    "planned") {
    Desk desk;
    desk.import(people(1));
    UtcTime at = noon;
    for (int i = 0; i < 3; ++i) {
        const ClaimResult result = desk.claim(1, at, 3);
        REQUIRE(result.claims.size() == 1);
        at += 1min;
        desk.settle(result.claims[0], Disposition::busy, Desk::retry_at(at), at);
    }
    const ClaimResult fourth = desk.claim(1, at, 3);
    CHECK(fourth.claims.empty());
    CHECK(fourth.exhausted);
    CHECK(desk.shell().value("SELECT state || ' ' || reason FROM contact_status") == "done max_attempts");
}

TEST_CASE("An attempt that is not charged leaves the budget as it was") {
    Desk desk;
    desk.import(people(1));
    UtcTime at = noon;
    for (int i = 0; i < 5; ++i) {
        const ClaimResult result = desk.claim(1, at, 1);
        REQUIRE(result.claims.size() == 1);
        CHECK(result.claims[0].history.charged == 0);
        CHECK(result.claims[0].history.count(Disposition::congestion) == i);
        at += 1min;
        NextStep next = Desk::retry_at(at, "congestion");
        next.charged = false;
        desk.settle(result.claims[0], Disposition::congestion, next, at);
    }
}

TEST_CASE(
    "A number in a call of another campaign is passed over for 30 seconds, and does not hold up those behind it") {
    Desk desk;
    const CampaignId renewals = desk.campaign;
    const CampaignId reminders = desk.add_campaign("reminders", "patients");
    desk.import({person("+12025550001")});
    desk.import({person("+12025550001"), person("+12025550002")}, "patients");
    const Claim call = desk.claim(1).claims.at(0);

    desk.campaign = reminders;
    const ClaimResult result = desk.claim(1);
    REQUIRE(result.claims.size() == 1);
    CHECK(result.claims[0].number().e164 == "+12025550002");
    CHECK(desk.shell().value("SELECT state || ' ' || reason || ' ' || attempts FROM contact_status "
                             "WHERE campaign = 'reminders' AND number = '+12025550001'") == "waiting number_in_call 0");

    desk.campaign = renewals;
    desk.settle(call, Disposition::answered, Desk::done(), noon + 1s);
    desk.campaign = reminders;
    CHECK(desk.claim(1, noon + 30s - 1ms).claims.empty());
    const ClaimResult later = desk.claim(1, noon + 30s);
    REQUIRE(later.claims.size() == 1);
    CHECK(later.claims[0].number().e164 == "+12025550001");
    CHECK(later.claims[0].history == AttemptHistory{});
}

TEST_CASE("A contact in a call is passed over by another campaign on the same list, at any of its numbers") {
    Desk desk;
    desk.import({{"", {{"+12025550001", 1}, {"+12025550002", 1}}, {}}});
    const Claim call = desk.claim(1).claims.at(0);
    desk.campaign = desk.add_campaign("reminders", "customers");
    CHECK(desk.claim(1).claims.empty());
    const ClaimResult again = desk.claim(1, noon + 30s);
    CHECK(again.claims.empty());
    CHECK(again.next_due_at == noon + 60s);
}

TEST_CASE("One claim passes over a bounded number of contacts and goes on with the next claim") {
    Desk desk;
    constexpr int busy = 300;
    desk.import(people(busy));
    REQUIRE(desk.claim(busy).claims.size() == busy);
    desk.campaign = desk.add_campaign("reminders", "patients");
    desk.import(people(busy + 1), "patients");
    const ClaimResult first = desk.claim(1);
    CHECK(first.claims.empty());
    CHECK(first.next_due_at == noon);  // at once again
    CHECK_FALSE(first.exhausted);
    CHECK(desk.claim(1).claims.empty());
    const ClaimResult third = desk.claim(1);
    REQUIRE(third.claims.size() == 1);
    CHECK(third.claims[0].number().e164 == number_of(busy));
}

TEST_CASE("An attempt id is used once") {
    Desk desk;
    desk.import(people(2));
    const ClaimRequest request = desk.request(1);
    must(desk.store.claim(request));
    const auto again = desk.store.claim(request);
    REQUIRE_FALSE(again);
    CHECK(again.error().message.find("exists already") != std::string::npos);
    CHECK_FALSE(desk.store.in_trouble());
    CHECK(desk.claim(2).claims.size() == 1);  // the failed claim took nobody
}

TEST_CASE("A claim for a campaign that the database does not know fails") {
    Desk desk;
    desk.campaign = CampaignId{99};
    CHECK_FALSE(desk.store.claim(desk.request(1)));
}

TEST_CASE("a number that only a program without the table's CHECKs can have written is never dialed") {
    Desk desk;
    desk.import(people(3));
    REQUIRE(desk.shell()
                .run("PRAGMA ignore_check_constraints = ON; "
                     "UPDATE contact_number SET number = '+1212&PJSIP/900@premium' WHERE contact_id = 2")
                .empty());
    const auto claims = desk.claim(3).claims;
    REQUIRE(claims.size() == 2);
    for (const Claim& claim : claims) CHECK(claim.contact.id.value != 2);
    CHECK(desk.shell().value("SELECT state || ' ' || reason FROM contact_status WHERE contact_id = 2") ==
          "done no_number");
}

}  // namespace outdial::store
