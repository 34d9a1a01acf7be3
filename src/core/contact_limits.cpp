#include "core/contact_limits.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace outdial {

namespace {

using std::chrono::hours;

// A day begins first at UTC+14 (Kiribati), and is over last at UTC-12.
constexpr Milliseconds earliest_zone = hours{14};
constexpr Milliseconds latest_zone = hours{12};

UtcTime midnight(LocalDate date) { return UtcTime{Milliseconds{date.time_since_epoch()}}; }

}  // namespace

std::string_view to_text(LimitScope scope) {
    switch (scope) {
        case LimitScope::contact: return "contact";
        case LimitScope::number: return "number";
        case LimitScope::account: return "account";
    }
    OUTDIAL_UNREACHABLE();
}

std::optional<CallKind> call_kind_from(std::string_view word) {
    if (word == "conversation") return CallKind{{Disposition::answered, Disposition::lost}, {}};
    if (word == "refusal") return CallKind{{Disposition::lost}, {"refusal", "dnc"}};
    if (word == "abandoned") return CallKind{{Disposition::abandoned, Disposition::lost}, {}};
    if (word == "machine") return CallKind{{Disposition::machine, Disposition::lost}, {}};
    const auto disposition = disposition_from(word);
    if (!disposition || is_technical(*disposition)) return std::nullopt;
    return CallKind{{*disposition}, {}};
}

bool is_of(const CallKind& kind, Disposition outcome, std::string_view result) {
    if (kind.outcomes.empty() && kind.results.empty()) return true;
    return std::ranges::find(kind.outcomes, outcome) != kind.outcomes.end() ||
           std::ranges::find(kind.results, result) != kind.results.end();
}

bool in_force(const ContactLimit& limit, UtcTime at) {
    if (limit.in_force_from && at < midnight(*limit.in_force_from) - earliest_zone) return false;
    if (!limit.in_force_through) return true;
    return at < midnight(*limit.in_force_through + std::chrono::days{1}) + latest_zone;
}

bool same(const SharedContactLimits& a, const SharedContactLimits& b) { return a == b || (a && b && *a == *b); }

std::string_view account_of(const Contact& contact) {
    const auto found = std::ranges::find(contact.attributes, account_attribute, &Attributes::value_type::first);
    return found == contact.attributes.end() ? std::string_view{} : std::string_view{found->second};
}

}  // namespace outdial
