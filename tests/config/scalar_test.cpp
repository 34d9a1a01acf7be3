#include "config/scalar.hpp"

#include <array>
#include <catch2/catch.hpp>

#include "config/suggest.hpp"

namespace outdial::config {

TEST_CASE("whole numbers are decimal digits and nothing else") {
    const IntegerRange range{-5, 999'999'999};
    CHECK(parse_integer("0", range).value() == 0);
    CHECK(parse_integer("-5", range).value() == -5);
    CHECK(parse_integer("999999999", range).value() == 999'999'999);
    for (std::string_view text : {"", "-", "+1", "01", "-01", "0x10", "0o10", "1_000", "1e3", "1.0", " 1", "1 ", "1a",
                                  "-6", "1000000000", "99999999999999999999999", ".inf"}) {
        INFO(text);
        REQUIRE_FALSE(parse_integer(text, range));
        CHECK(parse_integer(text, range).error().message.starts_with("must be a whole number from -5 to 999999999"));
    }
}

TEST_CASE("numbers with a point have digits on both sides of it, and at most six behind") {
    const DecimalRange range{0.01, 10'000};
    CHECK(parse_decimal("0.01", range).value() == 0.01);
    CHECK(parse_decimal("10000", range).value() == 10'000);
    CHECK(parse_decimal("1.250000", range).value() == 1.25);
    for (std::string_view text : {"", ".", "1.", ".5", "0", "0.009", "10000.1", "-1", "+1", "01", "1e3", ".nan", ".inf",
                                  "nan", "inf", "1.0000000", "1.2.3", "0x1p3", "1,5"}) {
        INFO(text);
        CHECK_FALSE(parse_decimal(text, range));
    }
}

TEST_CASE("durations are a whole number and one unit") {
    using namespace std::chrono_literals;
    const DurationRange range{1s, 720h};
    CHECK(parse_duration("30s", range).value() == 30s);
    CHECK(parse_duration("10m", range).value() == 10min);
    CHECK(parse_duration("2h", range).value() == 2h);
    CHECK(parse_duration("30d", range).value() == 720h);
    for (std::string_view text : {"", "s", "30", "0s", "31d", "-1s", "+1s", "01s", "1.5h", "1h30m", "500ms", "1 s",
                                  "1S", "1w", "999999999d", "9999999999999999999d"}) {
        INFO(text);
        CHECK_FALSE(parse_duration(text, range));
    }
    CHECK(to_text(Milliseconds{90s}) == "90s");
    CHECK(to_text(Milliseconds{180s}) == "3m");
    CHECK(to_text(Milliseconds{24h}) == "1d");
    CHECK(to_text(Milliseconds{1500}) == "1500ms");
    CHECK(to_text(Milliseconds{0}) == "0ms");
}

TEST_CASE("what other YAML readers take for a number or a boolean is known as such") {
    for (std::string_view text : {"0", "123", "-1", "+18001234567", "010", "0x1F", "0o17", "0b1", "1_000", "1.5", "1.",
                                  ".5", "1e3", "1.5E-3", ".inf", "-.inf", ".nan"}) {
        INFO(text);
        CHECK(looks_like_number(text));
    }
    for (std::string_view text : {"", "+", "-", ".", "127.0.0.1", "1a", "30s", "0x", "0xg", "1e", "1e+", "e3", "a1",
                                  "2026-12-25", "1 2", "_1", "12:30", "..5"}) {
        INFO(text);
        CHECK_FALSE(looks_like_number(text));
    }
    for (std::string_view text : {"true", "FALSE", "Yes", "no", "on", "Off"}) CHECK(looks_like_boolean(text));
    for (std::string_view text : {"", "y", "n", "none", "truest", "offer"}) CHECK_FALSE(looks_like_boolean(text));
}

TEST_CASE("a misspelt word is answered with the nearest known one, if any is near") {
    constexpr std::array<std::string_view, 4> words{"name", "trunks", "ring_timeout", "retry"};
    CHECK(nearest("nmae", words) == "name");
    CHECK(nearest("trunk", words) == "trunks");
    CHECK(nearest("ringtimeout", words) == "ring_timeout");
    CHECK(nearest("ring", words) == "ring_timeout");
    CHECK(nearest("zzz", words).empty());
    CHECK(nearest(std::string(100'000, 'n'), words).empty());
    CHECK(suggestion("nmae", words) == "did you mean 'name'? known here: name, trunks, ring_timeout, retry");
    CHECK(suggestion("zzz", words) == "known here: name, trunks, ring_timeout, retry");
}

}  // namespace outdial::config
