#include "daemon/ami_events.hpp"

#include <catch2/catch.hpp>

#include "ami/parser.hpp"

namespace outdial::daemon {

namespace {

using Kind = ChannelEvent::Kind;

const std::string ours = "0192f0c0ffee0123456789abcdef0123";

std::optional<AttemptEvent> read(const std::string& text) {
    ami::Parser parser;
    parser.feed("Asterisk Call Manager/11.0.0\r\n" + text + "\r\n");
    ami::Message message;
    REQUIRE(parser.next(message));
    return attempt_event(message, from_unix_ms(5));
}

}  // namespace

TEST_CASE("events of channels that are not ours say nothing") {
    for (const std::string id : {"1795377375.40", "pbx-1795377375.40", "", "0192F0C0FFEE0123456789ABCDEF0123",
                                 "0192f0c0ffee0123456789abcdef0123;2", "0192f0c0ffee0123456789abcdef012",
                                 "0192f0c0ffee0123456789abcdef01234"}) {
        INFO(id);
        CHECK_FALSE(read("Event: Hangup\r\nUniqueid: " + id + "\r\nCause: 16\r\n"));
    }
    CHECK(read("Event: Hangup\r\nUniqueid: " + ours + "\r\nCause: 16\r\n"));
}

TEST_CASE("an OriginateResponse belongs to the attempt of its ActionID, whatever channel it names") {
    const std::string other = "fffff0c0ffee0123456789abcdef0123";
    const auto event = read("Event: OriginateResponse\r\nActionID: " + ours +
                            "\r\nResponse: Failure\r\nReason: 0\r\nUniqueid: " + other + "\r\n");
    REQUIRE(event);
    CHECK(event->attempt.view() == ours);
    CHECK(event->event.kind == Kind::originate_failed);
    CHECK(event->event.cause == 0);
    CHECK(event->event.at == from_unix_ms(5));
}

TEST_CASE("causes are read as they are, and what is no number is no cause") {
    const auto hangup =
        read("Event: Hangup\r\nUniqueid: " + ours + "\r\nCause: 21\r\nCause-txt: Call Rejected\r\nTechCause: 603\r\n");
    REQUIRE(hangup);
    CHECK(hangup->event.cause == 21);
    CHECK(hangup->event.tech_cause == 603);
    for (const std::string cause : {"", "x", "17x", "99999999999999999999", " 17"}) {
        INFO(cause);
        const auto odd = read("Event: Hangup\r\nUniqueid: " + ours + "\r\nCause: " + cause + "\r\n");
        REQUIRE(odd);
        if (cause == " 17") continue;  // AMI's own blank after the colon
        CHECK_FALSE(odd->event.cause);
    }
}

TEST_CASE("only ringing and up are worth telling of a channel's states") {
    const auto state = [](const std::string& number) {
        return read("Event: Newstate\r\nUniqueid: " + ours + "\r\nChannelState: " + number + "\r\n");
    };
    REQUIRE(state("5"));
    CHECK(state("5")->event.kind == Kind::ringing);
    REQUIRE(state("6"));
    CHECK(state("6")->event.kind == Kind::answered);
    for (const std::string number : {"0", "1", "2", "3", "4", "7", "8", "9", "", "66"}) CHECK_FALSE(state(number));
}

TEST_CASE("a telephone rings when the far end says so or sends early media, and not while the call is on its way") {
    const auto of = [](const std::string& status) {
        return read("Event: DialState\r\nDestUniqueid: " + ours + "\r\nDialStatus: " + status + "\r\n");
    };
    for (const char* status : {"RINGING", "PROGRESS"}) {
        REQUIRE(of(status));
        CHECK(of(status)->event.kind == Kind::ringing);
    }
    CHECK_FALSE(of("PROCEEDING"));
    CHECK_FALSE(of(""));
}

TEST_CASE("a result of the dialplan is one plain short word, or nothing") {
    const auto result = [](const std::string& word) {
        return read("Event: UserEvent\r\nUniqueid: " + ours + "\r\nUserEvent: OutdialResult\r\nDisposition: " + word +
                    "\r\n");
    };
    REQUIRE(result("machine"));
    CHECK(result("machine")->event.text == "machine");
    CHECK(result(std::string(500, 'a'))->event.text.size() == max_result_bytes);
    for (const std::string word : {"", "two words", "a;b", "\"", "${X}", "\xc3\xa4"}) CHECK_FALSE(result(word));
    CHECK_FALSE(read("Event: UserEvent\r\nUniqueid: " + ours + "\r\nUserEvent: SomethingElse\r\nDisposition: dnc\r\n"));
}

TEST_CASE("a result may say when the person wants to be called back, and by whom") {
    const auto result = [](const std::string& headers) {
        return read("Event: UserEvent\r\nUniqueid: " + ours + "\r\nUserEvent: OutdialResult\r\n" + headers);
    };
    const auto full = result("Disposition: later\r\nCallback: 2026-11-24T15:00 Europe/Berlin\r\nAgent: SIP/alice\r\n");
    REQUIRE(full);
    CHECK(full->event.text == "later");
    CHECK(full->event.callback == "2026-11-24T15:00 Europe/Berlin");
    CHECK(full->event.callback_agent == "SIP/alice");
    const auto alone = result("Callback: +2h\r\n");
    REQUIRE(alone);
    CHECK(alone->event.text == "callback");
    CHECK(alone->event.callback == "+2h");
    CHECK(alone->event.callback_agent.empty());
    // What cannot be a time is told to be none, and a name that could be a protocol's is not taken.
    for (const std::string& time : {std::string(500, '1'), std::string{"2026\";DROP"}, std::string{"${X}"}}) {
        REQUIRE(result("Callback: " + time + "\r\n"));
        CHECK(result("Callback: " + time + "\r\n")->event.callback == "?");
    }
    CHECK(result("Callback: +2h\r\nAgent: al,ice\r\n")->event.callback_agent.empty());
    CHECK(result("Disposition: machine\r\nAgent: alice\r\n")->event.callback_agent.empty());
}

TEST_CASE("a response is never taken for an event") {
    CHECK_FALSE(read("Response: Success\r\nActionID: " + ours + "\r\nEvent: Hangup\r\nUniqueid: " + ours + "\r\n"));
}

}  // namespace outdial::daemon
