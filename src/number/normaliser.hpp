#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "core/contact.hpp"

namespace outdial::number {

/// A written number longer than this is refused unread.
inline constexpr std::size_t max_written_bytes = 64;

/// What a number must pass besides being written as one.
enum class Check {
    /// It lies in a range that its country's plan has in use. The usual choice: with the wrong region a number nearly
    /// always falls out of use and is refused, where it would otherwise ring a stranger.
    in_use,
    /// Only its length fits its country's plan. For area codes that are newer than the installed libphonenumber (Debian
    /// 12 has the plans of October 2022).
    length,
};

/// A number and the country or territory whose plan it belongs to: ISO 3166 alpha-2; "001" where it is nobody's
/// (+800), "ZZ" where it cannot be told.
struct Number {
    PhoneNumber phone;
    std::string region;
    bool operator==(const Number&) const = default;
};

/// Turns a number as people write it into E.164.
///
/// Accepted: any digits, also full-width and Arabic ones; spaces, dots, hyphens, parentheses; `tel:` or one apostrophe
/// (a spreadsheet's mark for text) in front; `+`, or the region's own international prefix (00, 011), or the national
/// form.
///
/// Refused, with the reason: extensions, which cannot be dialed; letters, because text around a number ("call 212 555
/// 0100 after 5", "1-800-FLOWERS") would have to be guessed at; any other sign, so `& / @ , ; $ { } | "` above all;
/// what a spreadsheet made of a number (1.2E+10, 2125550100.0); what fails the Check.
///
/// The fictional numbers 555-0100 to 555-0199 of every North American area code in use are in use in this sense, and so
/// are the ones set aside for drama in Britain (020 7946 0000 to 0999).
///
/// Thread-safe: all threads share one. The first one made takes some milliseconds; a parse takes some 30 us.
class Normaliser {
public:
    explicit Normaliser(Check check = Check::in_use);

    /// Whether this is a region whose numbering plan is known, in either case: "US".
    [[nodiscard]] bool known_region(std::string_view region) const;

    /// `region` says how to read a number without country code; empty: such a number is refused.
    [[nodiscard]] Result<Number> normalise(std::string_view written, std::string_view region) const;

private:
    Check check_;
};

}  // namespace outdial::number
