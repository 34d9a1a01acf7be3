// Whom nobody may call: numbers on lists. One's own lists hold those who asked; copies of public registers grow old.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/time.hpp"

namespace outdial {

/// The list of every campaign, whatever its file says. Always there.
inline constexpr std::string_view global_do_not_call_list = "global";

/// A list that a campaign keeps to, beside the global one.
struct DoNotCallChoice {
    std::string list;
    std::optional<Milliseconds> max_age;  // of a copy; one without a date, or older, stops the campaign
    bool operator==(const DoNotCallChoice&) const = default;
};

/// A number on a list.
struct DoNotCallNumber {
    std::string e164;
    std::optional<UtcTime> expires_at;  // from then on it may be called; nothing: never
    std::string source;                 // who or what put it there: "operator", "caller", "import"
    std::string reason;                 // may be empty
};

/// Of a person who asked for it in a call.
[[nodiscard]] inline DoNotCallNumber opt_out_of(std::string e164) {
    return {.e164 = std::move(e164), .expires_at = {}, .source = "caller", .reason = "asked for it in the call"};
}

/// What the dialplan says of a call in which the person asked not to be called again: UserEvent(OutdialResult,
/// Disposition: dnc).
inline constexpr std::string_view opted_out = "dnc";

inline constexpr std::size_t max_do_not_call_text_bytes = 200;  // source and reason

}  // namespace outdial
