#include "config/yaml.hpp"

#include <catch2/catch.hpp>

#include "config/source.hpp"

namespace outdial::config {
namespace {

using namespace std::string_literals;

struct Parsed {
    std::optional<Node> root;
    std::vector<Problem> problems;
};

Parsed parse(std::string_view text) {
    Problems problems{"f.yaml"};
    Parsed result;
    result.root = parse_yaml(text, problems);
    result.problems = problems.take();
    return result;
}

/// The one problem of the text, "line:column: message".
std::string only_problem(std::string_view text) {
    const auto problems = parse(text).problems;
    REQUIRE(problems.size() == 1);
    return to_text(problems.front()).substr(std::string_view{"f.yaml:"}.size());
}

}  // namespace

TEST_CASE("a file without a document is refused") {
    for (std::string_view text : {"", "\n\n", "# only a comment\n"})
        CHECK(only_problem(text) == "1:1: the file is empty");
}

TEST_CASE("bytes that are no text are refused where they stand") {
    CHECK(only_problem("\xEF\xBB\xBF"
                       "a: 1\n")
              .starts_with("1:1: the file begins with a byte order mark"));
    CHECK(only_problem("a: 1\nb: x\0y"s).starts_with("2:5: control character U+0000"));
    CHECK(only_problem("a: \x1b[31m").starts_with("1:4: control character U+001B"));
    CHECK(only_problem("a: \x7f").starts_with("1:4: control character U+007F"));
    CHECK(only_problem("\xC3\xA4: \xC2\x85").starts_with("1:4: control character U+0085"));
    CHECK(only_problem("a: 1\rb: 2").starts_with("1:5: control character U+000D"));
    // A lone continuation byte, an overlong slash, a surrogate, beyond Unicode, and a character cut off.
    for (std::string_view text :
         {"a: \x80", "a: \xC0\xAF", "a: \xED\xA0\x80", "a: \xF4\x90\x80\x80", "a: \xE2\x82", "a: \xFF\xFE"}) {
        CHECK(only_problem(text).starts_with("1:4: this is not UTF-8 text"));
    }
}

TEST_CASE("lines may end with carriage return and line feed, and columns count characters") {
    CHECK(parse("a: 1\r\nb: 2\r\n").problems.empty());
    const auto parsed = parse("\"\xC3\xA4\": {\xE2\x82\xAC: \xF0\x9F\x93\x9E, b: 2}\r\n");
    REQUIRE(parsed.root);
    const Node& map = parsed.root->entries.at(0).value;
    CHECK(map.at == Position{1, 6});
    CHECK(map.entries.at(0).value.at == Position{1, 10});
    CHECK(map.entries.at(1).at == Position{1, 13});
}

TEST_CASE("syntax errors are reported at their place, unclosed things where they begin") {
    CHECK(only_problem("a: 1\nb: c: d\n").starts_with("2:5: this is not valid YAML"));
    CHECK(only_problem("a: 1\nb: [1,\n  {c").starts_with("3:3: this is not valid YAML"));
    CHECK(only_problem("a: @x").starts_with("1:4: this is not valid YAML"));
    CHECK(only_problem("a:\n\t- b\n").find("this is not valid YAML") != std::string::npos);
}

TEST_CASE("a quote that the end of the file closes is refused: the file may have been cut short") {
    CHECK(only_problem("a: 1\nb: \"half of the\ntext\n") == "2:4: this quote is never closed");
    CHECK(only_problem("a: 'it''s\n") == "1:4: this quote is never closed");
    CHECK(only_problem("a: \"x\\\"\n") == "1:4: this quote is never closed");
    CHECK(parse("a: \"x\\\"\"\nb: 'it''s'\nc: \"\"\nd: ''\ne: |\n  \"\n").problems.empty());
}

TEST_CASE("problems of structure are collected, not only the first") {
    const auto problems = parse("a: &x 1\na: *x\n<<: {}\n? [k]\n: v\nb: !t {c: 1, c: 2}\n").problems;
    REQUIRE(problems.size() == 7);
    const std::vector<std::pair<int, int>> places{{1, 4}, {2, 1}, {2, 4}, {3, 1}, {4, 3}, {6, 4}, {6, 14}};
    for (std::size_t i = 0; i < places.size(); ++i) {
        INFO(to_text(problems[i]));
        CHECK(std::pair{problems[i].line, problems[i].column} == places[i]);
    }
}

TEST_CASE("the depth and the number of values are limited") {
    CHECK(parse(std::string(16, '[') + std::string(16, ']')).problems.empty());
    CHECK(only_problem(std::string(17, '[') + std::string(17, ']')) == "1:17: nested more than 16 levels deep");
    CHECK(only_problem(std::string(500'000, '[')).find("nested more than 16") != std::string::npos);
    CHECK(only_problem(std::string(500'000, '{')).find("nested more than 16") != std::string::npos);

    std::string list;
    for (std::size_t i = 0; i + 1 < max_nodes; ++i) list += "- a\n";
    CHECK(parse(list).problems.empty());
    CHECK(only_problem(list + "- a\n").starts_with("10000:3: more than 10000 values in one file"));
}

TEST_CASE("a file beyond the size limit is refused before it is parsed") {
    const std::string scalar = "a: " + std::string(50'000'000, 'x');
    CHECK(only_problem(scalar) == "1:1: the file is larger than 1048576 bytes, the most that is read");
    CHECK(parse("a: " + std::string(max_file_bytes - 3, 'x')).problems.empty());
}

TEST_CASE("an alias bomb is refused and costs no more than its text") {
    std::string bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n";
    for (char c = 'b'; c <= 'z'; ++c) {
        const char previous = static_cast<char>(c - 1);
        bomb += std::string{c} + ": &" + c + " [*" + previous;
        for (int i = 0; i < 9; ++i) bomb += std::string{", *"} + previous;
        bomb += "]\n";
    }
    const auto parsed = parse(bomb);
    CHECK(parsed.problems.size() == Problems::max_problems + 1);  // and the last says that there are more
    CHECK(parsed.problems.back().message.starts_with("more is wrong from here on"));
    REQUIRE(parsed.root);
    CHECK(parsed.root->entries.size() == 26);
    CHECK(only_problem("a: [*a]\n").find("not valid YAML") != std::string::npos);
}

TEST_CASE("directives are refused before a document, and a percent sign within one is text") {
    CHECK(only_problem("# c\n\n%TAG ! tag:x,2000:\n---\na: 1\n").starts_with("3:1: directives"));
    CHECK(parse("a: 50%\nb: \"%\"\n").problems.empty());
}

TEST_CASE("scalars keep their text as written, and whether they were quoted") {
    const auto parsed = parse("a: 010\nb: \"010\"\nc: ~\nd: null\ne: 'null'\nf: |\n  line\ng:\n");
    REQUIRE(parsed.root);
    const auto& entries = parsed.root->entries;
    CHECK(entries.at(0).value.text == "010");
    CHECK(entries.at(0).value.plain);
    CHECK(entries.at(1).value.text == "010");
    CHECK_FALSE(entries.at(1).value.plain);
    CHECK(entries.at(2).value.kind == Node::Kind::null);
    CHECK(entries.at(2).value.at == Position{3, 4});
    CHECK(entries.at(3).value.kind == Node::Kind::null);
    CHECK(entries.at(4).value.text == "null");
    CHECK(entries.at(5).value.text == "line\n");
    CHECK(entries.at(6).value.kind == Node::Kind::null);
    CHECK(entries.at(6).value.at == Position{8, 1});  // nothing stands there, so the key's place
}

}  // namespace outdial::config
