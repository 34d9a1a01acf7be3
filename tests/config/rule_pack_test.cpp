#include <array>
#include <catch2/catch.hpp>
#include <cstdio>
#include <map>
#include <sstream>

#include "config/load.hpp"
#include "site.hpp"

namespace outdial::config {
namespace {

std::string campaign_with(const std::string& more) {
    return "name: renewals\nlist: customers\ntrunks: [carrier-a]\non_answer: {queue: sales}\n"
           "pacing: {mode: rate, originates_per_second: 10, channels: 60}\n" +
           more;
}

CampaignResult load_with(const std::string& more) {
    static const RulePacks packs = shipped_packs();
    return load_campaign(campaign_with(more), "renewals.yaml", test_site(), packs);
}

const std::string with_us = "do_not_call: [{list: us-national, max_age: 31d}]\ncompliance: [us-tcpa-tsr, us-states]\n";

}  // namespace

TEST_CASE("every rule pack loads, and has the rules that check_packs.py counts") {
    const std::string command =
        "/usr/bin/python3 '" + (source_dir / "tests/compliance/check_packs.py").native() + "' 2>&1";
    FILE* pipe = ::popen(command.c_str(), "r");
    REQUIRE(pipe != nullptr);
    std::string output;
    std::array<char, 4096> buffer;
    while (const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), pipe))
        output.append(buffer.data(), count);
    INFO(output);
    REQUIRE(::pclose(pipe) == 0);
    const RulePacks packs = shipped_packs();
    CHECK(packs.packs.size() == 9);
    for (const RulePack& pack : packs.packs) {
        const auto verified = std::ranges::count(pack.rules, true, &PackRule::verified);
        char line[100];
        std::snprintf(line, sizeof line, "%-12s %3zu rules, %3td verified", pack.name.c_str(), pack.rules.size(),
                      verified);
        CHECK_THAT(output, Catch::Contains(line));
    }
}

TEST_CASE("a campaign keeps to the rules of its packs beside its own") {
    const auto result = load_with(with_us + "limits: [gap: {of: 4h, per: contact}]\n");
    REQUIRE(result.campaign);
    const Campaign& campaign = *result.campaign;
    REQUIRE(campaign.limits);
    const auto has_limit = [&](const std::string& name) {
        return std::ranges::find(*campaign.limits, name, &ContactLimit::name) != campaign.limits->end();
    };
    CHECK(has_limit("gap-4h-per-contact"));
    CHECK(has_limit("us-states/fl-three-in-24-hours"));
    REQUIRE(campaign.calling);
    const auto texas = std::ranges::find(campaign.calling->hours, "us-states/tx-hours", &HoursRule::name);
    REQUIRE(texas != campaign.calling->hours.end());
    CHECK(texas->regions == std::vector<std::string>{"US-TX"});
    CHECK(texas->hours.weekdays[6] == DayHours{{.opens = 720, .closes = 1260}});
    CHECK(campaign.ring_floor == std::chrono::seconds{15});
    CHECK(campaign.compliance.packs.size() == 2);
    CHECK(campaign.compliance.packs[1].not_verified > 10);
    CHECK(campaign.compliance.abandonment.at(0).cap == Approx(0.03));
    CHECK(std::ranges::find(campaign.compliance.duties, "us-tcpa-tsr/records", &Duty::rule)->text ==
          "keep the records of calls for 5 years");
}

TEST_CASE("an override switches a rule off for its campaign, and is a warning for the log") {
    const auto result =
        load_with(with_us +
                  "override:\n  - {rule: us-states/fl-three-in-24-hours, reason: \"existing customers\", "
                  "by: \"J. Doe\"}\n");
    REQUIRE(result.campaign);
    REQUIRE(result.warnings.size() == 1);
    CHECK(result.warnings[0].line == 9);
    CHECK(result.warnings[0].message ==
          "switches the rule us-states/fl-three-in-24-hours off for this campaign, by J. Doe: existing customers");
    CHECK(result.campaign->compliance.overrides ==
          std::vector<RuleOverride>{{"us-states/fl-three-in-24-hours", "existing customers", "J. Doe"}});
    const auto& limits = *result.campaign->limits;
    CHECK(std::ranges::find(limits, "us-states/fl-three-in-24-hours", &ContactLimit::name) == limits.end());
    CHECK(std::ranges::find(limits, "us-states/md-three-in-24-hours", &ContactLimit::name) != limits.end());
}

