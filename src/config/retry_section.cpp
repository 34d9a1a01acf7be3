#include "config/retry_section.hpp"

#include <fmt/core.h>

#include <array>

namespace outdial::config {

namespace {

constexpr IntegerRange attempts{1, 100};
constexpr DurationRange delays{std::chrono::seconds{1}, std::chrono::days{30}};

constexpr std::array person_outcomes{Disposition::busy, Disposition::no_answer, Disposition::declined,
                                     Disposition::machine, Disposition::abandoned};

constexpr std::string_view is_technical_outcome =
    "this is a technical outcome; its rule is 'technical', for rejected, congestion, unreachable and failed together";

RetryRule read_rule(const Value& value) {
    const Fields fields = value.fields({"after", "times"});
    RetryRule rule;
    rule.after = fields.required("after").duration(delays).value_or(rule.after);
    rule.times = fields.required("times").integer(attempts).value_or(rule.times);
    return rule;
}

}  // namespace

RetryRules read_retry(const Value& retry, Problems& problems) {
    RetryRules rules;
    if (!retry.present()) return rules;
    const Fields fields = retry.fields(
        {"max_attempts", "busy", "no_answer", "declined", "machine", "abandoned", "technical", "lost"},
        {{"answered", "a person who was reached is not called again, so it has no rule; remove the key"},
         {"invalid_number",
          "the next number is dialed at once and this one never again, so it has no rule; remove the key"},
         {"canceled",
          "it is retried by the rules 'technical' (before it rang) and 'no_answer' (after); remove the key"},
         {"rejected", is_technical_outcome},
         {"congestion", is_technical_outcome},
         {"unreachable", is_technical_outcome},
         {"failed", is_technical_outcome}});
    rules.max_attempts = fields.required("max_attempts").integer(attempts).value_or(rules.max_attempts);
    for (Disposition outcome : person_outcomes) {
        const Value value = fields.optional(outdial::to_text(outcome));
        if (!value.present()) continue;
        rules.person[outcome] = read_rule(value);
        if (rules.max_attempts == 1) {
            problems.warn(value.at(), fmt::format("{} has no effect while 'max_attempts' is 1", value.label()));
        }
    }
    if (const Value technical = fields.optional("technical"); technical.present()) {
        rules.technical = read_rule(technical);
    }
    if (const Value lost = fields.optional("lost"); lost.present()) {
        rules.lost_after = lost.fields({"after"}).required("after").duration(delays).value_or(rules.lost_after);
    }
    return rules;
}

}  // namespace outdial::config
