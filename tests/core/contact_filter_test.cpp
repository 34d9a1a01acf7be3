#include "core/contact_filter.hpp"

#include <catch2/catch.hpp>

#include "base/random.hpp"

namespace outdial {
namespace {

const Attributes anna{{"balance", "250.50"}, {"state", "TX"}, {"name", "O'Neil"}, {"note", ""}, {"level", "gold"}};

ContactFilter filter(std::string_view text) {
    auto parsed = ContactFilter::parse(text);
    if (!parsed) FAIL(text << ": " << parsed.error().offset << ": " << parsed.error().message);
    return *parsed;
}
bool takes(std::string_view text) { return filter(text).matches("A-1", anna); }

struct Refusal {
    std::size_t offset = 0;
    std::string message;
};
Refusal refusal(std::string_view text) {
    const auto parsed = ContactFilter::parse(text);
    if (parsed) FAIL(text << " was accepted");
    return {parsed.error().offset, parsed.error().message};
}

}  // namespace

TEST_CASE("A number in a filter is compared with the attribute as a number, a text as a text") {
    CHECK(takes("attributes.balance > 100 and state = 'TX'"));
    CHECK(takes("balance = 250.5"));
    CHECK_FALSE(takes("balance = '250.5'"));  // the text has one more digit
    CHECK(takes("balance = '250.50'"));
    CHECK(takes("balance > 99"));
    CHECK(takes("balance < '9'"));  // as texts 2 comes before 9
    CHECK(takes("balance >= 250.50 and balance <= 250.50 and balance != 250.49 and not balance < 250.5"));
    CHECK(takes("balance > -3e2"));
    CHECK(takes("external_id = 'A-1'"));
    CHECK(takes("name = 'O''Neil'"));
}

TEST_CASE("And binds more than or, not more than and, and parentheses more than all") {
    CHECK(takes("state = 'TX' or state = 'FL' and state = 'CA'"));
    CHECK_FALSE(takes("(state = 'TX' or state = 'FL') and state = 'CA'"));
    CHECK(takes("not state = 'FL' and state = 'TX'"));
    CHECK_FALSE(takes("NOT (state = 'FL' OR state = 'TX')"));
    CHECK(takes("not not state = 'TX'"));
}

TEST_CASE("A filter asks for one of several values, and for attributes that are absent") {
    CHECK(takes("state in ('FL', 'TX')"));
    CHECK_FALSE(takes("state not in ('FL', 'TX')"));
    CHECK(takes("balance in (1, 250.5, 'x')"));
    CHECK(takes("email is null and state is not null"));
    CHECK_FALSE(takes("email is not null"));
    CHECK(takes("note is not null and note = ''"));  // it is there, and empty
}

TEST_CASE("What is not known is neither true nor false, and nobody is called for it") {
    CHECK_FALSE(takes("email = 'x'"));
    CHECK_FALSE(takes("email != 'x'"));
    CHECK_FALSE(takes("not email = 'x'"));
    CHECK_FALSE(takes("email not in ('x')"));
    CHECK_FALSE(takes("level > 3"));
    CHECK_FALSE(takes("not level > 3"));
    CHECK(takes("level > 3 or state = 'TX'"));
    CHECK_FALSE(takes("not (level > 3 and state = 'TX')"));
    CHECK(takes("not (level > 3 and state = 'FL')"));
    CHECK_FALSE(takes("level in (3, 4)"));
    CHECK_FALSE(takes("level not in (3, 4)"));
}

TEST_CASE("What is wrong with a filter is told where it stands") {
    const auto check = [](std::string_view text, std::size_t offset, std::string_view part) {
        CAPTURE(text);
        const Refusal found = refusal(text);
        CHECK(found.offset == offset);
        CHECK_THAT(found.message, Catch::Contains(std::string{part}));
    };
    check("", 0, "the expression's end stands where a field is expected");
    check("balance", 7, "= != < <= > >=");
    check("balance > ", 10, "a number or a text in single quotes");
    check("balance == 1", 8, "write =");
    check("balance <> 1", 8, "write !=");
    check("state = TX", 8, "'TX' is no value; a text stands in single quotes: 'TX'");
    check("state = \"TX\"", 8, "'\"' stands where a number or a text in single quotes");
    check("state = 'TX", 8, "no closing quote");
    check("state = null", 8, "is null");
    check("state = 'TX' balance > 1", 13, "'balance' stands where 'and', 'or' or the end is expected");
    check("state = 'TX' and", 16, "where a field is expected");
    check("(state = 'TX'", 13, "for the '(' at character 1");
    check("state = 'TX')", 12, "')' stands where");
    check("attributes. = 1", 0, "is no field");
    check("contact.state = 1", 0, "is no field");
    check("state in 'TX'", 9, "'(' is expected");
    check("state in ('TX' 'FL')", 15, "',' or ')' is expected");
    check("state not 'TX'", 10, "'in' is expected");
    check("state is 'TX'", 9, "'null' is expected");
    check("1 = 1", 0, "where a field is expected");
    check("phone2 = '+1'", 0, "is no attribute");
    check("region = 'US'", 0, "is no attribute");
    check("balance > 1e999", 10, "is no value");
    check("balance > 1; drop table contact", 11, "';' stands where");
}

TEST_CASE("Filters have a greatest length, depth and number of comparisons") {
    CHECK(filter(std::string(32, '(') + "a = 1" + std::string(32, ')')).matches("", {{"a", "1"}}));
    CHECK_THAT(refusal(std::string(33, '(') + "a = 1" + std::string(33, ')')).message, Catch::Contains("32 deep"));
    CHECK_THAT(refusal("a = '" + std::string(max_filter_bytes, 'x') + "'").message, Catch::Contains("at most 2000"));
    std::string many = "a=1";
    for (std::size_t i = 1; i < max_filter_tests; ++i) many += " or a=1";
    CHECK(filter(many).matches("", {{"a", "1"}}));
    CHECK_THAT(refusal(many + " or a=1").message, Catch::Contains("more than 200 comparisons"));
}

TEST_CASE("Any text is a filter or is refused at a place that it has") {
    Random random{7};
    const std::string pieces[] = {"(", ")",  "not ", " and ", " or ", "a",    "attributes.b", " = ",      "<=", "'x'",
                                  "'", "12", "-",    " in ",  ",",    " is ", "null",         "\xC3\xA4", " ",  "."};
    for (int round = 0; round < 20'000; ++round) {
        std::string text;
        for (std::uint64_t i = random.below(14); i > 0; --i) text += pieces[random.below(std::size(pieces))];
        const auto parsed = ContactFilter::parse(text);
        if (parsed) {
            (void)parsed->matches("1", {{"a", "12"}, {"b", "x"}});
        } else {
            REQUIRE(parsed.error().offset <= text.size());
            REQUIRE_FALSE(parsed.error().message.empty());
        }
    }
}

}  // namespace outdial
