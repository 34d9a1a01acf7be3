#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"

namespace outdial::config {

struct IntegerRange {
    std::int64_t min;
    std::int64_t max;
};
struct DecimalRange {
    double min;
    double max;
};
struct DurationRange {
    Milliseconds min;
    Milliseconds max;
};

/// Our own readings of a scalar, since yaml-cpp takes `010` for 8 and `.nan` for a number. Errors say what is allowed,
/// without naming the key: "must be a whole number from 1 to 65535".

/// Decimal digits with an optional minus sign; no plus sign, leading zero, underscore, hexadecimal or octal.
[[nodiscard]] Result<std::int64_t> parse_integer(std::string_view text, IntegerRange range);
/// Digits with at most six behind an optional point; no sign, exponent or leading zero.
[[nodiscard]] Result<double> parse_decimal(std::string_view text, DecimalRange range);
/// Whole number and unit: 30s 10m 2h 1d.
[[nodiscard]] Result<Milliseconds> parse_duration(std::string_view text, DurationRange range);
/// In the largest unit that divides it: 90s, 2m, 1d.
[[nodiscard]] std::string to_text(Milliseconds duration);

/// What YAML 1.1 or 1.2 readers take for a number or a boolean when it stands without quotes: 123, 0x1F, 1_000, .inf,
/// true, yes, off. Where text is meant, such a word must be quoted, or another program reads the file differently.
[[nodiscard]] bool looks_like_number(std::string_view text);
[[nodiscard]] bool looks_like_boolean(std::string_view text);

}  // namespace outdial::config
