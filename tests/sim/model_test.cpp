// The simulated Asterisk as a server: sessions, permissions, limits, time.

#include <catch2/catch.hpp>

#include "ami/md5.hpp"
#include "virtual_server.hpp"

using namespace outdial;
using namespace outdial::sim;
using namespace outdial::sim::test;

namespace {

// Three calls of a mixed day, to the last byte.
std::string a_days_output(std::uint64_t seed) {
    auto options = lab_options();
    options.world.mode = WorldOptions::Mode::by_probability;
    VirtualServer server{options, seed};
    Client client{server};
    client.log_in();
    for (int i = 0; i < 200; ++i) {
        client.originate(fmt::format("21255501{:02}", i % 100), fmt::format("id-{:04}", i), fmt::format("a-{}", i));
        server.run_for(Milliseconds{50});
    }
    server.run_out();
    return client.output();
}

const Record& last(const std::vector<Record>& records) {
    REQUIRE_FALSE(records.empty());
    return records.back();
}

}  // namespace

TEST_CASE("the same seed gives the same bytes, another seed others") {
    const std::string first = a_days_output(11);
    CHECK(first.size() > 100'000);
    CHECK(a_days_output(11) == first);
    CHECK(a_days_output(12) != first);
}

TEST_CASE("input that comes byte by byte is answered like input in one piece") {
    const std::string text =
        "Action: Login\r\nUsername: dialer\r\nSecret: s3cret\r\n\r\n"
        "Action: Originate\nChannel: PJSIP/2125550117@trunk\nContext: outbound\nExten: 2125550117\nPriority: 1\n"
        "Async: true\nChannelId: one\n\nAction: Nonsense\r\n\r\n";
    VirtualServer at_once;
    Client whole{at_once};
    whole.send(text);
    at_once.run_out();
    VirtualServer in_pieces;
    Client pieces{in_pieces};
    for (const char c : text) pieces.send({&c, 1});
    in_pieces.run_out();
    CHECK(count_events(whole.messages(), "Hangup") == 1);
    CHECK(pieces.output() == whole.output());
}

TEST_CASE("a login with the challenge's MD5 is accepted, with another key refused") {
    VirtualServer server;
    Client client{server};
    client.send("Action: Challenge\r\nAuthType: MD5\r\n\r\n");
    const std::string challenge = last(client.messages()).get("Challenge");
    REQUIRE(challenge.size() == 9);
    const bool right = GENERATE(true, false);
    client.send(fmt::format("Action: Login\r\nUsername: dialer\r\nAuthType: MD5\r\nKey: {}\r\n\r\n",
                            ami::md5_hex(challenge + (right ? "s3cret" : "secret")).value()));
    server.run_for(Milliseconds{1'000});
    CHECK(client.closed() == !right);
    CHECK(count_events(client.messages(), "FullyBooted") == (right ? 1u : 0u));
}

TEST_CASE("before the login everything but Challenge, Login and Logoff is denied, and the session stays open") {
    VirtualServer server;
    Client client{server};
    client.send("Action: Ping\r\nActionID: p\r\n\r\n").originate("2125550117", "one");
    const auto messages = client.messages();
    REQUIRE(messages.size() == 2);
    for (const auto& message : messages) CHECK(message.get("Message") == "Permission denied");
    CHECK_FALSE(client.closed());
    client.send("Action: Logoff\r\n\r\n");
    CHECK(last(client.messages()).get("Response") == "Goodbye");
    CHECK(client.closed());
}

TEST_CASE("a session that does not log in is closed after the login timeout, one that did is not") {
    VirtualServer server;
    Client idle{server};
    Client active{server};
    active.log_in();
    server.run_for(Milliseconds{29'999});
    CHECK_FALSE(idle.closed());
    server.run_for(Milliseconds{1});
    CHECK(idle.closed());
    CHECK_FALSE(active.closed());
}

TEST_CASE("only so many sessions may be unauthenticated at once") {
    auto options = lab_options();
    options.max_unauthenticated = 2;
    VirtualServer server{options};
    Client first{server};
    Client second{server};
    Client third{server};
    CHECK_FALSE(second.closed());
    CHECK(third.closed());
    CHECK(third.output().empty());
    first.log_in();
    server.model.close_session(third.session);
    Client fourth{server};
    CHECK_FALSE(fourth.closed());
}

TEST_CASE("an event reaches the sessions whose account may read it and that want it") {
    VirtualServer server;
    Client all{server};
    Client off{server};
    Client system_only{server};
    Client narrow{server};
    all.log_in("dialer", "on");
    off.log_in("dialer", "off");
    system_only.log_in("dialer", "system");
    narrow.log_in("narrow", "on");
    off.originate("2125550100", "one", "a-1", "Context: press\r\n");
    server.run_out();
    CHECK(find_event(all.messages(), "Hangup") != nullptr);
    CHECK(find_event(all.messages(), "UserEvent") != nullptr);
    CHECK(event_names(off.messages()).empty());
    CHECK(find_event(off.messages(), "FullyBooted") == nullptr);
    CHECK(event_names(system_only.messages()).empty());
    CHECK(find_event(system_only.messages(), "FullyBooted") != nullptr);
    CHECK(find_event(narrow.messages(), "Hangup") != nullptr);
    CHECK(find_event(narrow.messages(), "UserEvent") == nullptr);
    CHECK(find_event(narrow.messages(), "FullyBooted") == nullptr);
    off.send("Action: Events\r\nEventMask: call\r\n\r\n");
    CHECK(last(off.messages()).get("Events") == "On");
    off.originate("2125550117", "two");
    server.run_out();
    CHECK(count_events(off.messages(), "Hangup") == 1);
}

TEST_CASE("an Originate that Asterisk would refuse is refused in its words") {
    const auto [headers, message] = GENERATE(table<std::string, std::string>({
        {"Async: true", "Channel not specified"},
        {"Async: true\r\nChannel: PJSIP", "Invalid channel"},
        {"Async: true\r\nChannel: PJSIP/1@trunk\r\nPriority: x", "Invalid priority"},
        {"Async: true\r\nChannel: PJSIP/1@trunk\r\nTimeout: soon", "Invalid timeout"},
        {"Async: true\r\nChannel: PJSIP/1@trunk\r\nPriority: 1\r\nContext: outbound\r\nExten: x",
         "Extension does not exist."},
    }));
    VirtualServer server;
    Client client{server};
    client.log_in();
    client.send(fmt::format("Action: Originate\r\nActionID: a\r\n{}\r\n\r\n", headers));
    CHECK(last(client.messages()).get("Message") == message);
    server.run_out();
    CHECK(event_names(client.messages()).empty());
    REQUIRE(server.model.witness().rows().size() == 1);
    CHECK(server.model.witness().rows()[0].end == WitnessRow::End::refused);
    CHECK(server.model.witness().rows()[0].refusal == message);
}

TEST_CASE("an over-long uniqueid is refused with Asterisk's bare line feed inside the message") {
    VirtualServer server;
    Client client{server};
    client.log_in().originate("2125550117", std::string(150, 'a'));
    CHECK(client.output().ends_with("Message: Uniqueid length exceeds maximum of 149\n\r\n\r\n"));
}

TEST_CASE("application data that needs the system class is refused to accounts without it") {
    VirtualServer server;
    Client narrow{server};
    narrow.log_in("narrow");
    const std::string text =
        "Action: Originate\r\nChannel: PJSIP/2125550100@trunk\r\nApplication: Stasis\r\nData: DBapp\r\nAsync: "
        "1\r\n\r\n";
    narrow.send(text);
    CHECK(last(narrow.messages()).get("Message") == "Originate Access Forbidden: app or data blacklisted");
    Client mighty{server};
    mighty.log_in().send(text);
    CHECK(last(mighty.messages()).get("Message") == "Originate successfully queued");
}

TEST_CASE("22 refuses an id that a live longer one begins with, 16 does not") {
    const auto dialect = GENERATE(Dialect::asterisk_16, Dialect::asterisk_22);
    VirtualServer server{lab_options(dialect)};
    Client client{server};
    client.log_in().originate("2125550119", "job-10");
    server.run_for(Milliseconds{500});
    client.originate("2125550119", "job-1", "a-2");
    server.run_for(Milliseconds{500});
    CHECK(server.model.live_channels() == (dialect == Dialect::asterisk_22 ? 1u : 2u));
    server.run_out();
    client.originate("2125550117", "job-10", "a-3");  // free again
    server.run_out();
    CHECK(find_event(client.messages(), "HangupRequest") != nullptr);
}

TEST_CASE("a Hangup by uniqueid ends a ringing and an answered call; an unknown one is an error") {
    VirtualServer server;
    Client client{server};
    client.log_in();
    const bool ringing = GENERATE(true, false);
    client.originate(ringing ? "2125550119" : "2125550100", "one", "a-1", "Context: hold\r\n");
    server.run_for(Milliseconds{500});
    client.send("Action: Hangup\r\nActionID: h\r\nChannel: one\r\n\r\n");
    server.run_out();
    const auto messages = client.messages();
    const auto* hangup = find_event(messages, "Hangup");
    REQUIRE(hangup != nullptr);
    CHECK(hangup->get("Cause") == "0");
    CHECK(find_event(messages, "OriginateResponse")->get("Response") == (ringing ? "Failure" : "Success"));
    CHECK(count_events(messages, "Hangup") == 1);
    client.send("Action: Hangup\r\nActionID: h\r\nChannel: one\r\n\r\n");
    CHECK(last(client.messages()).get("Message") == "No such channel");
    CHECK(server.model.witness().rows()[0].end == WitnessRow::End::hung_up_by_action);
}

TEST_CASE("a call that is hung up just before the far end refuses it ends once") {
    VirtualServer server;
    Client client{server};
    client.log_in();
    constexpr int calls = 300;
    for (int i = 0; i < calls; ++i) {
        const std::string id = "call-" + std::to_string(i);
        client.originate(i % 2 == 0 ? "2125550117" : "2125550119", id, id);
        server.run_for(Milliseconds{1 + i});
        client.send("Action: Hangup\r\nActionID: h\r\nChannel: " + id + "\r\n\r\n");
        server.run_for(Milliseconds{i % 7});
    }
    server.run_out();
    CHECK(server.model.witness().rows().size() == calls);
    CHECK(count_events(client.messages(), "Hangup") == calls);
}

TEST_CASE("a hangup cause of the caller comes with a made-up TechCause on 22") {
    VirtualServer server;
    Client client{server};
    client.log_in().originate("2125550119", "one");
    server.run_for(Milliseconds{500});
    client.send("Action: Hangup\r\nChannel: one\r\nCause: 31\r\n\r\n");
    const auto messages = client.messages();
    REQUIRE(find_event(messages, "Hangup") != nullptr);
    CHECK(find_event(messages, "Hangup")->get("Cause") == "31");
    CHECK(find_event(messages, "Hangup")->get("TechCause") == "480");
    CHECK(find_event(messages, "HangupRequest") == nullptr);
}

TEST_CASE("a restart begins anew: connections closed, uptime small, ids free") {
    VirtualServer server;
    Client client{server};
    client.log_in().originate("2125550100", "one", "a-1", "Context: hold\r\n");
    server.run_for(std::chrono::seconds{5});
    server.model.stop_now(server.now, true);
    const auto messages = client.messages();
    CHECK(count_events(messages, "Hangup") == 1);
    CHECK(last(messages).event() == "Shutdown");
    CHECK(last(messages).get("Restart") == "True");
    CHECK(client.closed());
    Client early{server};
    CHECK(early.closed());
    server.run_for(std::chrono::seconds{5});
    Client later{server};
    later.log_in();
    CHECK(find_event(later.messages(), "FullyBooted")->get("Uptime") == "3");
    later.originate("2125550117", "one");
    server.run_out();
    CHECK(find_event(later.messages(), "Hangup")->get("Cause") == "17");
}

TEST_CASE("a crash takes channels and connections without a word") {
    VirtualServer server;
    Client client{server};
    client.log_in().originate("2125550100", "one", "a-1", "Context: hold\r\n");
    server.run_for(Milliseconds{500});
    const std::string before = client.output();
    server.model.crash(server.now);
    CHECK(client.output() == before);
    CHECK(client.closed());
    CHECK(server.model.live_channels() == 0);
    REQUIRE(server.model.witness().rows().size() == 1);
    CHECK(server.model.witness().rows()[0].end == WitnessRow::End::crashed);
}

TEST_CASE("while it boots, logins are accepted and FullyBooted follows") {
    auto options = lab_options();
    options.boot_time = Milliseconds{300};
    VirtualServer server{options};
    Client client{server};
    client.log_in();
    CHECK(last(client.messages()).get("Message") == "Authentication accepted");
    server.run_for(Milliseconds{300});
    CHECK(last(client.messages()).event() == "FullyBooted");
}

TEST_CASE("while it boots it tells its start time, and refuses calls for want of a dialplan") {
    auto options = lab_options();
    options.boot_time = Milliseconds{300};
    VirtualServer server{options};
    Client client{server};
    client.log_in().send("Action: CoreStatus\r\n\r\n");
    CHECK(last(client.messages()).get("CoreStartupDate") == "2026-09-21");
    client.originate("2125550117", "one");
    CHECK(last(client.messages()).get("Message") == "Extension does not exist.");
    client.originate("2125550117", "two", "a-2", "Application: Playback\r\nData: demo\r\n");
    server.run_for(Milliseconds{299});
    CHECK(count_events(client.messages(), "Newchannel") == 0);
    server.run_for(Milliseconds{1});
    client.originate("2125550117", "three", "a-3");
    server.run_out();
    CHECK(count_events(client.messages(), "Newchannel") == 1);
}

TEST_CASE("a session that does not read is closed, the others go on") {
    auto options = lab_options();
    options.max_output_bytes = 10'000;
    VirtualServer server{options};
    Client slow{server};
    slow.log_in();
    Client quick{server};
    quick.log_in();
    for (int i = 0; i < 10; ++i) {
        quick.originate("2125550117", fmt::format("id-{:02}", i));
        server.run_for(Milliseconds{200});
        quick.output();
    }
    CHECK(slow.closed());
    CHECK_FALSE(quick.closed());
    CHECK(count_events(quick.messages(), "Hangup") == 10);
    CHECK(server.model.statistics().overflowed_sessions == 1);
}

TEST_CASE("a line or a message beyond Asterisk's limits is refused, and the next action is answered") {
    VirtualServer server;
    Client client{server};
    client.log_in();
    client.send("Action: Ping\r\nActionID: long\r\nX: " + std::string(1'100, 'x') + "\r\n\r\n");
    CHECK(last(client.messages()).get("Message") == "Failed to parse message: line too long");
    CHECK(last(client.messages()).get("ActionID") == "long");
    client.send("Action: Ping\r\nX: " + std::string(100'000, 'x') + "\r\n\r\n");
    CHECK(last(client.messages()).get("Message") == "Failed to parse message: line too long");
    std::string many = "Action: Ping\r\n";
    for (int i = 0; i < 130; ++i) many += "X: 1\r\n";
    client.send(many + "\r\n");
    CHECK(last(client.messages()).get("Message") == "Too many lines in message or allocation failure");
    client.send("Action: Ping\r\nActionID: p\r\n\r\n");
    CHECK(last(client.messages()).get("Ping") == "Pong");
}

TEST_CASE("status queries tell of the calls, and of the server") {
    VirtualServer server;
    Client client{server};
    client.log_in().originate("2125550119", "one");
    server.run_for(Milliseconds{500});
    client.send("Action: CoreStatus\r\n\r\n");
    CHECK(last(client.messages()).get("CoreCurrentCalls") == "1");
    CHECK(last(client.messages()).get("CoreStartupDate") == "2026-09-21");
    client.send("Action: CoreSettings\r\n\r\n");
    CHECK(last(client.messages()).get("AMIversion") == "11.0.0");
    client.send("Action: Getvar\r\nChannel: one\r\nVariable: OUTDIAL_CONTACT\r\n\r\n");
    CHECK(last(client.messages()).get("Value") == "42");
    client.send("Action: Status\r\nChannel: one\r\n\r\n");
    CHECK(find_event(client.messages(), "Status")->get("Uniqueid") == "one");
    CHECK(last(client.messages()).get("ListItems") == "1");
    client.send("Action: Status\r\nChannel: other\r\n\r\n");
    CHECK(last(client.messages()).get("Message") == "No such channel");
}
