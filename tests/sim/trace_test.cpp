// The simulated Asterisk against the real ones' recorded bytes: for every fate, header by header.

#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>

#include "source_dir.hpp"
#include "virtual_server.hpp"

using namespace outdial;
using namespace outdial::sim;
using namespace outdial::sim::test;

namespace {

std::vector<Record> read_trace(Dialect dialect, const std::string& name) {
    const std::string folder = dialect == Dialect::asterisk_16 ? "asterisk-16/" : "asterisk-22/";
    const std::string path = OUTDIAL_SOURCE_DIR "/tests/data/traces/" + folder + name + ".ami";
    std::ifstream file{path, std::ios::binary};
    INFO(path);
    REQUIRE(file.good());
    return read_messages(std::string{std::istreambuf_iterator<char>{file}, {}});
}

// A message without what differs from run to run: channel numbers, our ids, instants, the media's source number.
std::string normalised(const Record& record) {
    static const std::regex channel_number{"^(PJSIP/[a-z]+)-[0-9a-f]{8}$"};
    static const std::regex media_source{"ssrc=[0-9]+"};
    std::string text;
    // 16 tells the cause now and then, 22 always, with the TechCause of a refusal.
    const bool no_cause = record.event() == "HangupRequest" && record.get("TechCause").empty();
    for (const auto& [key, value] : record.fields) {
        if (no_cause && key == "Cause") continue;
        std::string kept = std::regex_replace(value, channel_number, "$1-#");
        kept = std::regex_replace(kept, media_source, "ssrc=#");
        for (const auto* id : {"Uniqueid", "Linkedid", "DestUniqueid", "DestLinkedid"}) {
            if (key == id) kept = "#";
        }
        if (key == "Uptime" || key == "LastReload") kept = "#";
        text += key + ": " + kept + "\n";
    }
    return text;
}

// Only test builds of Asterisk send TestEvent; it tells of its innards.
bool is_simulated(const Record& record) { return record.event() != "TestEvent"; }

// Written by other threads than the channel's own events are, so that their places among those vary.
bool keeps_channel_order(const Record& record) {
    return record.event() != "OriginateResponse" && record.event() != "DeviceStateChange" && !record.is_response();
}

// DialState RINGING and Newstate Ringing come in either order; what DialState says of the channel varies with it.
void order_ringing(std::vector<Record>& records) {
    for (std::size_t i = 0; i + 1 < records.size(); ++i) {
        if (records[i].event() == "DialState" && records[i + 1].event() == "Newstate") {
            std::swap(records[i], records[i + 1]);
            for (auto& [key, value] : records[i + 1].fields) {
                if (key == "DestChannelState") value = "5";
                if (key == "DestChannelStateDesc") value = "Ringing";
            }
        }
    }
}

struct Told {
    std::multiset<std::string> all;
    std::vector<std::string> in_order;
};

Told told(std::vector<Record> records) {
    Told result;
    std::erase_if(records, [](const Record& record) { return !is_simulated(record); });
    std::vector<Record> ordered;
    std::ranges::copy_if(records, std::back_inserter(ordered), keeps_channel_order);
    order_ringing(ordered);
    for (const auto& record : ordered) {
        result.in_order.push_back(normalised(record));
        result.all.insert(normalised(record));
    }
    for (const auto& record : records) {
        if (!keeps_channel_order(record)) result.all.insert(normalised(record));
    }
    return result;
}

// What one said and the other did not, or the first place where the order differs; empty when they are alike.
std::string differences(const Told& simulated, const Told& real) {
    std::string text;
    std::vector<std::string> missing;
    std::vector<std::string> extra;
    std::ranges::set_difference(real.all, simulated.all, std::back_inserter(missing));
    std::ranges::set_difference(simulated.all, real.all, std::back_inserter(extra));
    for (const auto& each : missing) text += "only the real one said:\n" + each;
    for (const auto& each : extra) text += "only the simulated one said:\n" + each;
    if (!text.empty()) return text;
    const auto [ours, theirs] = std::ranges::mismatch(simulated.in_order, real.in_order);
    if (ours != simulated.in_order.end()) return "out of order: " + *ours;
    return theirs != real.in_order.end() ? "missing: " + *theirs : "";
}

struct Scenario {
    const char* trace;
    const char* number;
};

constexpr Scenario scenarios[] = {
    {"answered", "2125550101"},
    {"answered-no-ringing", "2125550100"},
    {"early-media-answered", "2125550102"},
    {"busy", "2125550117"},
    {"congestion-503", "2125550134"},
    {"ring-timeout", "2125550119"},
    {"no-ringing-timeout", "2125550166"},
    {"rejected-403", "2125550121"},
    {"unavailable-480", "2125550120"},
    {"not-found-404", "2125550103"},
    {"bad-number-484", "2125550128"},
    {"out-of-order-502", "2125550127"},
    {"network-500", "2125550138"},
    {"changed-410", "2125550122"},
    {"declined-603", "2125550199"},
};

}  // namespace

