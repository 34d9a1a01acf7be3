#pragma once

#include <string_view>

#include "config/fields.hpp"

// What texts and numbers of the two kinds of files must look like; each limit has its reason in docs/configuration.md
// and docs/campaigns.md, and its counterpart in schema/*.schema.json.
namespace outdial::config {

inline constexpr int max_channels = 100'000;
inline constexpr DecimalRange originate_rate{0.01, 10'000};
inline constexpr IntegerRange channel_count{1, max_channels};

/// `[a-z0-9][a-z0-9_-]{0,62}`: campaigns, lists, servers, trunks. Lower case, so that no two differ by case alone, and
/// safe in file names, SQL text output and URLs.
[[nodiscard]] bool is_name(std::string_view text);
extern const TextRule name_rule;
/// +18001234567 in quotes.
extern const TextRule e164_rule;
/// A path of the file system.
extern const TextRule path_rule;

/// A name that the user chose as a key of a map; reports what is wrong with it.
[[nodiscard]] bool check_name(const NamedValue& named, std::string_view what, Problems& problems);

/// Every character is a letter, a digit, or one of `others`.
[[nodiscard]] bool only_alphanumeric_or(std::string_view text, std::string_view others);

/// The longest text that the template, which may hold number placeholders only, can become: E.164 has 15 digits at
/// most.
[[nodiscard]] std::size_t longest_rendering(const Template& number_template);

/// The text with number placeholders replaced by 0, for checks of what remains.
[[nodiscard]] std::string rendered_sample(const Template& number_template);

}  // namespace outdial::config
