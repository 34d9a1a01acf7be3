#include "core/do_not_call.hpp"

#include <chrono>

#include "fixture.hpp"

namespace outdial::store {

using namespace std::chrono_literals;

namespace {

DoNotCallNumber forbidden(const std::string& number, std::optional<UtcTime> expires_at = std::nullopt) {
    return {.e164 = number, .expires_at = expires_at, .source = "operator", .reason = "letter of 3 May"};
}

DoNotCallChange forbid(Desk& desk, const std::string& list, std::vector<DoNotCallNumber> numbers) {
    return must(desk.store.forbid(list, numbers, noon));
}

ClaimRequest keeping_to(Desk& desk, std::vector<DoNotCallChoice> lists, UtcTime at = noon) {
    ClaimRequest request = desk.request(10, at);
    request.do_not_call = std::move(lists);
    return request;
}

std::string state_of(Desk& desk) {
    return desk.shell().value("SELECT group_concat(state || ' ' || reason, ', ') FROM contact_status");
}

}  // namespace

TEST_CASE("A number on the global list is not claimed, in any campaign") {
    Desk desk;
    desk.import(people(3));
    CHECK(forbid(desk, "global", {forbidden(number_of(1))}).changed == 1);
    const ClaimResult result = desk.claim(10);
    REQUIRE(result.claims.size() == 2);
    CHECK(result.claims[0].number().e164 == number_of(0));
    CHECK(result.claims[1].number().e164 == number_of(2));
    CHECK(state_of(desk) == "in_call in_call, done do_not_call, in_call in_call");
    CHECK(desk.shell().value("SELECT contacts, done, in_call FROM campaign_progress") == "3|1|2");
}

TEST_CASE("A retry's number is looked up again: it may have been forbidden since the first call") {
    Desk desk;
    desk.import(people(1));
    const Claim first = desk.claim(1).claims.at(0);
    desk.settle(first, Disposition::busy, Desk::retry_at(noon + 1min), noon + 1s);
    forbid(desk, "global", {forbidden(number_of(0))});
    const ClaimResult later = desk.claim(1, noon + 1min);
    CHECK(later.claims.empty());
    CHECK(later.exhausted);
    CHECK(state_of(desk) == "done do_not_call");
}

TEST_CASE("A list forbids numbers, not people: another number of theirs is called, but none that was found invalid") {
    Desk desk;
    const std::vector<PhoneNumber> numbers{{number_of(1), 1}, {number_of(2), 1}, {number_of(3), 1}};
    desk.import({{"", numbers, {}}});
    forbid(desk, "global", {forbidden(number_of(1))});
    const Claim second = desk.claim(1).claims.at(0);
    CHECK(second.number().e164 == number_of(2));
    NextStep next = Desk::retry_at(noon + 1s, "invalid_number");
    next.position = 2;
    desk.settle(second, Disposition::invalid_number, next, noon + 1s);
    forbid(desk, "global", {forbidden(number_of(3))});
    CHECK(desk.claim(1, noon + 1s).claims.empty());
    CHECK(state_of(desk) == "done do_not_call");
}

TEST_CASE("A number whose time on the list ends is called from then on, and not a millisecond early") {
    Desk desk;
    desk.import(people(1));
    forbid(desk, "global", {forbidden(number_of(0), noon + 1h)});
    const ClaimResult now = desk.claim(1);
    CHECK(now.claims.empty());
    CHECK(now.next_due_at == noon + 1h);
    CHECK_FALSE(now.exhausted);
    CHECK(desk.claim(1, noon + 1h - 1ms).claims.empty());
    CHECK(desk.claim(1, noon + 1h).claims.size() == 1);
}

TEST_CASE("A campaign keeps to the lists that it names, and to no other but the global one") {
    Desk desk;
    desk.import(people(3));
    forbid(desk, "internal", {forbidden(number_of(0))});
    forbid(desk, "another", {forbidden(number_of(1))});
    const ClaimResult result = must(desk.store.claim(keeping_to(desk, {{"internal", {}}})));
    REQUIRE(result.claims.size() == 2);
    CHECK(result.claims[0].number().e164 == number_of(1));
    CHECK(result.problem.empty());
}

TEST_CASE("Where a list is not there, or its copy is too old or has no date, nobody is called") {
    Desk desk;
    desk.import(people(1));
    const auto problem = [&](std::vector<DoNotCallChoice> lists) {
        const ClaimResult result = must(desk.store.claim(keeping_to(desk, std::move(lists))));
        CHECK(result.claims.empty() == !result.problem.empty());
        CHECK_FALSE(result.exhausted);
        return result.problem;
    };
    CHECK_THAT(problem({{"us-national", {}}}), Catch::Contains("'us-national' is not in the database"));
    forbid(desk, "us-national", {});
    CHECK_THAT(problem({{"us-national", 24h * 31}}), Catch::Contains("nobody knows how old"));
    must(desk.store.set_copied_at("us-national", noon - 24h * 31 - 1ms, noon));
    CHECK_THAT(problem({{"us-national", 24h * 31}}),
               Catch::Contains("is a copy of 2026-12-15, and may be 31 days old"));
    must(desk.store.set_copied_at("us-national", noon + 1ms, noon));  // somebody's clock is wrong
    CHECK_THAT(problem({{"us-national", 24h * 31}}), Catch::Contains("is a copy of"));
    must(desk.store.set_copied_at("us-national", noon - 24h * 31, noon));
    CHECK(problem({{"us-national", 24h * 31}}).empty());
}

TEST_CASE(
    "Who asks for it in a call stands on the global list with all numbers, by the end of the call at the latest") {
    Desk desk;
    desk.import({{"", {{number_of(1), 1}, {number_of(2), 1}}, {}}});
    Claim claim = desk.claim(1).claims.at(0);
    claim.facts.result = "dnc";
    desk.settle(claim, Disposition::answered, Desk::done("dnc"), noon + 1s);
    CHECK(desk.shell().rows("SELECT number, list, source FROM do_not_call") ==
          std::vector<std::string>{number_of(1) + "|global|caller", number_of(2) + "|global|caller"});
}

TEST_CASE("A number that is added again keeps its date and reason, and the longer time") {
    Desk desk;
    forbid(desk, "internal", {forbidden(number_of(0), noon + 1h), forbidden(number_of(1))});
    const DoNotCallChange change = must(desk.store.forbid(
        "internal",
        std::vector{forbidden(number_of(0), noon + 2h), forbidden(number_of(1), noon + 1h), forbidden(number_of(2))},
        noon + 1min));
    CHECK(change.changed == 1);
    CHECK(change.same == 2);
    CHECK(desk.shell().rows("SELECT added_at, expires_at FROM do_not_call") ==
          std::vector<std::string>{"2027-01-15 08:00:00.000|2027-01-15 10:00:00.000", "2027-01-15 08:00:00.000|",
                                   "2027-01-15 08:01:00.000|"});
    (void)must(desk.store.forbid("internal", std::vector{forbidden(number_of(0))}, noon));
    CHECK(desk.shell().value("SELECT count(*) FROM do_not_call WHERE expires_at IS NULL") == "3");
}

TEST_CASE("Lists count their numbers, and what is removed may be called again") {
    Desk desk;
    desk.import(people(1));
    forbid(desk, "global", {forbidden(number_of(0)), forbidden(number_of(1))});
    const std::vector<std::string> removed{number_of(0), number_of(7)};
    const DoNotCallChange change = must(desk.store.permit("global", removed, noon));
    CHECK(change.changed == 1);
    CHECK(change.same == 1);
    CHECK(must(desk.store.do_not_call_lists()).at(0).numbers == 1);
    CHECK(desk.shell().value("SELECT list, numbers FROM do_not_call_lists") == "global|1");
    CHECK(desk.claim(1).claims.size() == 1);
    CHECK_FALSE(desk.store.permit("nowhere", removed, noon));
}

TEST_CASE("What is no number is refused whole, and stands on no list") {
    Desk desk;
    CHECK_FALSE(desk.store.forbid("global", std::vector{forbidden(number_of(0)), forbidden("+1202555ABCD")}, noon));
    CHECK(desk.shell().value("SELECT count(*) FROM do_not_call") == "0");
    CHECK(must(desk.store.do_not_call_lists()).at(0).numbers == 0);
}

}  // namespace outdial::store
