#include "ami/session_machine.hpp"

#include "session_fixture.hpp"

namespace outdial::ami {

using namespace std::chrono_literals;

TEST_CASE("pings leave every five seconds exactly", "[session]") {
    Session session;
    session.make_ready();
    for (int i = 0; i < 20; ++i) {
        session.pass(4'999'999us);
        CHECK(session.sent().empty());
        session.pass(1us);
        const auto bytes = session.sent();
        CHECK_THAT(bytes, Catch::StartsWith("Action: Ping\r\n"));
        session.answer(bytes, "Ping", "Success", "Ping: Pong\r\n");
    }
    CHECK(session.machine.ready());
}

TEST_CASE("the first ping leaves at once, and tells the round trip and the server's clock", "[session]") {
    Session session;
    session.log_in();
    session.boot();
    CHECK_FALSE(session.machine.counters().ping_round_trip);
    session.pass(0us);
    const auto bytes = session.sent();
    const SteadyTime sent_at = session.now;
    session.pass(1'234us);
    session.answer(bytes, "Ping", "Success", "Ping: Pong\r\nTimestamp: 1763856061.523198\r\n");
    CHECK(session.machine.counters().ping_round_trip == 1'234us);
    CHECK(session.machine.counters().clock == ServerClock{from_unix_ms(1'763'856'061'523), sent_at + 617us});
}

TEST_CASE("a clock that makes no sense is not taken", "[session]") {
    for (const std::string written : {"", "now", "-5.000000", "1763856061.x", "99999999999999.0", "1e9"}) {
        CAPTURE(written);
        Session session;
        session.make_ready();
        session.pass(5s);
        session.answer(session.sent(), "Ping", "Success", "Ping: Pong\r\nTimestamp: " + written + "\r\n");
        CHECK_FALSE(session.machine.counters().clock);
    }
}

TEST_CASE("one missed ping is forgiven, two in a row end the session", "[session]") {
    Session session;
    session.make_ready();
    session.pass(10s);  // the first ping is missed, the second leaves
    CHECK(session.machine.ready());
    session.answer(session.sent(), "Ping", "Success", "Ping: Pong\r\n");
    session.pass(10s);  // again one
    CHECK(session.machine.ready());
    session.pass(5s);
    CHECK_THAT(session.told.at(0), Catch::Contains("left 2 pings without an answer"));
}

TEST_CASE("a session that is opened anew answers what is pending, and connects again after a while", "[session]") {
    Session session;
    session.make_ready();
    int unanswered = 0;
    REQUIRE(session.machine.submit(
        Action{"Ping"}, [&](const Reply& reply) { unanswered += reply.kind == Reply::Kind::unanswered; }, session.now));
    session.machine.reopen("it is overloaded", session.now);
    CHECK(unanswered == 1);
    CHECK(session.machine.state() == State::waiting);
    CHECK_THAT(session.told.back(), Catch::Contains("is opened anew: it is overloaded"));
    session.machine.reopen("it is overloaded", session.now);  // of which it has none now
    CHECK(session.waits.size() == 1);
    session.machine.tick(*session.machine.deadline());
    CHECK(session.machine.state() == State::connecting);
}

TEST_CASE("a response finds its action by ActionID alone, in any order", "[session]") {
    Session session;
    session.make_ready();
    REQUIRE(session.originate("aaaa"));
    REQUIRE(session.originate("bbbb"));
    session.give("Response: Error\r\nActionID: bbbb\r\nMessage: Extension does not exist.\r\n\r\n");
    session.give("Response: Success\r\nActionID: aaaa\r\nMessage: Originate successfully queued\r\n\r\n");
    CHECK(session.replies ==
          std::vector<std::string>{"refused Extension does not exist.", "success Originate successfully queued"});
}

TEST_CASE("answers to nothing are counted and go nowhere", "[session]") {
    Session session;
    session.make_ready();
    session.give("Response: Success\r\nActionID: stranger\r\n\r\nResponse: Error\r\nMessage: Missing action\r\n\r\n");
    CHECK(session.machine.counters().orphan_responses == 2);
    CHECK(session.told.empty());
}

TEST_CASE("an OriginateResponse is an event and answers no action", "[session]") {
    Session session;
    session.make_ready();
    REQUIRE(session.originate("aaaa"));
    session.give("Event: OriginateResponse\r\nResponse: Failure\r\nActionID: aaaa\r\nReason: 0\r\n\r\n");
    CHECK(session.replies.empty());
    CHECK(session.last_told() == "event OriginateResponse");
}

TEST_CASE("an action without an answer in time is told so once, and never sent again", "[session]") {
    Session session;
    session.make_ready();
    REQUIRE(session.originate("aaaa"));
    CHECK_THAT(session.sent(), Catch::Contains("ChannelId: aaaa"));
    live_on(session, 20);
    CHECK(session.replies == std::vector<std::string>{"unanswered Asterisk did not answer Originate in time"});
    session.give("Response: Success\r\nActionID: aaaa\r\n\r\n");
    CHECK(session.replies.size() == 1);
    CHECK(session.machine.counters().orphan_responses == 1);
}

TEST_CASE("a lost link leaves what was pending in doubt, and nothing of it is sent on the next", "[session]") {
    Session session;
    session.make_ready();
    REQUIRE(session.originate("aaaa"));
    session.machine.closed("connection reset", session.now);
    CHECK(session.replies ==
          std::vector<std::string>{"unanswered lost the connection to pbx1 (10.0.0.1:5038): connection reset"});
    CHECK(session.sent().empty());
    session.pass(1s);
    session.make_ready();
    CHECK(session.sent().empty());
    CHECK(session.machine.counters().connections == 2);
}

TEST_CASE("at most 32 Originates wait for their answer, and one id only once", "[session]") {
    Session session;
    session.make_ready();
    REQUIRE(session.originate("id-0"));
    CHECK_FALSE(session.originate("id-0"));
    for (int i = 1; i < 32; ++i) REQUIRE(session.originate("id-" + std::to_string(i)));
    CHECK_FALSE(session.machine.can_originate());
    const auto refused = session.originate("id-32");
    REQUIRE_FALSE(refused);
    CHECK_THAT(refused.error().message, Catch::Contains("32 Originates without an answer"));
    session.give("Response: Success\r\nActionID: id-7\r\n\r\n");
    CHECK(session.machine.can_originate());
    CHECK(session.originate("id-32"));
    CHECK(session.machine.counters().unanswered == 32);
}

TEST_CASE("what is not sent has no reply: while not ready, and when it cannot be encoded", "[session]") {
    Session session;
    CHECK_THAT(session.originate("aaaa").error().message, Catch::Contains("is not connected"));
    session.make_ready();
    CHECK_FALSE(session.originate("UPPER"));
    CHECK_FALSE(session.machine.submit(Action{"Hangup"}.header("Channel", "a\nb"), session.noting(), session.now));
    session.machine.closed("gone", session.now);
    CHECK(session.replies.empty());
}

TEST_CASE("a peer that does not read is not written to without end", "[session]") {
    Session session;
    session.make_ready();
    const auto action = Action{"UserEvent"}.header("Text", std::string(900, 'x')).header("More", std::string(900, 'y'));
    std::size_t accepted = 0;
    while (session.machine.submit(action, session.noting(), session.now)) ++accepted;
    CHECK(accepted < SessionMachine::max_unanswered_actions);
    const auto waiting = session.machine.take_output();
    CHECK(waiting.size() <= SessionMachine::max_outgoing_bytes);
    CHECK_FALSE(session.machine.can_originate());
    CHECK_THAT(session.machine.submit(action, session.noting(), session.now).error().message,
               Catch::Contains("too slowly"));
    session.machine.written(waiting.size());
    CHECK(session.machine.can_originate());
    CHECK(session.machine.submit(action, session.noting(), session.now));
}

TEST_CASE("a refusal for shutdown begins draining: no Originates, the session and its events stay", "[session]") {
    Session session;
    session.make_ready();
    REQUIRE(session.originate("aaaa"));
    session.give("Response: Error\r\nActionID: aaaa\r\nMessage: Asterisk is shutting down\r\n\r\n");
    CHECK(session.replies == std::vector<std::string>{"refused Asterisk is shutting down"});
    CHECK(session.told == std::vector<std::string>{"draining pbx1 (10.0.0.1:5038) is shutting down"});
    CHECK_FALSE(session.machine.can_originate());
    CHECK_THAT(session.originate("bbbb").error().message, Catch::Contains("shutting down"));
    session.give("Event: Hangup\r\nUniqueid: 1\r\n\r\n");
    CHECK(session.last_told() == "event Hangup");
    CHECK(session.machine.submit(Action{"Hangup"}.header("Channel", "x"), session.noting(), session.now));
}

TEST_CASE("a refused ping is an answer too, and begins draining", "[session]") {
    Session session;
    session.make_ready();
    for (int i = 0; i < 4; ++i) {
        session.pass(5s);
        session.answer(session.sent(), "Ping", "Error", "Message: Asterisk is shutting down\r\n");
    }
    CHECK(session.machine.ready());
    CHECK(session.told == std::vector<std::string>{"draining pbx1 (10.0.0.1:5038) is shutting down"});
}

TEST_CASE("a shutdown that is called off makes the session ready again", "[session]") {
    Session session;
    session.make_ready();
    session.pass(5s);
    session.answer(session.sent(), "Ping", "Error", "Message: Asterisk is shutting down\r\n");
    session.pass(5s);
    session.answer(session.sent(), "Ping", "Success", "Ping: Pong\r\n");
    CHECK(session.last_told() == "ready");
    CHECK(session.machine.can_originate());
}

TEST_CASE("the Shutdown event is final, and the end of the connection is then no loss", "[session]") {
    Session session;
    session.make_ready();
    session.give("Event: Shutdown\r\nShutdown: Cleanly\r\nRestart: False\r\n\r\n");
    CHECK(session.last_told() == "draining pbx1 (10.0.0.1:5038) has shut down");
    session.pass(5s);
    session.answer(session.sent(), "Ping", "Success", "Ping: Pong\r\n");
    CHECK(session.machine.draining());
    session.machine.closed("the server closed it", session.now);
    CHECK(session.last_told() == "down pbx1 (10.0.0.1:5038) has shut down (the server closed it)");
    CHECK_FALSE(session.machine.draining());
}

TEST_CASE("a list is delivered whole, and its items reach nobody else", "[session]") {
    Session session;
    session.make_ready();
    REQUIRE(session.machine.submit_list(Action{"CoreShowChannels"}, session.noting(), session.now));
    const auto bytes = session.sent();
    const auto id =
        bytes.substr(bytes.find("outdial-"), bytes.find('\r', bytes.find("outdial-")) - bytes.find("outdial-"));
    session.answer(bytes, "CoreShowChannels", "Success", "EventList: start\r\nMessage: Channels will follow\r\n");
    session.give("Event: CoreShowChannel\r\nActionID: " + id + "\r\nUniqueid: 1\r\n\r\n");
    session.give("Event: Hangup\r\nUniqueid: 9\r\n\r\n");
    session.give("Event: CoreShowChannel\r\nActionID: " + id + "\r\nUniqueid: 2\r\n\r\n");
    CHECK(session.replies.empty());
    session.give("Event: CoreShowChannelsComplete\r\nActionID: " + id +
                 "\r\nEventList: Complete\r\nListItems: 2\r\n\r\n");
    CHECK(session.replies == std::vector<std::string>{"success "});
    CHECK(session.listed == 2);
    CHECK(session.told == std::vector<std::string>{"event Hangup"});
}

TEST_CASE("a list that is refused, broken off, too long or never ends is told so", "[session]") {
    Session session;
    session.make_ready();
    const auto ask = [&session](const std::string& response, const std::string& lines) {
        session.replies.clear();
        REQUIRE(session.machine.submit_list(Action{"CoreShowChannels"}, session.noting(), session.now));
        const auto bytes = session.sent();
        const auto at = bytes.find("outdial-");
        session.answer(bytes, "CoreShowChannels", response, lines);
        return bytes.substr(at, bytes.find('\r', at) - at);
    };
    ask("Error", "Message: Permission denied\r\n");
    CHECK(session.replies.at(0) == "refused Permission denied");

    auto id = ask("Success", "EventList: start\r\n");
    session.give("Event: X\r\nEventList: cancelled\r\nActionID: " + id + "\r\n\r\n");
    CHECK_THAT(session.replies.at(0), Catch::StartsWith("unanswered") && Catch::Contains("broke off"));

    id = ask("Success", "EventList: start\r\n");
    for (std::size_t i = 0; i <= PendingActions::max_list_items; ++i)
        session.give("Event: I\nActionID: " + id + "\n\n");
    CHECK(session.replies.empty());
    session.give("Event: X\r\nEventList: Complete\r\nActionID: " + id + "\r\n\r\n");
    CHECK_THAT(session.replies.at(0), Catch::StartsWith("unanswered the list"));
    CHECK(session.told.empty());

    ask("Success", "EventList: start\r\n");
    live_on(session, 30);
    CHECK_THAT(session.replies.at(0), Catch::Contains("did not answer CoreShowChannels in time"));
}

TEST_CASE("back-off doubles from half a second to thirty, and each wait lies in the step's upper half", "[session]") {
    Session session;
    session.machine.start(session.now);
    Milliseconds step = 1s;
    for (int attempt = 0; attempt < 12; ++attempt) {
        REQUIRE(session.machine.state() == State::connecting);
        session.machine.closed("TLS handshake failed", session.now);
        CHECK(session.waits.back() >= step / 2);
        CHECK(session.waits.back() <= step);
        step = std::min<Milliseconds>(step * 2, 30s);
        session.pass(session.waits.back());
    }
    CHECK(session.waits.back() >= 15s);
    CHECK_THAT(session.last_told(), Catch::Contains("cannot connect to pbx1 (10.0.0.1:5038): TLS handshake failed"));
}

TEST_CASE("where nobody listens it is tried again every few seconds, for a restarted server is to be found soon",
          "[session]") {
    Session session;
    session.machine.start(session.now);
    for (int attempt = 0; attempt < 12; ++attempt) {
        REQUIRE(session.machine.state() == State::connecting);
        session.machine.unreachable("connection refused", session.now);
        CHECK(session.waits.back() >= (attempt == 0 ? 500ms : attempt == 1 ? 1s : 1500ms));
        CHECK(session.waits.back() <= 3s);
        session.pass(session.waits.back());
    }
    CHECK_THAT(session.last_told(), Catch::Contains("cannot connect to pbx1 (10.0.0.1:5038): connection refused"));
    session.connect();
    session.machine.closed("reset", session.now);
    CHECK(session.waits.back() <= 1s);  // the tries before are not held against it
    session.pass(session.waits.back());
    session.machine.unreachable("connection refused", session.now);
    CHECK(session.waits.back() <= 1s);
}

TEST_CASE("a shutdown that was announced is no failure, and the server is looked for at once", "[session]") {
    Session session;
    session.machine.start(session.now);
    for (int restart = 0; restart < 8; ++restart) {
        session.log_in();
        session.boot();
        session.give("Event: Shutdown\r\nPrivilege: system,all\r\nShutdown: Cleanly\r\nRestart: True\r\n\r\n");
        session.machine.closed("the server closed it", session.now);
        CHECK(session.waits.back() <= 1s);
        session.pass(session.waits.back());
    }
}

TEST_CASE("back-off begins anew after half a minute of service, not after every login", "[session]") {
    Session session;
    session.machine.start(session.now);
    for (int attempt = 0; attempt < 8; ++attempt) {
        session.connect();
        session.answer(session.sent(), "Challenge", "Success", "Challenge: 123456789\r\n");
        session.answer(session.sent(), "Login", "Success");
        session.boot();
        session.machine.closed("reset", session.now);
        session.pass(session.waits.back());
    }
    CHECK(session.waits.back() >= 15s);
    session.log_in();
    session.boot();
    live_on(session, 30);
    session.machine.closed("reset", session.now);
    CHECK(session.waits.back() <= 1s);
}

TEST_CASE("two seeds wait differently, one seed always the same", "[session]") {
    const auto waits = [](std::uint64_t seed) {
        Random random{seed};
        Backoff backoff{SessionMachine::longest_wait};
        std::vector<Milliseconds> out;
        for (int i = 0; i < 8; ++i) out.push_back(backoff.next(random));
        return out;
    };
    CHECK(waits(1) == waits(1));
    CHECK(waits(1) != waits(2));
}

TEST_CASE("stopping answers what is pending and ends every deadline", "[session]") {
    Session session;
    session.make_ready();
    REQUIRE(session.originate("aaaa"));
    session.machine.stop(session.now);
    CHECK_THAT(session.replies.at(0), Catch::StartsWith("unanswered") && Catch::Contains("was stopped"));
    CHECK_FALSE(session.machine.deadline());
    session.give("Event: Hangup\r\n\r\n");
    session.machine.closed("late", session.now);
    CHECK(session.told.empty());
    session.machine.start(session.now);
    CHECK(session.machine.state() == State::connecting);
}

TEST_CASE("a listener may act, and may stop the session, in the midst of being told", "[session]") {
    Session session;
    session.on_ready = [&session] { REQUIRE(session.originate("aaaa")); };
    session.log_in();
    session.boot();
    CHECK_THAT(session.sent(), Catch::Contains("ChannelId: aaaa"));
    session.told.clear();
    session.on_event = [&session] { session.machine.stop(session.now); };
    session.give("Event: One\r\n\r\nEvent: Shutdown\r\n\r\nEvent: Three\r\n\r\n");
    CHECK(session.told == std::vector<std::string>{"event One"});
}

TEST_CASE("messages beyond the limits are warned of and counted", "[session]") {
    Session session;
    session.make_ready();
    session.give("Event: VarSet\r\nValue: " + std::string(70'000, 'x') + "\r\n\r\nEvent: Hangup\r\n\r\n");
    CHECK(session.told == std::vector<std::string>{"event Hangup"});
    CHECK(session.machine.counters().skipped_messages == 1);
    CHECK(session.warnings.size() == 1);
}

}  // namespace outdial::ami
