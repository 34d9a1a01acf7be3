#include "config/limits_section.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "config/rules.hpp"
#include "config/suggest.hpp"

namespace outdial::config {

namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::seconds;

constexpr IntegerRange counts{1, 1000};
constexpr DurationRange windows{seconds{1}, days{366}};
constexpr std::size_t max_result_bytes = 64;  // of UserEvent(OutdialResult): the daemon takes no more
// Where the person's clock stands is the calling windows' matter, not the store's that counts. On the day on which
// clocks are set back two calls of one day may be 25 hours apart.
constexpr Milliseconds longest_day = hours{25};

bool is_window(std::string_view text) {
    return text == "day" || text == "ever" || parse_duration(text, windows).has_value();
}
bool is_scope(std::string_view text) {
    return std::ranges::find(all_limit_scopes, text, [](LimitScope scope) { return to_text(scope); }) !=
           all_limit_scopes.end();
}
bool is_call_kind(std::string_view text) { return call_kind_from(text).has_value(); }
bool is_result(std::string_view text) { return only_alphanumeric_or(text, "_-"); }

const TextRule window_rule{32, "a duration from 1s to 366d, such as 24h or 7d, or the word day or ever", is_window};
const TextRule scope_rule{32, "contact, number or account", is_scope};
const TextRule kind_rule{32,
                         "conversation, refusal, abandoned, machine, answered, busy, no_answer, declined, "
                         "invalid_number, canceled or lost (technical outcomes are never counted)",
                         is_call_kind};
const TextRule result_rule{max_result_bytes, "a word of the dialplan's, of letters, digits, _ and -", is_result};

std::optional<LimitScope> read_scope(const Fields& fields) {
    const auto word = fields.required("per").text(scope_rule);
    if (!word) return std::nullopt;
    return *std::ranges::find(all_limit_scopes, *word, [](LimitScope scope) { return to_text(scope); });
}

std::string window_words(std::string_view written) {
    if (written == "ever") return "ever";
    return written == "day" ? "in-a-day" : fmt::format("in-{}", written);
}

}  // namespace

std::optional<ContactLimit> read_attempts(const Value& value) {
    const Fields fields = value.fields({"most", "within", "per", "outcome"});
    const auto most = fields.required("most").integer(counts);
    const auto within = fields.required("within").text(window_rule);
    const auto per = read_scope(fields);
    const Value outcome = fields.optional("outcome");
    const auto kind = outcome.text(kind_rule);
    if (!most || !within || !per || (outcome.present() && !kind)) return std::nullopt;
    ContactLimit limit;
    limit.most = *most;
    if (*within == "day") {
        limit.within = longest_day;
    } else if (*within != "ever") {
        limit.within = *parse_duration(*within, windows);
    }
    limit.per = *per;
    if (kind) limit.counted = *call_kind_from(*kind);
    limit.name =
        fmt::format("{}{}-{}-per-{}", *most, kind ? "-" + *kind : "", window_words(*within), to_text(limit.per));
    return limit;
}

std::optional<ContactLimit> read_gap(const Value& value) {
    const Fields fields = value.fields({"of", "per"});
    const auto within = fields.required("of").duration(windows);
    const auto per = read_scope(fields);
    if (!within || !per) return std::nullopt;
    ContactLimit limit;
    limit.within = within;
    limit.per = *per;
    limit.name = fmt::format("gap-{}-per-{}", to_text(*within), to_text(*per));
    return limit;
}

std::optional<ContactLimit> read_cool_off(const Value& value) {
    const Fields fields = value.fields({"after", "result", "for", "per"});
    const bool both = fields.has("after") && fields.has("result");
    if (both) fields.optional("after").fail("stands beside 'result'; a cool-off is after one of them");
    const auto after =
        fields.has("result") ? fields.optional("result").text(result_rule) : fields.required("after").text(kind_rule);
    const auto within = fields.required("for").duration(windows);
    const auto per = read_scope(fields);
    if (both || !after || !within || !per) return std::nullopt;
    ContactLimit limit;
    limit.within = within;
    limit.per = *per;
    limit.counted = fields.has("result") ? CallKind{{}, {*after}} : *call_kind_from(*after);
    limit.name = fmt::format("{}-after-{}-per-{}", to_text(*within), *after, to_text(*per));
    return limit;
}

std::vector<ContactLimit> read_limits(const Value& limits) {
    std::vector<ContactLimit> result;
    for (const Value& item : limits.items(max_limits)) {
        const Fields fields = item.fields({"attempts", "gap", "cool_off"});
        if (!fields.is_map()) continue;
        const int kinds = static_cast<int>(fields.has("attempts")) + static_cast<int>(fields.has("gap")) +
                          static_cast<int>(fields.has("cool_off"));
        if (kinds != 1) {
            item.fail("must be one limit: {attempts: ...}, {gap: ...} or {cool_off: ...}");
            continue;
        }
        auto limit = fields.has("attempts") ? read_attempts(fields.optional("attempts"))
                     : fields.has("gap")    ? read_gap(fields.optional("gap"))
                                            : read_cool_off(fields.optional("cool_off"));
        if (!limit) continue;  // which has been reported
        if (std::ranges::find(result, limit->name, &ContactLimit::name) != result.end()) {
            item.fail("says what another entry says; remove it");
        }
        result.push_back(std::move(*limit));
    }
    return result;
}

}  // namespace outdial::config
