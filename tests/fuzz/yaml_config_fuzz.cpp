// Any text as outdial.yaml, as a campaign file or as a rule pack. It loads, and then every name and cap in it is right;
// or it is refused with problems, each at a place that the file has and in one clean line.
#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "ami/originate.hpp"
#include "config/load.hpp"
#include "config/source.hpp"
#include "fuzz/fuzz.hpp"

namespace {

using namespace outdial;

std::vector<int> line_lengths(std::string_view text) {
    std::vector<int> lengths{0};
    for (const char c : text) {
        if (c == '\n') {
            lengths.push_back(0);
        } else {
            ++lengths.back();
        }
    }
    return lengths;
}

void check_problems(const std::vector<config::Problem>& problems, std::string_view text) {
    if (problems.empty()) return;
    const std::vector<int> lengths = line_lengths(text);
    for (const config::Problem& problem : problems) {
        OUTDIAL_CHECK(problem.line >= 1 && static_cast<std::size_t>(problem.line) <= lengths.size());
        const int length = lengths[static_cast<std::size_t>(problem.line) - 1];
        OUTDIAL_CHECK(problem.column >= 1 && problem.column <= length + 1);
        OUTDIAL_CHECK(!problem.message.empty() && config::is_clean_text(problem.message));
    }
}

void check_cap(const Cap& cap) {
    OUTDIAL_CHECK(std::isfinite(cap.originates_per_second) && cap.originates_per_second > 0);
    OUTDIAL_CHECK(cap.channels >= 1);
}

template <class Named>
std::set<std::string> names_of(const std::vector<Named>& all) {
    std::set<std::string> names;
    for (const Named& one : all) {
        OUTDIAL_CHECK(config::is_clean_text(one.name) && names.insert(one.name).second);
    }
    return names;
}

void check_configuration(const config::Configuration& configuration) {
    const Site& site = configuration.site;
    check_cap(site.limits);
    const auto servers = names_of(site.servers);
    names_of(site.trunks);
    OUTDIAL_CHECK(configuration.daemon.servers.size() == site.servers.size());
    for (const Server& server : site.servers) check_cap(server.cap);
    for (const Trunk& trunk : site.trunks) {
        check_cap(trunk.cap);
        OUTDIAL_CHECK(trunk.dial.names_number() && !trunk.servers.empty());
        for (const std::string& server : trunk.servers) OUTDIAL_CHECK(servers.contains(server));
        for (const std::string& caller_id : trunk.caller_ids) OUTDIAL_CHECK(is_e164(caller_id));
    }
}

// The trunks that the campaigns of tests/data/config name.
Site site_of_campaigns() {
    Site site;
    site.trunks.resize(2);
    site.trunks[0].name = "carrier-a";
    site.trunks[0].caller_ids = {"+18001234567"};
    site.trunks[1].name = "bare";
    return site;
}

void check_campaign(const Campaign& campaign, const Site& site) {
    check_cap({campaign.pacing.originates_per_second, campaign.pacing.channels});
    OUTDIAL_CHECK(!campaign.name.empty() && !campaign.list.empty() && !campaign.trunks.empty());
    OUTDIAL_CHECK(campaign.ring_timeout >= ami::min_ring_timeout && campaign.ring_timeout <= ami::max_ring_timeout);
    OUTDIAL_CHECK(campaign.retry.max_attempts >= 1 && campaign.weight >= 1);
    for (const std::string& name : campaign.trunks) {
        OUTDIAL_CHECK(std::ranges::find(site.trunks, name, &Trunk::name) != site.trunks.end());
    }
    for (const auto& [disposition, rule] : campaign.retry.person) {
        OUTDIAL_CHECK(side_of(disposition) != Side::trunk && rule.after.count() > 0 && rule.times >= 0);
    }
}

config::RulePacks packs_of_campaigns() {
    constexpr std::string_view text =
        "{name: us-states, version: '2026-11-24', title: some, regions: [US], rules: ["
        "{id: tx-hours, source: law, verified: true, hours: {default: '09:00-21:00'}}, "
        "{id: three, source: law, verified: true, attempts: {most: 3, within: 24h, per: number}}, "
        "{id: ring-floor, source: law, verified: true, ring_floor: {for: 15s}}, "
        "{id: ca-records, source: law, verified: true, records: {keep: 3y}}]}";
    const auto result = config::load_rule_pack(text, "us-states.yaml");
    OUTDIAL_CHECK(result.pack.has_value());
    return {"compliance", {*result.pack}};
}

// Whatever the pack says, its rules can be put in force, and hours are of the day.
void check_rule_pack(const RulePack& pack) {
    const RulePack* const packs[] = {&pack};
    const RulesInForce rules = rules_in_force(packs, {});
    for (const HoursRule& rule : rules.hours) {
        for (const DayHours& day : rule.hours.weekdays) {
            int open_until = -1;
            for (const LocalInterval& interval : day) {
                OUTDIAL_CHECK(open_until < interval.opens && interval.opens < interval.closes);
                OUTDIAL_CHECK(interval.closes <= minutes_per_day);
                open_until = interval.closes;
            }
        }
        OUTDIAL_CHECK(std::is_sorted(rule.hours.holidays.begin(), rule.hours.holidays.end()));
    }
    for (const ContactLimit& limit : rules.limits) OUTDIAL_CHECK(limit.most > 0 && !limit.name.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = fuzz::text_of(data, size);
    // Only outdial.yaml speaks of servers: seeds stay files as people write them.
    if (text.find("servers") != std::string_view::npos) {
        const auto result = config::load_daemon(text, "/etc/outdial/outdial.yaml");
        OUTDIAL_CHECK(result.configuration.has_value() == result.problems.empty());
        check_problems(result.problems, text);
        check_problems(result.warnings, text);
        if (result.configuration) check_configuration(*result.configuration);
        return 0;
    }
    // And only rule packs say what is verified.
    if (text.find("verified") != std::string_view::npos) {
        const auto result = config::load_rule_pack(text, "/etc/outdial/compliance/pack-all-kinds.yaml");
        OUTDIAL_CHECK(result.pack.has_value() == result.problems.empty());
        check_problems(result.problems, text);
        if (result.pack) check_rule_pack(*result.pack);
        return 0;
    }
    static const Site site = site_of_campaigns();
    static const config::RulePacks packs = packs_of_campaigns();
    const auto result = config::load_campaign(text, "campaign.yaml", site, packs);
    OUTDIAL_CHECK(result.campaign.has_value() == result.problems.empty());
    check_problems(result.problems, text);
    check_problems(result.warnings, text);
    if (result.campaign) check_campaign(*result.campaign, site);
    return 0;
}
