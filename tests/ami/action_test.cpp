#include "ami/action.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "base/random.hpp"

namespace outdial::ami {
namespace {

// How Asterisk reads the value of a `Variable` header (main/app.c, AST_STANDARD_APP_ARGS with ',', then the first '='),
// written after its description: commas separate outside quotes, parentheses and brackets; quotes vanish; a backslash
// vanishes and makes the next character plain; empty pairs and pairs without '=' are passed over.
std::vector<std::pair<std::string, std::string>> variables_as_asterisk_reads_them(std::string_view text) {
    std::vector<std::string> parts(1);
    int parentheses = 0;
    int brackets = 0;
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '\\') {
            if (++i < text.size()) parts.back().push_back(text[i]);
            continue;
        }
        if (c == '"') {
            quoted = !quoted;
            continue;
        }
        if (c == ',' && parentheses == 0 && brackets == 0 && !quoted) {
            parts.emplace_back();
            continue;
        }
        if (c == '(') ++parentheses;
        if (c == ')' && parentheses > 0) --parentheses;
        if (c == '[') ++brackets;
        if (c == ']' && brackets > 0) --brackets;
        parts.back().push_back(c);
    }
    std::vector<std::pair<std::string, std::string>> pairs;
    for (const auto& part : parts) {
        const auto equals = part.find('=');
        if (equals == std::string::npos || equals == 0) continue;
        pairs.emplace_back(part.substr(0, equals), part.substr(equals + 1));
    }
    return pairs;
}

std::string error_of(const Action& action, std::string_view action_id = "1") {
    const auto encoded = action.encode(action_id);
    return encoded ? "" : encoded.error().message;
}

}  // namespace

TEST_CASE("an action is its name, its ActionID, its headers in order, and an empty line", "[action]") {
    Action action{"Hangup"};
    action.header("Channel", "0190a0b1").header("Cause", "16");
    CHECK(action.encode("outdial-1").value() ==
          "Action: Hangup\r\nActionID: outdial-1\r\nChannel: 0190a0b1\r\nCause: 16\r\n\r\n");
}

TEST_CASE("a control byte in any value is refused, and the error names the header but not the value", "[action]") {
    for (const char bad : {'\r', '\n', '\0', '\t', '\x1b', '\x7f'}) {
        const std::string value = std::string{"s3cret"} + bad + "\r\nAction: Command";
        CHECK_THAT(error_of(Action{"Login"}.header("Secret", value)), Catch::Contains("header 'Secret' of Login") &&
                                                                          Catch::Contains("byte 6") &&
                                                                          !Catch::Contains("s3cret"));
        CHECK_THAT(error_of(Action{"Originate"}.variable("NAME", value)), Catch::Contains("variable 'NAME'"));
        CHECK_THAT(error_of(Action{"Ping"}, value), Catch::Contains("header 'ActionID'"));
        CHECK_FALSE(error_of(Action{value}).empty());
    }
}

TEST_CASE("bytes above ASCII pass, for names are written in every script", "[action]") {
    CHECK_THAT(Action{"Originate"}.variable("NAME", "Żaneta Müller 李").encode("1").value(),
               Catch::Contains("Variable: NAME=Żaneta Müller 李\r\n"));
}

TEST_CASE("a header's name cannot hold a colon, a blank or a line's end", "[action]") {
    for (const std::string key : {"", "A:B", "A B", "A\r\nAction", "Ä"}) {
        CHECK_FALSE(error_of(Action{"Ping"}.header(key, "1")).empty());
    }
}

TEST_CASE("a line of 1,000 bytes is sent and one of 1,001 is refused", "[action]") {
    const auto line_of = [](std::size_t bytes) { return std::string(bytes - 6, 'v'); };
    CHECK(Action{"Ping"}.header("Data", line_of(1'000)).encode("1"));
    CHECK_THAT(error_of(Action{"Ping"}.header("Data", line_of(1'001))), Catch::Contains("1001 bytes"));
}

TEST_CASE("an action has at most 100 headers", "[action]") {
    Action action{"Originate"};
    for (int i = 0; i < 98; ++i) action.variable("A", "1");
    CHECK(action.encode("1"));
    CHECK_THAT(error_of(action.variable("A", "1")), Catch::Contains("101 headers"));
}

TEST_CASE("an ActionID has 1 to 127 bytes", "[action]") {
    CHECK(Action{"Ping"}.encode(std::string(127, 'a')));
    CHECK_FALSE(Action{"Ping"}.encode(std::string(128, 'a')));
    CHECK_FALSE(Action{"Ping"}.encode(""));
}

TEST_CASE("a variable's name is an identifier, so that it can never call a dialplan function", "[action]") {
    for (const std::string name : {"A", "_a", "__INHERITED", "a1_B"}) CHECK(is_variable_name(name));
    for (const std::string name : {"", "1A", "A-B", "A B", "CHANNEL(language)", "A=B", "A,B", "Ä", "A\n"}) {
        CHECK_FALSE(is_variable_name(name));
        CHECK_THAT(error_of(Action{"Originate"}.variable(name, "x")), Catch::Contains("cannot set variable"));
    }
}

TEST_CASE("any variable value arrives as it was given, and sets no second variable", "[action]") {
    const std::string alphabet = "\\\",()[]= ab;|${}'&%\xc3\xa9";
    Random random{20260806};
    for (int round = 0; round < 200'000; ++round) {
        std::string value;
        for (auto length = random.below(24); length > 0; --length) value += alphabet[random.below(alphabet.size())];
        const auto read = variables_as_asterisk_reads_them("NAME=" + escape_variable_value(value));
        REQUIRE(read == std::vector<std::pair<std::string, std::string>>{{"NAME", value}});
    }
}

TEST_CASE("the model of Asterisk's splitting gives what Asterisk was seen to do", "[action]") {
    using Pairs = std::vector<std::pair<std::string, std::string>>;
    CHECK(variables_as_asterisk_reads_them("a=1,b=2") == Pairs{{"a", "1"}, {"b", "2"}});
    CHECK(variables_as_asterisk_reads_them("a=foo(1,b=3") == Pairs{{"a", "foo(1,b=3"}});
    CHECK(variables_as_asterisk_reads_them("a=\"x,y\",b=2") == Pairs{{"a", "x,y"}, {"b", "2"}});
    CHECK(variables_as_asterisk_reads_them("a=x\\,y") == Pairs{{"a", "x,y"}});
    CHECK(variables_as_asterisk_reads_them("a=b=c|d") == Pairs{{"a", "b=c|d"}});
}

}  // namespace outdial::ami
