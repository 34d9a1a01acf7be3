// The checker finds what it is for: one planted fault a rule.
#include "simulation/checker.hpp"

#include <catch2/catch.hpp>

#include "simulation/main_options.hpp"

namespace outdial::simulation {

namespace {

const std::string attempt_a(32, 'a');
const std::string attempt_b(32, 'b');

SiteRules rules() {
    SiteRules site;
    site.all = {10, 5};
    site.servers["pbx1"] = {2, 5};
    site.trunks["carrier1"] = {{10, 1}, {"pbx1"}};
    CampaignRules campaign;
    campaign.list = "list1";
    campaign.cap = {10, 5};
    campaign.trunks = {"carrier1"};
    site.campaigns["campaign1"] = campaign;
    return site;
}

std::map<std::string, std::vector<Person>> people() {
    return {{"list1", {{"p1", {"+12125550101"}, "a,b", ""}, {"p2", {"+12125550102"}, "plain", "Asia/Kathmandu"}}}};
}

std::string originate(const std::string& attempt, const std::string& number, const std::string& contact,
                      const std::string& note) {
    return "Action: Originate\r\nActionID: " + attempt + "\r\nChannel: PJSIP/" + number +
           "@carrier1\r\nContext: outbound\r\nExten: " + number +
           "\r\nPriority: 1\r\nTimeout: 10000\r\nAsync: true\r\nChannelId: " + attempt +
           "\r\nCallerID: <+18005550199>\r\nVariable: SIM_CAMPAIGN=campaign1\r\nVariable: SIM_CONTACT=" + contact +
           "\r\nVariable: SIM_NOTE=" + note + "\r\nVariable: OUTDIAL_NOT_AFTER=1\r\n\r\n";
}

bool says(const Checker& checker, const std::string& words) {
    return checker.violation() && checker.violation()->find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("A call is read back from its bytes as Asterisk reads it") {
    const auto call = read_call(originate(attempt_a, "12125550101", "p1", "a\\,b"));
    REQUIRE(call.has_value());
    CHECK(call->attempt == attempt_a);
    CHECK(call->number == "12125550101");
    CHECK(call->trunk == "carrier1");
    CHECK(call->campaign == "campaign1");
    CHECK(call->contact == "p1");
    CHECK(call->note == "a,b");
    CHECK(call->variables == 4);
    CHECK_FALSE(read_call("Action: Ping\r\nActionID: 1\r\n\r\n").has_value());
    CHECK(first_frame("Event: A\r\n\r\nEvent: B\r\n") == "Event: A\r\n\r\n");
    CHECK(first_frame("Event: B\r\n").empty());
}

TEST_CASE("A call of a campaign that nobody has started breaks a rule") {
    Checker checker{rules(), people()};
    checker.left("pbx1", originate(attempt_a, "12125550101", "p1", "a\\,b"), {});
    CHECK(says(checker, "permission: a call of campaign campaign1, which does not run"));
}

TEST_CASE("What a call says that was not meant breaks a rule") {
    struct Case {
        std::string frame, words;
    };
    const std::vector<Case> cases = {
        {originate(attempt_a, "12125550102", "p1", "a\\,b"), "not theirs"},
        {originate(attempt_a, "12125550101", "p1", "a,b"), "the note"},
        {originate(attempt_a, "12125550101", "p9", "a\\,b"), "in no list"},
        {originate(attempt_a, "12125550101", "p1", "a\\,b\r\nSpare: 1"), "15 headers"},
        {"Action: Command\r\nCommand: core stop now\r\n\r\n", "nobody ordered"},
    };
    for (const Case& each : cases) {
        Checker checker{rules(), people()};
        checker.ordered("campaign1", true);
        checker.left("pbx1", each.frame, {});
        CAPTURE(each.frame);
        CHECK(says(checker, each.words));
    }
}

TEST_CASE("A call without a database that holds its claim breaks a rule") {
    Checker checker{rules(), people()};
    checker.ordered("campaign1", true);
    checker.left("pbx1", originate(attempt_a, "12125550101", "p1", "a\\,b"), {});
    CHECK(says(checker, "claim: "));
}

TEST_CASE(
    "A call breaks a rule that leaves, or rings to its end, while it is not the time by one of the person's clocks") {
    SiteRules site = rules();
    site.campaigns["campaign1"].hours = {.every_minutes = 10, .closed_minutes = 2};
    const auto verdict = [&](const std::string& contact, const std::string& number, const std::string& note,
                             int seconds) {
        Checker checker{site, people()};
        checker.ordered("campaign1", true);
        checker.left("pbx1", originate(attempt_a, number, contact, note), {.steady_us = 0, .utc_ms = seconds * 1000});
        return says(checker, "hours: ");
    };
    // p1 has New York's clock, five hours behind: closed in the minutes 0 and 1 of each ten; it rings for 10 s.
    const auto first = [&](int seconds) { return verdict("p1", "12125550101", "a\\,b", seconds); };
    CHECK(first(0));
    CHECK(first(119));
    CHECK_FALSE(first(120));
    CHECK_FALSE(first(590));
    CHECK(first(591));
    // p2 also has that of Kathmandu, 45 minutes beside it: closed in the minutes 5 and 6, too.
    const auto second = [&](int seconds) { return verdict("p2", "12125550102", "plain", seconds); };
    CHECK(second(0));
    CHECK_FALSE(second(120));
    CHECK(second(5 * 60));
    CHECK(second(5 * 60 - 9));
    CHECK_FALSE(second(7 * 60));
}

TEST_CASE("A list of seeds may hold comments and empty lines") {
    const auto parsed = parse_options({"--seeds", "4..6", "--faults", "kill,drop", "--jobs", "2"});
    REQUIRE(parsed.has_value());
    CHECK(parsed->all_seeds() == std::vector<std::uint64_t>{4, 5, 6});
    CHECK(parsed->plan.faults.text() == "kill,drop");
    CHECK_FALSE(parse_options({"--seeds", "6..4"}).has_value());
    CHECK_FALSE(parse_options({"--faults", "lightning"}).has_value());
    CHECK_FALSE(parse_options({"--seed"}).has_value());
}

}  // namespace outdial::simulation