TEST_CASE("every fate says header by header what the real servers said, in their order of the channel's events") {
    const auto dialect = GENERATE(Dialect::asterisk_16, Dialect::asterisk_22);
    const std::uint64_t seed = GENERATE(1, 2, 3, 4, 5, 6);
    for (const auto& scenario : scenarios) {
        INFO(scenario.trace << ", version " << asterisk_version(dialect) << ", seed " << seed);
        auto options = lab_options(dialect);
        options.events = ModelOptions::Events::all;
        VirtualServer server{options, seed};
        Client client{server};
        client.log_in().originate(scenario.number, "attempt-1");
        server.run_out();
        const auto real = told(read_trace(dialect, scenario.trace));
        CHECK(differences(told(client.messages()), real) == "");
    }
}

TEST_CASE("calls that get no channel, and Originates that are refused, are answered as the real servers did") {
    struct Case {
        const char* trace;
        const char* channel;
        const char* more;
    };
    const auto dialect = GENERATE(Dialect::asterisk_16, Dialect::asterisk_22);
    const auto& each = GENERATE(Case{"unknown-endpoint", "PJSIP/2125550100@nosuch", "Context: outbound\r\n"},
                                Case{"unknown-technology", "Nope/2125550100", "Context: outbound\r\n"},
                                Case{"missing-extension", "PJSIP/2125550100@trunk", "Context: nosuch\r\n"});
    INFO(each.trace);
    auto options = lab_options(dialect);
    options.events = ModelOptions::Events::all;
    VirtualServer server{options};
    Client client{server};
    client.log_in().originate("2125550100", "attempt-1", "a-1", each.more, each.channel);
    server.run_out();
    CHECK(differences(told(client.messages()), told(read_trace(dialect, each.trace))) == "");
    CHECK(server.model.live_channels() == 0);
}

TEST_CASE("a duplicate of a live id is accepted and fails without touching the live call") {
    const auto dialect = GENERATE(Dialect::asterisk_16, Dialect::asterisk_22);
    auto options = lab_options(dialect);
    options.events = ModelOptions::Events::all;
    VirtualServer server{options};
    Client client{server};
    client.log_in().originate("2125550119", "same");
    server.run_for(Milliseconds{500});
    client.originate("2125550119", "SAME", "a-2");
    server.run_out();
    auto messages = client.messages();
    for (auto& record : messages) {  // the duplicate's id differs in case only, which counts as the same
        for (auto& [key, value] : record.fields) value = value == "SAME" ? "same" : value;
    }
    const auto real = told(read_trace(dialect, "duplicate-channelid"));
    CHECK(differences(told(messages), real) == "");
}

TEST_CASE("a Hangup of a ringing channel ends it as recorded") {
    const auto dialect = GENERATE(Dialect::asterisk_16, Dialect::asterisk_22);
    auto options = lab_options(dialect);
    options.events = ModelOptions::Events::all;
    VirtualServer server{options};
    Client client{server};
    client.log_in().originate("2125550119", "attempt-29");
    server.run_for(Milliseconds{500});
    client.send("Action: Hangup\r\nActionID: h-1\r\nChannel: /^PJSIP\\/trunk-.*$/\r\nCause: 16\r\n\r\n");
    server.run_out();
    const auto real = told(read_trace(dialect, "hangup-action-while-ringing"));
    CHECK(differences(told(client.messages()), real) == "");
}

