// What `outdial explain` says is what a claim does.
#include <algorithm>

#include "fixture.hpp"
#include "support/plain_geography.hpp"

namespace outdial::store {

using namespace std::chrono_literals;

namespace {

constexpr UtcTime midnight = noon - 8h;
// Nobody of the walk below waits longer.
constexpr auto days_looked_at = 72h;

struct Office {
    std::shared_ptr<PlainGeography> geography = std::make_shared<PlainGeography>();
    Desk desk;
    ClaimRequest rules{.campaign = desk.campaign,
                       .at = midnight + 12h,
                       .max_attempts = 3,
                       .slots = {},
                       .do_not_call = {},
                       .calling = std::make_shared<CallingRules>(
                           CallingRules{{{"calling_hours", {}, daily({{9 * 60, 17 * 60}})}}, ""}),
                       .ring_timeout = 28s};

    Office() { desk.store.set_geography(geography); }

    NewContact at_zones(int n, const std::string& zones) {
        return person(number_of(n), "C" + std::to_string(n), {{"zones", zones}, {"regions", "GB"}});
    }
    Explanation explain(const std::string& number, UtcTime at) {
        rules.at = at;
        const auto found = must(desk.store.explain({.e164 = number, .external_id = {}, .list = {}}, {&rules, 1}));
        REQUIRE(found.size() == 1);
        return found.front();
    }
    /// The words of the rules that are in the way.
    std::vector<std::string> in_the_way(const std::string& number, UtcTime at) {
        std::vector<std::string> words;
        for (const RuleVerdict& verdict : explain(number, at).rules) {
            if (!verdict.permits) words.push_back(verdict.rule + ": " + verdict.text);
        }
        return words;
    }
    ClaimResult claim(UtcTime at, std::size_t slots) {
        ClaimRequest request = desk.request(slots, at);
        request.calling = rules.calling;
        request.ring_timeout = rules.ring_timeout;
        request.do_not_call = rules.do_not_call;
        request.max_attempts = rules.max_attempts;
        request.limits = rules.limits;
        return must(desk.store.claim(request));
    }
    /// When the campaign, which asks whenever it was told that somebody may be called, would claim them from `at` on,
    /// but not after `latest`. Changes nothing.
    std::optional<UtcTime> first_claim(const std::string& number, UtcTime at, UtcTime latest) {
        std::optional<UtcTime> first;
        must(desk.store.begin());
        while (!first && at <= latest) {
            const ClaimResult result = claim(at, 100);
            const bool theirs = std::ranges::any_of(
                result.claims, [&](const Claim& claim) { return claim.contact.numbers.front().e164 == number; });
            if (theirs) first = at;
            if (!result.next_due_at) break;
            at = std::max(at + 1ms, *result.next_due_at);
        }
        desk.store.roll_back();
        return first;
    }
};

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("who may be called has no rule in the way, and may be called now") {
    Office office;
    office.desk.import({office.at_zones(0, "+0 +1")});
    const Explanation explanation = office.explain(number_of(0), midnight + 12h);
    CHECK(explanation.campaign_name == "renewals");
    CHECK(explanation.list == "customers");
    CHECK(explanation.external_id == "C0");
    CHECK(explanation.number == number_of(0));
    CHECK(explanation.next_at == midnight + 12h);
    CHECK(std::ranges::all_of(explanation.rules, &RuleVerdict::permits));
    Words rules;
    for (const RuleVerdict& verdict : explanation.rules) rules.push_back(verdict.rule);
    CHECK(rules == Words{"campaign", "contact", "retry", "attempts", "do_not_call", "calling_hours", "number"});
    CHECK(explanation.rules[5].text == "+0, +1 in GB: open until 2027-01-15 16:00:00 UTC");
}

TEST_CASE("each rule that is in the way is named, with the time at which it no longer is") {
    Office office;
    office.desk.import({office.at_zones(0, "+0"), office.at_zones(1, "")});
    CHECK(office.in_the_way(number_of(0), midnight) == Words{"calling_hours: +0 in GB: opens 2027-01-15 09:00:00 UTC"});
    CHECK(office.explain(number_of(0), midnight).next_at == midnight + 9h);
    CHECK(office.in_the_way(number_of(1), midnight) == Words{"calling_hours: nobody knows what time it is there"});
    CHECK_FALSE(office.explain(number_of(1), midnight).next_at);

    const Claim claim = office.claim(midnight + 12h, 1).claims.at(0);
    CHECK(office.in_the_way(number_of(0), midnight + 12h) == Words{"contact: a call is up or about to be"});
    office.desk.settle(claim, Disposition::busy, Desk::retry_at(midnight + 18h), midnight + 12h + 9s);
    CHECK(office.in_the_way(number_of(0), midnight + 17h) ==
          Words{"retry: busy: not before 2027-01-15 18:00:00 UTC",
                "calling_hours: +0 in GB: opens 2027-01-16 09:00:00 UTC"});
    CHECK(office.explain(number_of(0), midnight + 13h).next_at == midnight + 33h);
    office.rules.max_attempts = 1;
    CHECK(office.in_the_way(number_of(0), midnight + 33h) == Words{"attempts: 1 of 1 used"});
    office.rules.max_attempts = 3;

    DoNotCallNumber listed{.e164 = number_of(0), .expires_at = midnight + 58h, .source = "operator", .reason = {}};
    must(office.desk.store.forbid("global", {&listed, 1}, midnight));
    CHECK(office.in_the_way(number_of(0), midnight + 34h) ==
          Words{"do_not_call: on a list, until 2027-01-17 10:00:00 UTC"});
    CHECK(office.explain(number_of(0), midnight + 34h).next_at == midnight + 58h);
    office.rules.do_not_call = {{.list = "register", .max_age = {}}};
    CHECK(office.in_the_way(number_of(0), midnight + 34h).size() == 1);
    CHECK_THAT(office.in_the_way(number_of(0), midnight + 34h)[0], Catch::Contains("'register'"));
}

TEST_CASE("who is done, forgotten or in a campaign that does not run is told so, and no time") {
    Office office;
    office.desk.import({office.at_zones(0, "+0")});
    must(office.desk.store.set_campaign_state(office.desk.campaign, CampaignState::paused, midnight));
    CHECK(office.in_the_way(number_of(0), midnight + 12h) == Words{"campaign: paused"});
    CHECK_FALSE(office.explain(number_of(0), midnight + 12h).next_at);
    must(office.desk.store.set_campaign_state(office.desk.campaign, CampaignState::running, midnight));
    const Claim claim = office.claim(midnight + 12h, 1).claims.at(0);
    office.desk.settle(claim, Disposition::answered, Desk::done(), midnight + 12h + 9s);
    CHECK(office.in_the_way(number_of(0), midnight + 13h) == Words{"contact: done in this campaign: reached"});
    CHECK_FALSE(office.explain(number_of(0), midnight + 13h).next_at);
}

TEST_CASE("a number of another list is explained by the campaigns of that list alone") {
    Office office;
    office.desk.import({office.at_zones(0, "+0")}, "patients");
    const auto found =
        must(office.desk.store.explain({.e164 = number_of(0), .external_id = {}, .list = {}}, {&office.rules, 1}));
    CHECK(found.empty());
}

TEST_CASE("whoever is explained is claimed at the instant that was named, and not a moment before") {
    Office office;
    Random dice{7};
    office.rules.max_attempts = 10'000;
    const auto limit = [](LimitScope per, int most, Milliseconds within) {
        ContactLimit made;
        made.name = to_text(per);
        made.per = per;
        made.most = most;
        made.within = within;
        return made;
    };
    // None of accounts: whoever is called first uses up what the others were told.
    office.rules.limits = std::make_shared<const std::vector<ContactLimit>>(
        std::vector{limit(LimitScope::contact, 1, 2h), limit(LimitScope::number, 2, 30h)});
    std::vector<NewContact> contacts;
    for (int n = 0; n < 60; ++n) {
        contacts.push_back(office.at_zones(n, "+" + std::to_string(dice.below(10))));
        if (dice.below(3) == 0) contacts.back().attributes[0].second += " +" + std::to_string(dice.below(10));
        if (dice.below(12) == 0) contacts.back().attributes[0].second.clear();
        if (dice.below(3) == 0) contacts.back().numbers.push_back({number_of(1000 + 10 * n + 9), 1});
        contacts.back().attributes.emplace_back("other_zones", "+" + std::to_string(dice.below(10)));
    }
    office.desk.import(contacts);
    UtcTime at = midnight;
    std::vector<Claim> live;
    int at_once = 0;
    int waited = 0;
    for (int round = 0; round < 10'000; ++round) {
        at += Milliseconds{static_cast<int>(dice.below(600'000))};
        switch (dice.below(12)) {
            case 0:
                for (Claim& claim : office.claim(at, dice.below(6)).claims) live.push_back(std::move(claim));
                break;
            case 1: {
                // Soon gone again, so that the run goes on.
                DoNotCallNumber listed{.e164 = number_of(static_cast<int>(dice.below(60))),
                                       .expires_at = at + Milliseconds{static_cast<int>(dice.below(80'000'000))},
                                       .source = "operator",
                                       .reason = {}};
                must(office.desk.store.forbid("global", {&listed, 1}, at));
                break;
            }
            default: break;
        }
        if (!live.empty()) {
            const Claim claim = live.back();
            live.pop_back();
            NextStep next = Desk::retry_at(at + Milliseconds{static_cast<int>(dice.below(40'000'000))});
            next.position = static_cast<int>(dice.below(claim.contact.numbers.size()));
            next.charged = dice.below(2) == 0;
            office.desk.settle(claim, Disposition::busy, next, at);
        }
        const std::string number = number_of(static_cast<int>(dice.below(60)));
        CAPTURE(round, number, to_unix_ms(at));
        const Explanation explanation = office.explain(number, at);
        if (explanation.next_at == at) ++at_once;
        if (explanation.next_at > at) ++waited;
        // Many claims for each: so of every tenth.
        if (round % 10 == 0) CHECK(office.first_claim(number, at, at + days_looked_at) == explanation.next_at);
    }
    CHECK(at_once > 1'000);
    CHECK(waited > 3'000);
}

}  // namespace outdial::store
