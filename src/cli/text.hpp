#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace outdial::cli {

/// 1234567 -> 1,234,567
[[nodiscard]] std::string grouped(std::int64_t number);
/// "1 contact", "2,000 contacts"
[[nodiscard]] std::string counted(std::int64_t number, std::string_view one, std::string_view many);
/// 0.4567 -> 45.7 %
[[nodiscard]] std::string percent(double share);
/// 20 -> 20, 0.5 -> 0.5
[[nodiscard]] std::string rate(double per_second);
/// The two largest units: 4.2 s, 45 s, 3 min 12 s, 2 h 5 min, 4 d 3 h.
[[nodiscard]] std::string duration(std::int64_t milliseconds);
/// [#######-----]; `share` from 0 to 1, `width` with the brackets.
[[nodiscard]] std::string bar(double share, int width);

/// Columns that the text takes on a terminal.
[[nodiscard]] int display_width(std::string_view text);

/// A CSV field (RFC 4180). A text that a spreadsheet would take for a formula gets an apostrophe in front.
[[nodiscard]] std::string csv_field(std::string_view text);

}  // namespace outdial::cli