TEST_CASE("a graceful stop refuses everything, lets the live call end, and says Shutdown") {
    const auto dialect = GENERATE(Dialect::asterisk_16, Dialect::asterisk_22);
    auto options = lab_options(dialect);
    options.events = ModelOptions::Events::all;
    VirtualServer server{options};
    Client client{server};
    client.log_in().originate("2125550100", "attempt-82", "a-1", "Context: hold\r\n");
    server.run_for(Milliseconds{500});
    server.model.stop_gracefully(server.now, false);
    client.send("Action: Ping\r\nActionID: p-1\r\n\r\n").originate("2125550100", "attempt-83");
    CHECK_FALSE(client.closed());
    server.run_out();
    CHECK(client.closed());
    CHECK_FALSE(server.model.up());
    const auto real = told(read_trace(dialect, "graceful-stop-with-a-live-call"));
    CHECK(differences(told(client.messages()), real) == "");
}

TEST_CASE("a channel list names every live channel, with headers as recorded, even to a session without events") {
    const auto dialect = GENERATE(Dialect::asterisk_16, Dialect::asterisk_22);
    VirtualServer server{lab_options(dialect)};
    Client client{server};
    client.log_in("dialer", "off");
    client.originate("2125550119", "attempt-30", "a-1");
    client.originate("2125550100", "attempt-31", "a-2");
    client.originate("2125550101", "attempt-32", "a-3");
    server.run_for(Milliseconds{300});
    client.send("Action: CoreShowChannels\r\nActionID: list-1\r\n\r\n");
    const auto of_list = [](std::vector<Record> records) {
        std::erase_if(records, [](const Record& record) { return record.get("ActionID") != "list-1"; });
        std::multiset<std::string> texts;
        for (const auto& record : records) texts.insert(normalised(record));
        return texts;
    };
    CHECK(of_list(client.messages()) == of_list(read_trace(dialect, "coreshowchannels-with-three-live")));
}

TEST_CASE("refused logins, missing permissions and unknown actions are answered byte for byte as recorded") {
    const auto dialect = GENERATE(Dialect::asterisk_16, Dialect::asterisk_22);
    VirtualServer server{lab_options(dialect)};
    SECTION("a wrong secret is refused after a second, and the connection closed") {
        Client client{server};
        client.send("Action: Login\r\nActionID: login-1\r\nUsername: dialer\r\nSecret: wrong\r\n\r\n");
        server.run_for(Milliseconds{999});
        CHECK(client.messages().empty());
        server.run_for(Milliseconds{1});
        CHECK(differences(told(client.messages()), told(read_trace(dialect, "login-refused"))) == "");
        CHECK(client.closed());
    }
    SECTION("what the account may not do is denied") {
        Client client{server};
        client.log_in("readonly").originate("2125550100", "attempt-1");
        client.send("Action: Command\r\nActionID: c-1\r\nCommand: core show version\r\n\r\n");
        client.send("Action: NoSuchAction\r\nActionID: n-1\r\n\r\n");
        server.run_out();
        CHECK(differences(told(client.messages()), told(read_trace(dialect, "permission-denied"))) == "");
    }
}

TEST_CASE("a dialplan's UserEvent is sent as recorded") {
    const auto dialect = GENERATE(Dialect::asterisk_16, Dialect::asterisk_22);
    VirtualServer server{lab_options(dialect)};
    Client client{server};
    client.log_in().originate("2125550100", "attempt-81", "a-1", "Context: press\r\n");
    server.run_out();
    const auto real = read_trace(dialect, "userevent-dnc");
    const auto simulated = client.messages();
    REQUIRE(find_event(simulated, "UserEvent") != nullptr);
    auto event = *find_event(simulated, "UserEvent");
    auto recorded = *find_event(real, "UserEvent");
    CHECK(event.get("Uniqueid") == "attempt-81");
    CHECK(normalised(event) == normalised(recorded));
}
