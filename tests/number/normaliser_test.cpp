#include "number/normaliser.hpp"

#include <phonenumbers/phonenumber.pb.h>
#include <phonenumbers/phonenumberutil.h>

#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <string>
#include <thread>
#include <vector>

#include "base/random.hpp"
#include "base/utf8.hpp"

using outdial::number::Check;
using outdial::number::Normaliser;

namespace {

std::string e164(std::string_view written, std::string_view region = "US") {
    const auto number = Normaliser{}.normalise(written, region);
    return number ? number->phone.e164 : "refused: " + number.error().message;
}

std::string refusal(std::string_view written, std::string_view region = "US") {
    const auto number = Normaliser{}.normalise(written, region);
    return number ? "accepted: " + number->phone.e164 : number.error().message;
}

/// What the library's own parser makes of it; empty where it is no number in use.
std::string by_the_library(const std::string& written, const std::string& region) {
    using i18n::phonenumbers::PhoneNumberUtil;
    const PhoneNumberUtil& library = *PhoneNumberUtil::GetInstance();
    i18n::phonenumbers::PhoneNumber number;
    if (library.Parse(written, region, &number) != PhoneNumberUtil::NO_PARSING_ERROR) return "";
    if (!library.IsValidNumber(number)) return "";
    std::string e164;
    library.Format(number, PhoneNumberUtil::E164, &e164);
    return e164;
}

/// A North American number or nearly one: digits too few or too many, a 0 or 1 in front, any usual sign anywhere.
std::string written_at_random(outdial::Random& random) {
    std::string text;
    if (random.below(3) == 0) text = random.below(8) == 0 ? "+" : "+1";
    if (random.below(8) == 0) text += "1";
    const std::uint64_t digits = random.below(4) == 0 ? 5 + random.below(8) : 10;
    for (std::uint64_t i = 0; i < digits; ++i) {
        if (random.below(4) == 0) text += " -.()"[random.below(5)];
        const bool usual = i == 0 || i == 3;
        text += static_cast<char>('0' + (usual && random.below(8) != 0 ? 2 + random.below(8) : random.below(10)));
    }
    if (random.below(10) == 0) text += " -.()"[random.below(5)];
    return text;
}

}  // namespace

