// Any text for a number, in its first line a region, which may be nonsense. What is accepted is E.164 and stays itself
// when it is normalised again; what is refused is refused in a sentence that does not hold the number.
#include <string>

#include "fuzz/fuzz.hpp"
#include "number/normaliser.hpp"

namespace {

using namespace outdial;
using number::Check;
using number::Normaliser;
using number::Number;

// Takes a text off the way that reads North American numbers without the library; the library skips it at the end.
constexpr std::string_view no_break_space = "\xC2\xA0";

const Normaliser& normaliser(Check check) {
    static const Normaliser in_use{Check::in_use};
    static const Normaliser length{Check::length};
    return check == Check::in_use ? in_use : length;
}

void check_accepted(const Number& accepted, std::string_view region, Check check) {
    const PhoneNumber& phone = accepted.phone;
    OUTDIAL_CHECK(is_e164(phone.e164));
    OUTDIAL_CHECK(phone.country_code_digits >= 1 && phone.country_code_digits <= 3);
    OUTDIAL_CHECK(!phone.national().empty() && phone.digits().size() + 1 == phone.e164.size());
    OUTDIAL_CHECK(accepted.region.size() == 2 || accepted.region == "001");
    // The region only says how a number without a country code is read.
    const auto again = normaliser(check).normalise(phone.e164, region);
    OUTDIAL_CHECK(again && *again == accepted);
    const auto anywhere = normaliser(check).normalise(phone.e164, "");
    OUTDIAL_CHECK(anywhere && anywhere->phone == phone);
}

void check_refused(const std::string& reason) {
    OUTDIAL_CHECK(!reason.empty() && reason.find_first_of("\r\n") == std::string::npos);
    // Sentences have numbers of their own, such as 15 or 1.2E+10, and none of them so long.
    constexpr std::size_t telling_digits = 4;
    std::size_t digits = 0;
    for (const char c : reason) {
        digits = c >= '0' && c <= '9' ? digits + 1 : 0;
        OUTDIAL_CHECK(digits < telling_digits);
    }
}

// Both ways of reading a number, Outdial's own for North America and the library's, come to the same.
void check_both_ways(const Result<Number>& result, std::string_view written, std::string_view region, Check check) {
    if (written.ends_with(".0") || written.size() + no_break_space.size() > number::max_written_bytes) return;
    const auto by_library = normaliser(check).normalise(std::string{written}.append(no_break_space), region);
    OUTDIAL_CHECK(result.has_value() == by_library.has_value());
    OUTDIAL_CHECK(!result || *result == *by_library);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Bytes bytes{fuzz::text_of(data, size)};
    const std::string_view region = bytes.line();
    const std::string_view written = bytes.line();
    const Check check = bytes.used_up() ? Check::in_use : Check::length;
    const auto result = normaliser(check).normalise(written, region);
    if (result) {
        check_accepted(*result, region, check);
        check_both_ways(result, written, region, check);
    } else {
        check_refused(result.error().message);
    }
    // What is in use has a possible length.
    if (result && check == Check::in_use) {
        const auto by_length = normaliser(Check::length).normalise(written, region);
        OUTDIAL_CHECK(by_length && *by_length == *result);
    }
    return 0;
}
