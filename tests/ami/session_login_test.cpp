#include "ami/md5.hpp"
#include "session_fixture.hpp"

namespace outdial::ami {

using namespace std::chrono_literals;

namespace {

const std::string started = "CoreStartupDate: 2026-11-22\r\nCoreStartupTime: 20:59:01\r\n";  // as Session::boot() says

}  // namespace

TEST_CASE("the login is by challenge and MD5, and the secret does not cross the wire", "[session]") {
    CHECK(md5_hex("123456789s3cret").value() == "d32b5714dd0e3ae70d4a845d5e524f3f");
    Session session{"system,call"};
    session.connect(Plaintext::allowed);
    const auto challenge = session.sent();
    CHECK_THAT(challenge, Catch::StartsWith("Action: Challenge\r\n") && Catch::Contains("AuthType: MD5\r\n"));
    session.answer(challenge, "Challenge", "Success", "Challenge: 123456789\r\n");
    const auto login = session.sent();
    CHECK_THAT(login, Catch::Contains("Username: outdial\r\n") && Catch::Contains("AuthType: MD5\r\n") &&
                          Catch::Contains("Key: d32b5714dd0e3ae70d4a845d5e524f3f\r\n") &&
                          Catch::Contains("Events: system,call\r\n") && !Catch::Contains("s3cret"));
}

TEST_CASE("nothing is sent before the greeting", "[session]") {
    Session session;
    session.machine.start(session.now);
    CHECK(session.machine.state() == State::connecting);
    session.machine.connected(Plaintext::allowed, session.now);
    session.give("Asterisk Call Man");
    CHECK(session.sent().empty());
    session.give("ager/5.0.4\r\n");
    CHECK_FALSE(session.sent().empty());
}

TEST_CASE("a refused challenge leads to the plain login only where the link may carry the secret", "[session]") {
    Session safe;
    safe.connect(Plaintext::allowed);
    safe.answer(safe.sent(), "Challenge", "Error", "Message: Permission denied\r\n");
    CHECK_THAT(safe.sent(), Catch::Contains("Secret: s3cret\r\n") && !Catch::Contains("AuthType"));

    Session open;
    open.connect(Plaintext::forbidden);
    open.answer(open.sent(), "Challenge", "Error", "Message: Permission denied\r\n");
    CHECK(open.sent().empty());
    CHECK(open.machine.state() == State::waiting);
    CHECK_THAT(open.last_told(), Catch::Contains("allow_plaintext") && !Catch::Contains("s3cret"));
    CHECK(open.waits.back() == 60s);

    Session without;
    without.connect(Plaintext::forbidden);
    without.answer(without.sent(), "Challenge", "Success");
    CHECK(without.sent().empty());
    CHECK(without.machine.state() == State::waiting);
}

TEST_CASE("a port that is not AMI is named for what it said", "[session]") {
    Session session;
    session.machine.start(session.now);
    session.machine.connected(Plaintext::allowed, session.now);
    session.give("SSH-2.0-OpenSSH_9.2\x1b\r\n");
    CHECK(session.last_told() ==
          "down pbx1 (10.0.0.1:5038) is not an Asterisk Manager port: it said 'SSH-2.0-OpenSSH_9.2?'");
    CHECK(session.warnings.size() == 1);
    CHECK(session.waits.back() <= 1s);

    session.pass(1s);
    REQUIRE(session.machine.state() == State::connecting);
    session.machine.connected(Plaintext::allowed, session.now);
    session.give("half a line");
    session.pass(SessionMachine::greeting_timeout);
    CHECK_THAT(session.told[1], Catch::Contains("it said 'half a line'"));

    Session silent;
    silent.machine.start(silent.now);
    silent.machine.connected(Plaintext::allowed, silent.now);
    silent.pass(SessionMachine::greeting_timeout);
    CHECK_THAT(silent.last_told(), Catch::Contains("it said nothing within 10 s"));
}

TEST_CASE("a connection that ends without a greeting asks for TLS and authlimit", "[session]") {
    Session session;
    session.machine.start(session.now);
    session.machine.connected(Plaintext::allowed, session.now);
    session.machine.closed("the server closed it", session.now);
    CHECK_THAT(session.last_told(), Catch::Contains("without a greeting") && Catch::Contains("authlimit"));
}

TEST_CASE("a refused login warns, never quotes the secret, and waits a minute", "[session]") {
    Session session;
    session.connect();
    session.answer(session.sent(), "Challenge", "Success", "Challenge: 1\r\n");
    session.answer(session.sent(), "Login", "Error", "Message: Authentication failed\r\n");
    REQUIRE(session.warnings.size() == 1);
    CHECK_THAT(session.warnings[0], Catch::Contains("refused the login of user 'outdial': Authentication failed") &&
                                        !Catch::Contains("s3cret"));
    CHECK(session.waits == std::vector<Milliseconds>{60s});
    session.pass(59'999ms);
    CHECK(session.machine.state() == State::waiting);
    session.pass(1ms);
    CHECK(session.machine.state() == State::connecting);
}

TEST_CASE("a login refused for a shutdown is no fault of the configuration", "[session]") {
    Session session;
    session.connect();
    session.answer(session.sent(), "Challenge", "Success", "Challenge: 1\r\n");
    session.answer(session.sent(), "Login", "Error", "Message: Asterisk is shutting down\r\n");
    CHECK(session.warnings.empty());
    CHECK(session.waits.back() <= 1s);
}

TEST_CASE("a secret or user with a control byte is refused without being quoted", "[session]") {
    Session session{"on", "out\ndial"};
    session.connect();
    session.answer(session.sent(), "Challenge", "Success", "Challenge: 1\r\n");
    CHECK(session.machine.state() == State::waiting);
    CHECK(session.waits.back() == 60s);
    CHECK_THAT(session.last_told(), Catch::Contains("header 'Username' of Login") && !Catch::Contains("s3cret"));
}

TEST_CASE("ready comes after FullyBooted, with what the server says of itself", "[session]") {
    Session session;
    session.log_in();
    CHECK(session.machine.state() == State::booting);
    CHECK_FALSE(session.machine.can_originate());
    session.boot();
    CHECK(session.told == std::vector<std::string>{"event FullyBooted", "ready"});
    CHECK(session.server == ServerInfo{"11.0.0", "22.10.1", "2026-11-22 20:59:01", std::chrono::seconds{77}});
    CHECK(session.machine.can_originate());
}

TEST_CASE("events from the login on are passed on, for calls may end while the session gets ready", "[session]") {
    Session session;
    session.log_in();
    session.give("Event: Hangup\r\nUniqueid: 1\r\n\r\n");
    CHECK(session.told == std::vector<std::string>{"event Hangup"});
}

TEST_CASE("that a server tells its start time does not mean that it is booted", "[session]") {
    Session session;
    session.log_in();
    session.answer(session.sent(), "CoreSettings", "Success");
    for (int poll = 0; poll < 3; ++poll) {
        session.pass(SessionMachine::boot_poll_interval);
        session.answer(session.sent(), "CoreStatus", "Success", started);
        CHECK(session.machine.state() == State::booting);
    }
    session.give(fully_booted);
    session.answer(session.sent(), "CoreStatus", "Success", started);
    CHECK(session.machine.ready());
    CHECK(session.warnings.empty());
}

TEST_CASE("without the class system a server that answers is taken for booted after half a minute", "[session]") {
    Session session;
    session.log_in();
    session.answer(session.sent(), "CoreSettings", "Success");
    const auto poll = [&session](const std::string& answer) {
        session.pass(SessionMachine::boot_poll_interval);
        session.answer(session.sent(), "CoreStatus", "Success", answer);
    };
    const auto polls = SessionMachine::unannounced_boot / SessionMachine::boot_poll_interval;
    for (auto i = polls; i > 1; --i) poll(started);
    CHECK(session.machine.state() == State::booting);
    poll(started);
    CHECK(session.machine.ready());
    REQUIRE(session.warnings.size() == 1);
    CHECK_THAT(session.warnings[0], Catch::Contains("'system' in read") && Catch::Contains("'outdial'"));

    Session early;  // its start time is not set yet
    early.log_in();
    early.answer(early.sent(), "CoreSettings", "Success");
    for (auto i = polls; i >= 1; --i) {
        early.pass(SessionMachine::boot_poll_interval);
        early.answer(early.sent(), "CoreStatus", "Success",
                     "CoreStartupDate: 1970-01-01\r\nCoreStartupTime: 00:00:00\r\n");
    }
    CHECK(early.machine.state() == State::booting);
}

TEST_CASE("without the class system a server once seen booted is known again by its start time", "[session]") {
    Session session;
    session.make_ready();
    const auto come_back = [&session](const std::string& answer) {
        session.machine.closed("reset", session.now);
        session.pass(session.waits.back());
        session.log_in();
        session.answer(session.sent(), "CoreSettings", "Success");
        session.pass(SessionMachine::boot_poll_interval);
        session.answer(session.sent(), "CoreStatus", "Success", answer);
    };
    come_back(started);
    CHECK(session.machine.ready());
    come_back("CoreStartupDate: 2026-11-22\r\nCoreStartupTime: 21:07:45\r\n");  // it was restarted
    CHECK(session.machine.state() == State::booting);
}

TEST_CASE("a session without events asks at once, as it is never told", "[session]") {
    Session session{"off"};
    session.log_in();
    session.pass(0s);
    CHECK_THAT(session.sent(), Catch::Contains("Action: CoreStatus"));
}

TEST_CASE("a user who may not ask is warned of, and ready once FullyBooted came", "[session]") {
    Session session;
    session.log_in();
    session.give(fully_booted);
    const auto bytes = session.sent();
    session.answer(bytes, "CoreSettings", "Error", "Message: Permission denied\r\n");
    session.answer(bytes, "CoreStatus", "Error", "Message: Permission denied\r\n");
    CHECK(session.machine.ready());
    REQUIRE(session.warnings.size() == 1);
    CHECK_THAT(session.warnings[0], Catch::Contains("reporting"));

    Session early;  // the refusal comes before FullyBooted
    early.log_in();
    early.answer(early.sent(), "CoreSettings", "Error", "Message: Permission denied\r\n");
    early.pass(SessionMachine::boot_poll_interval);
    early.answer(early.sent(), "CoreStatus", "Error", "Message: Permission denied\r\n");
    CHECK(early.machine.state() == State::booting);
    early.give(fully_booted);
    CHECK(early.machine.ready());
}

TEST_CASE("a server that does not finish booting within a minute is given up", "[session]") {
    Session session;
    session.log_in();
    session.answer(session.sent(), "CoreSettings", "Error", "Message: Permission denied\r\n");
    session.pass(SessionMachine::boot_poll_interval);
    session.answer(session.sent(), "CoreStatus", "Error", "Message: Permission denied\r\n");
    session.pass(SessionMachine::boot_timeout - SessionMachine::boot_poll_interval - 1ms);
    CHECK(session.machine.state() == State::booting);
    session.pass(1ms);
    CHECK_THAT(session.last_told(), Catch::Contains("fully booted") && Catch::Contains("'system' in read"));
}

TEST_CASE("an attempt to connect that hangs is given up after ten seconds", "[session]") {
    Session session;
    session.machine.start(session.now);
    session.pass(SessionMachine::connect_timeout);
    CHECK_THAT(session.told.at(0), Catch::Contains("no answer within 10 s"));
}

TEST_CASE("an unanswered challenge or login is given up", "[session]") {
    Session session;
    session.connect();
    session.pass(SessionMachine::action_timeout);
    CHECK_THAT(session.last_told(), Catch::Contains("challenge"));
    session.pass(1s);
    session.connect();
    session.answer(session.sent(), "Challenge", "Success", "Challenge: 1\r\n");
    session.pass(SessionMachine::action_timeout);
    CHECK_THAT(session.last_told(), Catch::Contains("did not answer the login"));
}

}  // namespace outdial::ami
