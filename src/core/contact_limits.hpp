// How often people may be called, by all campaigns together.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "core/calling_hours.hpp"
#include "core/contact.hpp"
#include "core/disposition.hpp"

namespace outdial {

/// Whose calls are counted: those of the person, of the number (whoever's it is), or of everybody of the account.
enum class LimitScope : std::uint8_t { contact, number, account };
inline constexpr std::array all_limit_scopes{LimitScope::contact, LimitScope::number, LimitScope::account};
[[nodiscard]] std::string_view to_text(LimitScope scope);

/// Which calls are counted. Without outcomes and results: all of them.
struct CallKind {
    std::vector<Disposition> outcomes;
    std::vector<std::string> results;  // of the dialplan, whatever the outcome
    bool operator==(const CallKind&) const = default;
};

/// What a call was, by a word of a rule: conversation, refusal, abandoned, machine, or the disposition of that name.
/// `lost` counts as each of the first four: nobody can tell that it was not. Nothing for another word, and for
/// dispositions that only calls have which did not ring.
[[nodiscard]] std::optional<CallKind> call_kind_from(std::string_view word);
[[nodiscard]] bool is_of(const CallKind& kind, Disposition outcome, std::string_view result);

/// No call while there are `most` calls of the kind that ended less than `within` ago. Three in a day, four hours
/// between any two (one within 4 h), and a week of rest after a conversation (one conversation within 7 days) are the
/// same rule.
///
/// A call counts from its claim on, whatever will become of it, and then for good, unless it did not ring: a technical
/// failure, or a claim that never left. It is counted from its end, the latest instant at which it can have rung: so no
/// window, wherever it begins, holds more.
struct ContactLimit {
    std::string name;                  // "3-in-24h-per-number", "us-states/fl-three-in-24-hours"
    std::vector<std::string> regions;  // concerns() says who is meant
    LimitScope per = LimitScope::number;
    CallKind counted;
    int most = 1;
    std::optional<Milliseconds> within;  // nothing: ever
    std::optional<LocalDate> in_force_from;
    std::optional<LocalDate> in_force_through;  // that day included
    bool operator==(const ContactLimit&) const = default;
};

/// Whether it is a day of the rule's anywhere on earth: its dates are of wherever the called person is.
[[nodiscard]] bool in_force(const ContactLimit& limit, UtcTime at);

/// Shared by whoever still works by them while a reload brings new ones. Nothing: no limits.
using SharedContactLimits = std::shared_ptr<const std::vector<ContactLimit>>;
[[nodiscard]] bool same(const SharedContactLimits& a, const SharedContactLimits& b);

/// The attribute of a contact that names its account: all contacts with the same word there, in whatever list, are of
/// one account.
inline constexpr std::string_view account_attribute = "account";
/// Empty for a contact without one: it is an account by itself.
[[nodiscard]] std::string_view account_of(const Contact& contact);

}  // namespace outdial
