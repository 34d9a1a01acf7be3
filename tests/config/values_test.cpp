// What is read arrives in the structs, unit by unit.
#include <catch2/catch.hpp>

#include "config/load.hpp"
#include "site.hpp"

namespace outdial::config {
namespace {

using namespace std::chrono_literals;

std::string with_line(std::string text, std::string_view old_line, std::string_view new_line) {
    const std::size_t at = text.find(old_line);
    REQUIRE(at != std::string::npos);
    return text.replace(at, old_line.size(), new_line);
}

const std::string minimal_campaign = R"(name: minimal
list: customers
trunks: [carrier-a]
on_answer: {queue: sales}
pacing: {mode: rate, originates_per_second: 0.5, channels: 7}
)";

Campaign campaign_from(std::string_view text) {
    auto result = load_campaign(text, "c.yaml", test_site());
    for (const Problem& problem : result.problems) UNSCOPED_INFO(to_text(problem));
    REQUIRE(result.campaign);
    return *result.campaign;
}

}  // namespace

TEST_CASE("every key of outdial.yaml arrives where it belongs") {
    const auto result =
        load_daemon(read_text(source_dir / "tests/data/config/valid/outdial-many.yaml"), "/etc/o/outdial.yaml");
    REQUIRE(result.configuration);
    const DaemonConfig& daemon = result.configuration->daemon;
    const Site& site = result.configuration->site;
    CHECK(daemon.database == "/etc/o/outdial.db");
    CHECK(daemon.campaigns_dir == "/etc/o/campaigns.d");
    CHECK(daemon.control_socket == "/etc/o/control.sock");
    CHECK(daemon.audit_keep == 24h);
    CHECK(DaemonConfig{}.audit_keep == 24h * 1826);
    CHECK(site.limits.originates_per_second == 0.01);
    CHECK(site.limits.channels == 100'000);

    REQUIRE(daemon.servers.size() == 4);
    REQUIRE(site.servers.size() == 4);
    const ServerConfig& a = daemon.servers[0];
    CHECK(a.name == "a");
    CHECK(a.host == "pbx.example.com");
    CHECK(a.port == 5039);  // tls
    CHECK(a.username == "u");
    CHECK(a.secret_file == "credential:pbx.a");
    REQUIRE(a.tls);
    CHECK(a.tls->ca_file.empty());
    CHECK(a.tls->server_name.empty());
    CHECK_FALSE(a.allow_plaintext);
    CHECK(a.action_sessions == 0);
    CHECK(site.servers[0].name == "a");
    CHECK(site.servers[0].cap.originates_per_second == 10'000);
    const ServerConfig& b = daemon.servers[1];
    CHECK(b.port == 1);
    CHECK(b.secret_file == "/etc/o/s");
    CHECK(b.action_sessions == 8);
    CHECK_FALSE(b.tls);
    CHECK(site.servers[1].cap.originates_per_second == 0.5);
    CHECK(daemon.servers[2].port == 5038);
    CHECK(daemon.servers[2].allow_plaintext);
    CHECK(daemon.servers[3].tls->ca_file == "/etc/o/ca.pem");
    CHECK(daemon.servers[3].tls->server_name == "pbx.example.com");

    REQUIRE(site.trunks.size() == 2);
    CHECK(site.trunks[0].name == "local");
    CHECK(site.trunks[0].servers == std::vector<std::string>{"a", "0-b", "c_1", "d"});
    CHECK(site.trunks[0].dial.text() == "Local/{national}*{e164}@out/n");
    CHECK(site.trunks[0].caller_ids.empty());
    CHECK(site.trunks[1].cap.originates_per_second == 1.25);
    CHECK(site.trunks[1].cap.channels == 1);
    CHECK(site.trunks[1].caller_ids == std::vector<std::string>{"+123", "+123456789012345"});
}

TEST_CASE("every key of a campaign arrives where it belongs") {
    const Campaign campaign = campaign_from(read_text(source_dir / "config/campaigns.d/renewals.yaml"));
    CHECK(campaign.name == "renewals");
    CHECK(campaign.list == "customers");
    CHECK(campaign.trunks == std::vector<std::string>{"carrier-a"});
    CHECK(campaign.caller_id_name == "Renewals");
    CHECK(campaign.caller_id_number == "+18001234567");
    CHECK(campaign.ring_timeout == 30s);
    const auto& dialplan = std::get<DialplanDestination>(campaign.on_answer);
    CHECK(dialplan.context == "outbound");
    CHECK(dialplan.exten.text() == "{digits}");
    CHECK(dialplan.priority == 1);
    REQUIRE(campaign.variables.size() == 2);
    CHECK(campaign.variables[1].name == "POLICY");
    CHECK(campaign.variables[1].value.text() == "{contact.policy_id}");
    CHECK(campaign.pacing.originates_per_second == 10);
    CHECK(campaign.pacing.channels == 60);
    CHECK(campaign.retry.max_attempts == 4);
    CHECK(campaign.retry.person.size() == 2);
    CHECK(campaign.retry.person.at(Disposition::busy).after == 10min);
    CHECK(campaign.retry.person.at(Disposition::busy).times == 3);
    CHECK(campaign.retry.person.at(Disposition::no_answer).after == 2h);
    CHECK(campaign.retry.technical.after == 1min);
    CHECK(campaign.retry.technical.times == 5);
    CHECK(campaign.retry.lost_after == 24h);
    CHECK(campaign.weight == 1);
}

TEST_CASE("what a campaign does not say has the documented default") {
    const Campaign campaign = campaign_from(minimal_campaign);
    CHECK(campaign.caller_id_name.empty());
    CHECK(campaign.caller_id_number.empty());
    CHECK(campaign.ring_timeout == 30s);
    CHECK(campaign.variables.empty());
    CHECK(campaign.retry.max_attempts == 1);
    CHECK(campaign.retry.person.empty());
    CHECK(campaign.retry.technical.after == 1min);
    CHECK(campaign.retry.technical.times == 5);
    CHECK(campaign.retry.lost_after == 24h);
    CHECK(campaign.weight == 1);
    CHECK(std::get<QueueDestination>(campaign.on_answer).queue == "sales");
    CHECK(campaign.pacing.channels == 7);
}

TEST_CASE("each kind of destination and each retry rule arrives where it belongs") {
    const Campaign stasis = campaign_from(read_text(source_dir / "tests/data/config/valid/campaign-stasis.yaml"));
    CHECK(stasis.name == "1");
    CHECK(stasis.list == "true");
    CHECK(stasis.ring_timeout == 180s);
    CHECK(std::get<StasisDestination>(stasis.on_answer).application == "voicebot");
    REQUIRE(std::get<StasisDestination>(stasis.on_answer).arguments.size() == 3);
    CHECK(std::get<StasisDestination>(stasis.on_answer).arguments[1].text() == "{contact.external_id}");

    const Campaign playback =
        campaign_from(read_text(source_dir / "tests/data/config/valid/campaign-application.yaml"));
    CHECK(std::get<ApplicationDestination>(playback.on_answer).application == "Playback");
    CHECK(std::get<ApplicationDestination>(playback.on_answer).data.text() == "hello&{contact.language}");
    CHECK(playback.weight == 1000);
    CHECK(playback.retry.person.at(Disposition::declined).after == 720h);
    CHECK(playback.retry.person.at(Disposition::machine).times == 100);
    CHECK(playback.retry.person.at(Disposition::abandoned).after == 720h);
    CHECK(playback.retry.person.at(Disposition::no_answer).after == 720h);
    CHECK(playback.retry.lost_after == 1s);
}

TEST_CASE("what works but hardly as meant is warned of, and loads") {
    auto result =
        load_campaign(with_line(minimal_campaign, "0.5, channels: 7", "21, channels: 61"), "c.yaml", test_site());
    CHECK(result.campaign);
    CHECK(result.problems.empty());
    REQUIRE(result.warnings.size() == 2);
    CHECK(to_text(result.warnings[0]) ==
          "c.yaml:5:9: 'originates_per_second' is 21, but the campaign's trunks allow 20 together, which therefore is "
          "the limit");
    CHECK(result.warnings[1].message.starts_with("'channels' is 61, but the campaign's trunks allow 60"));

    result = load_campaign(minimal_campaign + "retry: {max_attempts: 1, busy: {after: 1m, times: 1}}\n", "c.yaml",
                           test_site());
    CHECK(result.campaign);
    REQUIRE(result.warnings.size() == 1);
    CHECK(to_text(result.warnings[0]) == "c.yaml:6:32: 'busy' has no effect while 'max_attempts' is 1");
}

TEST_CASE("the limits on lists and maps hold") {
    std::string variables = "variables:\n";
    for (int i = 0; i < 50; ++i) variables += "  V" + std::to_string(i) + ": x\n";
    CHECK(load_campaign(minimal_campaign + variables, "c.yaml", test_site()).campaign);
    const auto result = load_campaign(minimal_campaign + variables + "  V50: x\n", "c.yaml", test_site());
    REQUIRE(result.problems.size() == 1);
    CHECK(to_text(result.problems[0]) == "c.yaml:7:3: 'variables' has 51 entries; at most 50 are allowed");
}

TEST_CASE("no message repeats a secret that was written into the file by mistake") {
    auto text = read_text(source_dir / "tests/data/config/valid/outdial-minimal.yaml");
    text = with_line(text, "secret_file: /etc/outdial/pbx1.secret", "secret: hunter2\n    password: hunter2");
    const auto result = load_daemon(text, "outdial.yaml");
    CHECK(result.problems.size() == 3);
    for (const Problem& problem : result.problems) CHECK(problem.message.find("hunter2") == std::string::npos);
}

}  // namespace outdial::config