TEST_CASE("what reads North American numbers quickly reads them as the library does") {
    outdial::Random random{20261122};
    int in_use = 0;
    for (int i = 0; i < 8'000; ++i) {
        const std::string written = written_at_random(random);
        if (written.ends_with(".0") || written.ends_with(".0 ")) continue;  // refused before it is read
        for (const std::string region : {"US", "CA", "BS", "DE", "IT"}) {
            CAPTURE(written, region);
            const auto number = Normaliser{}.normalise(written, region);
            const std::string wanted = by_the_library(written, region);
            REQUIRE((number ? number->phone.e164 : "") == wanted);
            in_use += wanted.empty() ? 0 : 1;
        }
    }
    REQUIRE(in_use > 2'000);
}

TEST_CASE("every usual way of writing one number gives the same E.164") {
    for (const char* written : {
             "2125550100",
             "(212) 555-0100",
             "212.555.0100",
             "212 555 0100",
             "[212] 555-0100",
             "1-212-555-0100",
             "+12125550100",
             "+1 (212) 555-0100",
             "  2125550100  ",
             "'2125550100",
             "'+12125550100",
             "tel:212-555-0100",
             "TEL:+1-212-555-0100",
             "011 1 212 555 0100",
             "２１２５５５０１００",      // full-width digits
             "＋１２１２５５５０１００",  // and plus
             "٢١٢٥٥٥٠١٠٠",                // Arabic-Indic digits
             "212\u00A0555\u20110100",    // no-break space and hyphen
             "\xE2\x80\xAD"               // direction marks, as telephone apps copy them
             "212 555 0100"
             "\xE2\x80\xAC",
         }) {
        INFO(written);
        CHECK(e164(written) == "+12125550100");
    }
}

TEST_CASE("the region says how a number without country code is read") {
    CHECK(e164("020 7946 0018", "GB") == "+442079460018");
    CHECK(e164("030 23125 000", "DE") == "+493023125000");
    CHECK(e164("0012125550100", "DE") == "+12125550100");
    CHECK(e164("011 44 20 7946 0018", "US") == "+442079460018");
    CHECK(e164("+442079460018", "") == "+442079460018");
    CHECK(e164("2125550100", "us") == "+12125550100");
    CHECK_THAT(refusal("2125550100", ""), Catch::Contains("no country code"));
    CHECK(refusal("2125550100", "QQ") == "the region is unknown");
    CHECK(refusal("+12125550100", "USA") == "the region is unknown");
}

TEST_CASE("a number read with the wrong region is refused rather than given to a stranger") {
    CHECK_THAT(refusal("4930231250", "US"), Catch::Contains("the region is wrong"));
    CHECK_THAT(refusal("02079460018", "US"), Catch::Contains("too long"));
}

TEST_CASE("the fictional numbers 555-0100 to 555-0199 are accepted") {
    for (const char* area : {"201", "206", "212", "303", "312", "404", "415", "512", "602", "617", "702", "919"}) {
        CHECK(e164(std::string{area} + "5550100") == "+1" + std::string{area} + "5550100");
        CHECK(e164(std::string{area} + "5550199") == "+1" + std::string{area} + "5550199");
    }
}

TEST_CASE("the national part is what follows the country code, leading zeros of Italy and all") {
    const Normaliser normaliser;
    const auto us = normaliser.normalise("212 555 0100", "US");
    REQUIRE(us);
    CHECK(us->phone.national() == "2125550100");
    CHECK(us->phone.digits() == "12125550100");
    CHECK(us->region == "US");
    const auto italy = normaliser.normalise("06 1234 5678", "IT");
    REQUIRE(italy);
    CHECK(italy->phone.e164 == "+390612345678");
    CHECK(italy->phone.national() == "0612345678");
    const auto ireland = normaliser.normalise("+353 1 234 5678", "US");
    REQUIRE(ireland);
    CHECK(ireland->phone.country_code_digits == 3);
    CHECK(ireland->phone.national() == "12345678");
    CHECK(ireland->region == "IE");
    CHECK(normaliser.normalise("+1 416 555 0100", "US")->region == "CA");
    CHECK(normaliser.normalise("+800 1234 5678", "US")->region == "001");
}

TEST_CASE("an extension is refused, however it is written") {
    for (const char* written : {"2125550100 x123", "2125550100x123", "2125550100 ext. 123", "2125550100 extension 5",
                                "2125550100#12", "+12125550100 X1"}) {
        INFO(written);
        CHECK_THAT(refusal(written), Catch::Contains("extension"));
    }
    CHECK_THAT(refusal("2125550100~12"), Catch::Contains("sign"));
    CHECK_THAT(refusal("tel:+12125550100;ext=12"), !Catch::Contains("accepted"));
}

TEST_CASE("letters are refused, be they words around a number or in place of digits") {
    for (const char* written : {"1-800-FLOWERS", "call 2125550100", "2125550100 after 5", "2125550100 oder 2125550101",
                                "n-a", "тел 2125550100", "2125550100 自宅"}) {
        INFO(written);
        CHECK_THAT(refusal(written), Catch::Contains("letters"));
    }
}

TEST_CASE("no sign that means something to Asterisk, a shell or a template passes") {
    for (const char sign : std::string{"&/@,;${}|\"\\<>=%^_~!?*#`:"}) {
        for (const auto& written : {std::string{"2125550100"} + sign, sign + std::string{"2125550100"},
                                    std::string{"212555"} + sign + "0100"}) {
            INFO(written);
            CHECK_FALSE(Normaliser{}.normalise(written, "US"));
        }
    }
    CHECK_THAT(refusal("2125550100&SIP/evil"), Catch::Contains("'"));
    CHECK_THAT(refusal("2125550100/n"), Catch::Contains("'/'"));
    CHECK_THAT(refusal("${EXTEN}"), !Catch::Contains("accepted"));
}

TEST_CASE("control characters and broken UTF-8 are refused") {
    for (int byte = 0; byte < 0x20; ++byte) {
        CHECK_THAT(refusal(std::string{"212555"} + static_cast<char>(byte) + "0100"), Catch::Contains("control"));
    }
    CHECK_THAT(refusal("2125550100\x7F"), Catch::Contains("control"));
    CHECK_THAT(refusal(std::string{"2125550100\0", 11}), Catch::Contains("control"));
    CHECK_THAT(refusal("2125550100\r\nAction: Originate"), Catch::Contains("control"));
    CHECK_THAT(refusal("2125550100\xFF"), Catch::Contains("UTF-8"));
    CHECK_THAT(refusal("2125550100\xC0\xA6"), Catch::Contains("UTF-8"));  // an overlong '&'
}

TEST_CASE("what a spreadsheet made of a number is refused with what to do") {
    CHECK_THAT(refusal("1.21256E+10"), Catch::Contains("format the column as text"));
    CHECK_THAT(refusal("1,2E10"), Catch::Contains("format the column as text"));
    CHECK_THAT(refusal("2125550100.0"), Catch::Contains("format the column as text"));
    CHECK_THAT(refusal("49302312500.0", "DE"), Catch::Contains("format the column as text"));
}

TEST_CASE("what cannot be a number says why") {
    CHECK(refusal("") == "it is empty");
    CHECK(refusal("   ") == "it is empty");
    CHECK(refusal("'") == "it is empty");
    CHECK(refusal(std::string(65, '1')) == "it is too long");
    CHECK(refusal(std::string(10U << 20U, '1')) == "it is too long");
    CHECK_THAT(refusal("5550100"), Catch::Contains("area code"));
    CHECK_THAT(refusal("911"), Catch::Contains("short"));
    CHECK_THAT(refusal("+"), Catch::Contains("not a telephone number"));
    CHECK_THAT(refusal("2125550100 2125550101"), Catch::Contains("long"));
    CHECK_THAT(refusal("1115550100"), Catch::Contains("no number of its country"));
    CHECK_THAT(refusal("+9995550100"), Catch::Contains("country code"));
}

TEST_CASE("an area code newer than the library passes where only the length is checked") {
    CHECK_THAT(refusal("211 555 0100"), Catch::Contains("no number of its country"));
    const auto number = Normaliser{Check::length}.normalise("211 555 0100", "US");
    REQUIRE(number);
    CHECK(number->phone.e164 == "+12115550100");
    CHECK(number->region == "US");
    CHECK_FALSE(Normaliser{Check::length}.normalise("5550100", "US"));
    CHECK_FALSE(Normaliser{Check::length}.normalise("21155501001", "US"));
}

TEST_CASE("digits that a country takes for a prefix give no number of several spellings") {
    for (const char* written : {"0000 129", "000 129"}) {
        const auto number = Normaliser{Check::length}.normalise(written, "DE");
        REQUIRE_FALSE(number);
        CHECK_THAT(number.error().message, Catch::Contains("prefix"));
    }
    // An old spelling, which both ways of checking would take for a number in use.
    for (const Check check : {Check::length, Check::in_use}) {
        CHECK_FALSE(Normaliser{check}.normalise("011225 5 12 5678", "MX"));
        CHECK(Normaliser{check}.normalise("+52 1 55 1234 5678", "")->phone.e164 == "+525512345678");
    }
    CHECK(Normaliser{Check::length}.normalise("02 1234 5678", "IT")->phone.e164 == "+390212345678");
}

TEST_CASE("a region is two letters that have a numbering plan") {
    const Normaliser normaliser;
    for (const char* region : {"US", "us", "GB", "DE", "IT", "JP"}) CHECK(normaliser.known_region(region));
    for (const char* region : {"", "U", "USA", "QQ", "ZZ", "00", "1", "001", "U\n"}) {
        INFO(region);
        CHECK_FALSE(normaliser.known_region(region));
    }
}

TEST_CASE("whatever is written, what comes out is E.164 and stays itself when read again") {
    outdial::Random random{20260101};
    const Normaliser normaliser;
    static constexpr std::array pieces{"0", "1", "2", "5", "55",   "+",        "00",   "011", " ", "-", "(", ")",  ".",
                                       "x", "&", "/", "'", "tel:", "\xC3\xA4", "\xFF", "#",   "*", "9", "7", "212"};
    int accepted = 0;
    for (int round = 0; round < 5000; ++round) {
        std::string written = random.below(2) == 0 ? "" : "212555";
        for (std::uint64_t n = random.below(8); n > 0; --n) written += pieces[random.below(pieces.size())];
        const auto number = normaliser.normalise(written, random.below(2) == 0 ? "US" : "DE");
        if (!number) {
            CHECK_FALSE(number.error().message.empty());
            continue;
        }
        ++accepted;
        INFO(written);
        REQUIRE(outdial::is_e164(number->phone.e164));
        REQUIRE_FALSE(number->phone.national().empty());
        const auto again = normaliser.normalise(number->phone.e164, "");
        REQUIRE(again);
        REQUIRE(again->phone == number->phone);
    }
    CHECK(accepted > 50);
}

TEST_CASE("one normaliser serves several threads at once") {
    const Normaliser normaliser;
    std::atomic<int> wrong{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&normaliser, &wrong, t] {
            for (int i = 0; i < 200; ++i) {
                const std::string last = std::to_string(1000 + t * 200 + i);
                const auto number = normaliser.normalise("(212) 555-" + last, "US");
                if (!number || number->phone.e164 != "+1212555" + last) ++wrong;
            }
        });
    }
    for (auto& thread : threads) thread.join();
    CHECK(wrong == 0);
}

TEST_CASE("UTF-8 is what RFC 3629 says") {
    using outdial::is_utf8;
    CHECK(is_utf8(""));
    CHECK(is_utf8("plain"));
    CHECK(is_utf8("Müller 東京 \xF0\x9F\x93\x9E"));
    CHECK(is_utf8("\xF4\x8F\xBF\xBF"));
    for (const char* bad : {"\xFF", "\xC3", "\xC3(", "\xC0\xA6", "\xE0\x80\xA6", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                            "\x80", "\xF8\x88\x80\x80\x80", "caf\xE9"}) {
        CHECK_FALSE(is_utf8(bad));
    }
}