TEST_CASE("a ring timeout that leaves a slow call less than the floor is warned of") {
    CHECK(load_with(with_us + "ring_timeout: 25s\n").warnings.empty());
    const auto result = load_with(with_us + "ring_timeout: 24s\n");
    REQUIRE(result.campaign);
    REQUIRE(result.warnings.size() == 1);
    CHECK_THAT(result.warnings[0].message, Catch::Contains("more than 9s is hung up before it has rung for the 15s"));
}

TEST_CASE("a younger copy than the pack asks for will do, and a campaign without packs needs none") {
    CHECK(
        load_with("do_not_call: [internal, {list: tps, max_age: 1d}]\ncompliance: [uk-ofcom, us-tcpa-tsr]\n").campaign);
    CHECK(load_with("").campaign);
    CHECK_FALSE(load_with("do_not_call: [{list: tps, max_age: 29d}]\ncompliance: [uk-ofcom]\n").campaign);
}

TEST_CASE("packs are looked for in the folder that outdial.yaml names; a wrong one refuses the configuration") {
    const TemporaryFolder folder;
    const std::string daemon =
        "database: outdial.db\ncampaigns: campaigns.d\ncompliance: packs\ncontrol: {socket: control.sock}\n"
        "limits: {originates_per_second: 10, channels: 60}\n"
        "servers: {pbx1: {host: 127.0.0.1, username: outdial, secret_file: pbx1.secret, originates_per_second: 10, "
        "channels: 10}}\n"
        "trunks: {carrier-a: {servers: [pbx1], dial: \"PJSIP/{digits}@carrier-a\", channels: 60, "
        "originates_per_second: 10, caller_ids: [\"+18001234567\"]}}\n";
    const auto main_file = folder.write("outdial.yaml", daemon);
    folder.write("campaigns.d/renewals.yaml", campaign_with("compliance: [mine]\n"));
    const std::string pack =
        "name: mine\nversion: \"2026-11-24\"\ntitle: mine\nregions: [DE]\n"
        "rules: [{id: records, source: mine, verified: true, records: {keep: 5y}},\n"
        "        {id: holidays, source: mine, verified: true, holidays: {2026-12-25: Christmas}}]\n";
    CHECK_THAT(to_text(load(main_file).problems.at(0)), Catch::Contains("cannot list the folder of rule packs"));
    folder.write("packs/mine.yaml", pack);
    LoadResult loaded = load(main_file);
    REQUIRE(loaded.problems.empty());
    CHECK(loaded.configuration->site.campaigns.at(0).compliance.packs.at(0).rules == 2);
    warn_of_ending_holidays(loaded, from_unix_ms(1'780'000'000'000));  // May 2026
    CHECK(loaded.warnings.empty());
    warn_of_ending_holidays(loaded, from_unix_ms(1'798'000'000'000));  // December 2026
    REQUIRE(loaded.warnings.size() == 1);
    CHECK(loaded.warnings[0].file == (folder.path() / "packs/mine.yaml").native());
    folder.write("packs/other.yaml", "name: another\n");
    CHECK_THAT(to_text(load(main_file).problems.at(0)), Catch::Contains("packs/other.yaml:1:"));
}

TEST_CASE("a campaign that names a pack where there are none is told where they are looked for") {
    const auto result = load_campaign(campaign_with("compliance: [us-states]\n"), "renewals.yaml", test_site());
    REQUIRE(result.problems.size() == 1);
    CHECK_THAT(result.problems[0].message, Catch::Contains("'compliance' in outdial.yaml names their folder"));
}

}  // namespace outdial::config
