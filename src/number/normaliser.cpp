#include "number/normaliser.hpp"

#include <phonenumbers/logger.h>
#include <phonenumbers/phonenumber.pb.h>
#include <phonenumbers/phonenumberutil.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <mutex>
#include <optional>

#include "base/check.hpp"
#include "base/utf8.hpp"

namespace outdial::number {
namespace {

namespace lib = i18n::phonenumbers;

constexpr std::string_view unknown_region = "ZZ";

const lib::PhoneNumberUtil& library() {
    static std::once_flag once;
    std::call_once(once, [] {
        // Its logger writes to stdout, where the program's answers go, and would name people's numbers there.
        lib::PhoneNumberUtil::GetInstance()->SetLogger(new lib::NullLogger);
    });
    return *lib::PhoneNumberUtil::GetInstance();
}

std::string upper_region(std::string_view region) {
    if (region.empty()) return std::string{unknown_region};
    std::string upper{region};
    std::ranges::transform(upper, upper.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return upper;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// Digits and signs outside ASCII that numbers are written with; libphonenumber reads them all. Letters are not among
/// them, and the library would skip them instead of refusing.
bool is_foreign_digit_or_sign(char32_t c) {
    struct Range {
        char32_t first, last;
    };
    static constexpr std::array ranges{
        Range{0x00A0, 0x00A0},  // no-break space
        Range{0x00AD, 0x00AD},  // soft hyphen
        Range{0x0660, 0x0669},  // Arabic-Indic digits
        Range{0x06F0, 0x06F9},  // Persian digits
        Range{0x0966, 0x096F},  // Devanagari digits
        Range{0x2000, 0x200B},  // spaces
        Range{0x200E, 0x200F},  // direction marks, which telephone apps copy along
        Range{0x2010, 0x2015},  // hyphens and dashes
        Range{0x202A, 0x202F},  // direction marks, narrow space
        Range{0x2060, 0x2060},  // word joiner
        Range{0x2066, 0x2069},  // direction marks
        Range{0x2212, 0x2212},  // minus
        Range{0x3000, 0x3000},  // ideographic space
        Range{0xFF08, 0xFF0B},  // full-width parentheses and plus, with an asterisk between that is taken out below
        Range{0xFF0D, 0xFF0E},  // full-width hyphen and dot
        Range{0xFF10, 0xFF19},  // full-width digits
    };
    if (c == 0xFF0A) return false;
    return std::ranges::any_of(ranges, [c](Range range) { return c >= range.first && c <= range.last; });
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    return text;
}

std::string_view without_prefix(std::string_view text) {
    if (text.starts_with('\'')) text.remove_prefix(1);
    constexpr std::string_view scheme = "tel:";
    const auto same = [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; };
    if (text.size() > scheme.size() && std::ranges::equal(text.substr(0, scheme.size()), scheme, same)) {
        text.remove_prefix(scheme.size());
    }
    return trimmed(text);
}

/// 1.21256E+10: the digits after the sixth are gone.
bool is_scientific(std::string_view text) {
    const auto e = text.find_first_of("eE");
    return e != std::string_view::npos && e > 0 && text.find_first_not_of("0123456789.,") == e && e + 1 < text.size() &&
           text.find_first_not_of("0123456789+-", e + 1) == std::string_view::npos;
}

/// "x12", "ext. 12", "#12" after a number, whatever the rest.
bool has_extension(std::string_view text) {
    const auto sign = text.find_first_of("xX#");
    return sign != std::string_view::npos && sign > 0 &&
           std::count_if(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(sign), is_digit) >= 5;
}

/// Why this is not a number as people write them; nothing where it may be one.
std::optional<std::string> bad_writing(std::string_view text) {
    if (text.empty()) return "it is empty";
    bool letters = false;
    char sign = 0;
    for (std::string_view rest = text; !rest.empty();) {
        const auto c = take_code_point(rest);
        if (!c) return "it is not valid UTF-8";
        if (*c < 0x20 || *c == 0x7F) return "it holds a control character";
        if (*c >= 0x80) {
            if (!is_foreign_digit_or_sign(*c)) letters = true;
            continue;
        }
        const char ascii = static_cast<char>(*c);
        if (is_letter(ascii)) {
            letters = true;
        } else if (!is_digit(ascii) && std::string_view{"+ -.()[]"}.find(ascii) == std::string_view::npos) {
            sign = ascii;
        }
    }
    if (is_scientific(text)) {
        return "a spreadsheet rounded it (such as 1.2E+10): format the column as text and export again";
    }
    if (has_extension(text)) return "it has an extension, which cannot be dialed: leave the extension out";
    if (sign != 0) return std::string{"it holds the sign '"} + sign + "', which no number to be dialed has";
    if (letters) return "it holds letters: write the number alone, in digits";
    // "21255501000" would be another number.
    if (text.ends_with(".0")) return "a spreadsheet wrote it as a decimal (.0): format the column as text";
    return std::nullopt;
}

std::string parse_failure(lib::PhoneNumberUtil::ErrorType error, bool region_given) {
    switch (error) {
        case lib::PhoneNumberUtil::INVALID_COUNTRY_CODE_ERROR:
            return region_given ? "its country code does not exist"
                                : "it has no country code: write it with one (+1 ...) or say which region the numbers "
                                  "are written for";
        case lib::PhoneNumberUtil::NOT_A_NUMBER: return "it is not a telephone number";
        case lib::PhoneNumberUtil::TOO_SHORT_AFTER_IDD:
        case lib::PhoneNumberUtil::TOO_SHORT_NSN: return "it is too short";
        case lib::PhoneNumberUtil::TOO_LONG_NSN: return "it is too long";
        case lib::PhoneNumberUtil::NO_PARSING_ERROR: break;
    }
    OUTDIAL_CHECK(!"a parse that failed has an error");
    return {};
}

/// The reason that a number is not possible, by its length alone; nothing where it is.
std::optional<std::string> bad_length(const lib::PhoneNumber& number) {
    switch (library().IsPossibleNumberWithReason(number)) {
        case lib::PhoneNumberUtil::IS_POSSIBLE: return std::nullopt;
        case lib::PhoneNumberUtil::IS_POSSIBLE_LOCAL_ONLY: return "it lacks its area code";
        case lib::PhoneNumberUtil::INVALID_COUNTRY_CODE: return "its country code does not exist";
        case lib::PhoneNumberUtil::TOO_SHORT: return "it is too short for its country";
        case lib::PhoneNumberUtil::INVALID_LENGTH: return "no number of its country has this length";
        case lib::PhoneNumberUtil::TOO_LONG: return "it is too long for its country";
    }
    return "it is not possible";
}

/// North American numbers in their usual writings, (212) 555-0100 or +1 212 555 0100, read without the library's
/// parser, whose expressions take most of an import's time. Nothing for any other text; what it does read, the parser
/// would read the same: ten digits of which the first is neither 0 nor 1 hold no prefix that could be taken off.
std::optional<lib::PhoneNumber> read_north_american(std::string_view text, std::string_view region) {
    constexpr int country_code = 1;
    constexpr std::size_t national_digits = 10;
    const bool international = text.starts_with("+1");
    if (international) {
        text.remove_prefix(2);
    } else if (region != "US" && region != "CA") {
        return std::nullopt;
    }
    std::uint64_t national = 0;
    std::size_t digits = 0;
    for (const char c : text) {
        if (is_digit(c)) {
            if (digits == 0 && c < '2') return std::nullopt;
            if (++digits > national_digits) return std::nullopt;
            national = national * 10 + static_cast<std::uint64_t>(c - '0');
        } else if (std::string_view{" -.()"}.find(c) == std::string_view::npos) {
            return std::nullopt;
        }
    }
    if (digits != national_digits) return std::nullopt;
    lib::PhoneNumber number;
    number.set_country_code(country_code);
    number.set_national_number(national);
    return number;
}

/// The number's own region where it is in use, or empty. The list's region is asked first: it is nearly always the
/// answer, and spares the search through all regions that share a country code.
std::string region_in_use(const lib::PhoneNumber& number, const std::string& likely) {
    if (likely != unknown_region && library().IsValidNumberForRegion(number, likely)) return likely;
    std::string region;
    library().GetRegionCodeForNumber(number, &region);
    return region != unknown_region && library().IsValidNumberForRegion(number, region) ? region : std::string{};
}

/// Whether the number's E.164 is read as the same number. Not so where it begins with digits that its country takes for
/// a prefix, such as +49 00 0129 and +52 1 225 512 5678: each reading would take off one more, and the same person have
/// several numbers.
bool stays_itself(const lib::PhoneNumber& number, const std::string& e164) {
    lib::PhoneNumber again;
    std::string e164_again;
    if (library().Parse(e164, std::string{unknown_region}, &again) != lib::PhoneNumberUtil::NO_PARSING_ERROR)
        return false;
    library().Format(again, lib::PhoneNumberUtil::E164, &e164_again);
    return again.country_code() == number.country_code() && e164_again == e164;
}

}  // namespace

Normaliser::Normaliser(Check check) : check_{check} {
    library();  // now rather than in the first call
}

bool Normaliser::known_region(std::string_view region) const {
    if (region.size() != 2 || !std::ranges::all_of(region, is_letter)) return false;
    return library().GetCountryCodeForRegion(upper_region(region)) > 0;
}

Result<Number> Normaliser::normalise(std::string_view written, std::string_view region) const {
    if (written.size() > max_written_bytes) return fail("it is too long");
    const std::string_view text = without_prefix(trimmed(written));
    if (auto reason = bad_writing(text)) return fail(std::move(*reason));
    if (!region.empty() && !known_region(region)) return fail("the region is unknown");

    const std::string read_as = upper_region(region);
    lib::PhoneNumber parsed;
    const auto north_american = read_north_american(text, read_as);
    if (north_american) {
        parsed = *north_american;
    } else {
        const auto error = library().Parse(std::string{text}, read_as, &parsed);
        if (error != lib::PhoneNumberUtil::NO_PARSING_ERROR) return fail(parse_failure(error, !region.empty()));
    }
    if (parsed.has_extension()) return fail("it has an extension, which cannot be dialed: leave the extension out");

    Number number;
    library().Format(parsed, lib::PhoneNumberUtil::E164, &number.phone.e164);
    number.region = region_in_use(parsed, read_as);
    if (number.region.empty()) {
        if (auto reason = bad_length(parsed)) return fail(std::move(*reason));
        if (check_ == Check::in_use) return fail("no number of its country begins so, or the region is wrong");
        library().GetRegionCodeForCountryCode(parsed.country_code(), &number.region);
    }
    if (!north_american && !stays_itself(parsed, number.phone.e164)) {
        return fail("it begins with digits that its country takes for a prefix: write it without them");
    }
    number.phone.country_code_digits = static_cast<int>(std::to_string(parsed.country_code()).size());
    if (!is_e164(number.phone.e164)) return fail("it is not a number of 3 to 15 digits");
    return number;
}

}  // namespace outdial::number
