#include "ami/parser.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "ami/text.hpp"
#include "trace_files.hpp"

namespace outdial::ami {
namespace {

const std::string greeting = "Asterisk Call Manager/11.0.0\r\n";

// A message as text that can be compared: "kind|key=value|key=value".
std::string describe(const Message& message) {
    std::string text = message.kind() == Message::Kind::event      ? "event"
                       : message.kind() == Message::Kind::response ? "response"
                                                                   : "other";
    for (const auto& [key, value] : message) {
        text.append("|").append(key).append("=").append(value);
    }
    return text;
}

void drain(Parser& parser, std::vector<std::string>& out) {
    Message message;
    while (parser.next(message)) out.push_back(describe(message));
}

// What the parser makes of `bytes`, given to it in pieces of that size.
std::vector<std::string> parse(const std::string& bytes, std::size_t piece = std::string::npos,
                               Parser::Limits limits = {}) {
    Parser parser{limits};
    std::vector<std::string> out;
    for (std::size_t at = 0; at < bytes.size(); at += std::min(piece, bytes.size())) {
        parser.feed(std::string_view{bytes}.substr(at, piece));
        drain(parser, out);
    }
    out.push_back("greeting " + std::string{parser.greeting()} + ", skipped " + std::to_string(parser.skipped()));
    return out;
}

std::vector<std::string> parse_messages(const std::string& bytes, Parser::Limits limits = {}) {
    auto out = parse(greeting + bytes, std::string::npos, limits);
    out.pop_back();
    return out;
}

// Blocks of text between empty lines, found the plainest way.
std::size_t count_blocks(std::string_view text) {
    std::size_t blocks = 0;
    bool inside = false;
    while (!text.empty()) {
        const auto end = text.find('\n');
        const auto line = text.substr(0, end);
        const bool blank = line.empty() || line == "\r";
        if (!blank && !inside) ++blocks;
        inside = !blank;
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return blocks;
}

// Every oddity in one stream.
std::string odd_stream() {
    return greeting +
           "\r\n\nResponse: Success\r\nActionID: a-1\r\nMessage:\r\n\r\n"
           "Response: Error\r\nActionID: a-2\r\nMessage: Uniqueid length exceeds maximum of 149\n\r\n\r\n"
           "Event: UserEvent\nText: a: b::c\nno colon here\n: no key\nEmpty: \n  Blank:  two\n\n"
           "Response: Follows\r\nPrivilege: Command\r\nActionID: c-1\r\nfirst: line\n\nActionID: not one\nlast--END "
           "COMMAND--\r\n\r\n"
           "Event: Long\r\nText: " +
           std::string(300, 'x') +
           "\r\nMore: 1\r\n\r\n"
           "Response: Follows\r\nActionID: c-2\r\n" +
           std::string(300, 'y') +
           "\n\nEvent: Hangup\n\n--END COMMAND--\r\n\r\n"
           "Event: OriginateResponse\r\nResponse: Failure\r\nlone\rcr: \r\r\n\r\n\r\n\n"
           "Event: Last\r\n\r\nEvent: never ended\r\n";
}

}  // namespace

TEST_CASE("every trace yields as many messages as it has blocks of lines", "[parser]") {
    const auto files = read_trace_files();
    REQUIRE(files.size() == 66);
    for (const auto& file : files) {
        INFO(file.name);
        Parser parser;
        parser.feed(file.bytes);
        Message message;
        std::size_t classified = 0;
        while (parser.next(message)) classified += message.kind() != Message::Kind::other;
        CHECK(parser.messages() == count_blocks(file.messages()));
        CHECK(classified == parser.messages());
        CHECK(parser.skipped() == 0);
        CHECK(parser.ami_version() == (file.name.starts_with("asterisk-22") ? "11.0.0" : "5.0.4"));
    }
}

TEST_CASE("however a trace is cut into pieces, the messages are the same", "[parser]") {
    for (const auto& file : read_trace_files()) {
        INFO(file.name);
        const auto whole = parse(file.bytes);
        for (const std::size_t piece : {1, 2, 3, 7, 1460, 4096}) CHECK(parse(file.bytes, piece) == whole);
    }
}

TEST_CASE("a command's output ends at its end mark, also in a line that looks like a header or is skipped",
          "[parser]") {
    for (const std::size_t longest : {std::size_t{40}, std::size_t{65'536}}) {
        Parser parser{{.message_bytes = 1'000, .line_bytes = longest, .fields = 20}};
        parser.feed(greeting + "\r\nResponse: Follows\r\nActionID: " + std::string(50, 'y') +
                    "--END COMMAND--\r\n\r\nEvent: Next\r\n\r\n");
        Message message;
        const bool skipped = longest == 40;
        if (!skipped) {
            REQUIRE(parser.next(message));
            CHECK(message.get("ActionID") == std::string(50, 'y'));
        }
        REQUIRE(parser.next(message));
        CHECK(message.get("Event") == "Next");
        CHECK(parser.skipped() == (skipped ? 1U : 0U));
    }
}

TEST_CASE("a stream cut at any one byte gives the same messages", "[parser]") {
    const std::string bytes = odd_stream();
    const Parser::Limits limits{.message_bytes = 250, .line_bytes = 200, .fields = 20};
    for (const auto& limit : {Parser::Limits{}, limits}) {
        const auto whole = parse(bytes, std::string::npos, limit);
        for (std::size_t piece = 1; piece < 40; ++piece) REQUIRE(parse(bytes, piece, limit) == whole);
        for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
            INFO(cut);
            Parser parser{limit};
            std::vector<std::string> out;
            parser.feed(std::string_view{bytes}.substr(0, cut));
            drain(parser, out);
            parser.feed(std::string_view{bytes}.substr(cut));
            drain(parser, out);
            out.push_back("greeting " + std::string{parser.greeting()} + ", skipped " +
                          std::to_string(parser.skipped()));
            REQUIRE(out == whole);
        }
    }
}

TEST_CASE("lines may end in LF alone, and mixed", "[parser]") {
    std::string bytes = "Event: A\r\nKey: 1\r\n\r\nEvent: B\r\n\r\n";
    const auto expected = parse_messages(bytes);
    CHECK(expected == std::vector<std::string>{"event|Event=A|Key=1", "event|Event=B"});
    std::erase(bytes, '\r');
    CHECK(parse_messages(bytes) == expected);
    CHECK(parse_messages("Event: A\nKey: 1\r\n\nEvent: B\r\n\r\n") == expected);
}

TEST_CASE("the odd messages that Asterisk really sends come out whole", "[parser]") {
    const auto out = parse(odd_stream());
    REQUIRE(out.size() == 9);
    CHECK(out[0] == "response|Response=Success|ActionID=a-1|Message=");
    CHECK(out[1] == "response|Response=Error|ActionID=a-2|Message=Uniqueid length exceeds maximum of 149");
    CHECK(out[2] == "event|Event=UserEvent|Text=a: b::c|=no colon here|=no key|Empty=|  Blank= two");
    CHECK(out[3] ==
          "response|Response=Follows|Privilege=Command|ActionID=c-1|Output=first: line|Output=|"
          "Output=ActionID: not one|Output=last");
    CHECK(out[6] == "event|Event=OriginateResponse|Response=Failure|lone\rcr=\r");
    CHECK(out[7] == "event|Event=Last");
    CHECK(out[8] == "greeting Asterisk Call Manager/11.0.0, skipped 0");
}

TEST_CASE("a message is an event or a response by its first line only", "[parser]") {
    Parser parser;
    parser.feed(greeting + "Event: OriginateResponse\r\nResponse: Failure\r\nActionID: 7\r\n\r\n");
    Message message;
    REQUIRE(parser.next(message));
    CHECK(message.kind() == Message::Kind::event);
    CHECK(message.is_event("originateresponse"));
    CHECK(message.name() == "OriginateResponse");
    CHECK(message.get("response") == "Failure");
    CHECK(message.get("ACTIONID") == "7");
    CHECK(message.has("ActionID"));
    CHECK_FALSE(message.has("Action"));
    CHECK(message.get("Action").empty());
}

TEST_CASE("of a repeated key get() gives the first value and iteration all of them", "[parser]") {
    Parser parser;
    parser.feed(greeting + "Event: Hangup\r\nChanVariable: A=1\r\nChanVariable: B=2\r\n\r\n");
    Message message;
    REQUIRE(parser.next(message));
    CHECK(message.get("ChanVariable") == "A=1");
    CHECK(describe(message) == "event|Event=Hangup|ChanVariable=A=1|ChanVariable=B=2");
}

TEST_CASE("a message just within the limits passes, one byte more is skipped up to its empty line", "[parser]") {
    const std::string after = "Event: After\r\n\r\n";
    const std::vector<std::string> only_after{"event|Event=After"};
    const auto line_of = [](std::size_t bytes) { return "K: " + std::string(bytes - 3, 'v'); };

    const Parser::Limits line{.line_bytes = 100};
    CHECK(parse_messages("Event: A\r\n" + line_of(100) + "\r\n\r\n" + after, line).size() == 2);
    CHECK(parse_messages("Event: A\r\n" + line_of(101) + "\r\nEvent: x\r\n\r\n" + after, line) == only_after);

    const Parser::Limits message{.message_bytes = 110};
    CHECK(parse_messages("Event: A\r\n" + line_of(100) + "\r\n\r\n" + after, message).size() == 2);
    CHECK(parse_messages("Event: A\r\n" + line_of(101) + "\r\n\r\n" + after, message) == only_after);

    const Parser::Limits fields{.fields = 3};
    CHECK(parse_messages("Event: A\r\nB: 1\r\nC: 2\r\n\r\n" + after, fields).size() == 2);
    CHECK(parse_messages("Event: A\r\nB: 1\r\nC: 2\r\nD: 3\r\n\r\n" + after, fields) == only_after);
}

TEST_CASE("lines and messages of ten megabytes are counted and leave memory flat", "[parser]") {
    const std::string block(65'536, 'x');
    Parser parser;
    Message message;
    std::vector<std::string> out;
    parser.feed(greeting);
    const auto feed = [&](std::string_view bytes) {
        parser.feed(bytes);
        drain(parser, out);
    };
    feed("Event: VarSet\r\nValue: ");
    for (int i = 0; i < 160; ++i) feed(block);
    feed("\r\nUniqueid: 1\r\n\r\n");
    feed("Event: Endless\r\n");
    for (int i = 0; i < 200'000; ++i) feed("Key: of many short lines, no empty one between them\r\n");
    feed("\r\nEvent: After\r\n\r\n");
    CHECK(out == std::vector<std::string>{"event|Event=After"});
    CHECK(parser.skipped() == 2);
    CHECK(parser.messages() == 1);
    CHECK(parser.memory_bytes() < 2'500'000);
}

TEST_CASE("NUL and other bytes are data", "[parser]") {
    const std::string odd{"a\0b\x01\xff", 5};
    CHECK(parse_messages("Event: A\r\nKey: " + odd + "\r\n\r\n") ==
          std::vector<std::string>{"event|Event=A|Key=" + odd});
}

TEST_CASE("a greeting that is not Asterisk's is kept as it was said, and a long one is cut", "[parser]") {
    Parser parser;
    parser.feed("SSH-2.0-OpenSSH_9.2\r\n");
    Message message;
    CHECK_FALSE(parser.next(message));
    CHECK(parser.greeting_complete());
    CHECK(parser.greeting() == "SSH-2.0-OpenSSH_9.2");
    CHECK(parser.ami_version().empty());

    parser.reset();
    CHECK_FALSE(parser.greeting_complete());
    parser.feed(std::string(1'000'000, 'z'));
    CHECK_FALSE(parser.next(message));
    CHECK(parser.greeting_complete());
    CHECK(parser.greeting() == std::string(Parser::max_greeting_bytes, 'z'));
}

TEST_CASE("a stored message outlives the parser's buffer, and survives a move", "[parser]") {
    std::vector<StoredMessage> stored;
    {
        Parser parser;
        parser.feed(greeting + "Event: A\r\nEmpty:\r\nKey: value\r\n\r\nEvent: B\r\n\r\n");
        Message message;
        while (parser.next(message)) stored.emplace_back(message);
    }
    REQUIRE(stored.size() == 2);
    CHECK(describe(stored[0].message()) == "event|Event=A|Empty=|Key=value");
    CHECK(stored[0].bytes() == 19);
    CHECK(stored[1].message().is_event("B"));
}

TEST_CASE("keys compare without regard to ASCII case and nothing else", "[parser]") {
    CHECK(equal_ignoring_case("ActionID", "ACTIONid"));
    CHECK(equal_ignoring_case("", ""));
    CHECK_FALSE(equal_ignoring_case("ActionID", "ActionI"));
    CHECK_FALSE(equal_ignoring_case("[", "{"));
    CHECK_FALSE(equal_ignoring_case("@", "`"));
}

}  // namespace outdial::ami
