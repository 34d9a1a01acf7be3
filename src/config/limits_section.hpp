#pragma once

#include "config/fields.hpp"
#include "core/contact_limits.hpp"

namespace outdial::config {

inline constexpr std::size_t max_limits = 50;  // of a campaign or a pack

/// The kinds of limits, as campaigns and rule packs write them: `{most: 3, within: 24h, per: number}`,
/// `{of: 4h, per: contact}` and `{after: conversation, for: 7d, per: account}`. Each gives the limit a name made of
/// what it says.
[[nodiscard]] std::optional<ContactLimit> read_attempts(const Value& value);
[[nodiscard]] std::optional<ContactLimit> read_gap(const Value& value);
[[nodiscard]] std::optional<ContactLimit> read_cool_off(const Value& value);

/// `limits` of a campaign; empty where it is absent.
[[nodiscard]] std::vector<ContactLimit> read_limits(const Value& limits);

}  // namespace outdial::config
