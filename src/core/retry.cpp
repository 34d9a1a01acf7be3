#include "core/retry.hpp"

#include "base/check.hpp"

namespace outdial {

namespace {

NextStep done(std::string_view reason, bool charged) {
    return {
        .kind = NextStep::Kind::done, .due_at = {}, .position = 0, .reason = std::string{reason}, .charged = charged};
}

NextStep again(const EndedAttempt& ended, Milliseconds after, int position, bool charged) {
    return {.kind = NextStep::Kind::retry,
            .due_at = ended.at + after,
            .position = position,
            .reason = std::string{to_text(ended.disposition)},
            .charged = charged};
}

bool is_invalid(std::uint32_t invalid_positions, int position) { return ((invalid_positions >> position) & 1U) != 0; }

// The next number in order, from the first again after the last, passing over invalid ones; nothing when none is left.
std::optional<int> next_position(const EndedAttempt& ended, std::uint32_t invalid_positions) {
    for (int step = 1; step <= ended.numbers; ++step) {
        const int position = (ended.position + step) % ended.numbers;
        if (!is_invalid(invalid_positions, position)) return position;
    }
    return std::nullopt;
}

bool is_charged(const EndedAttempt& ended) {
    if (ended.may_have_rung) return true;
    return !is_technical(ended.disposition) && ended.disposition != Disposition::canceled;
}

int technical_outcomes(const AttemptHistory& history) {
    int total = 0;
    for (Disposition disposition : all_dispositions) {
        if (is_technical(disposition)) total += history.count(disposition);
    }
    return total;
}

// A person's outcome, by its own rule: retried so many times after outcomes of this kind, and no more.
NextStep by_person_rule(const RetryRules& rules, const EndedAttempt& ended, bool charged) {
    const auto rule = rules.person.find(ended.disposition);
    if (rule == rules.person.end()) return done(to_text(ended.disposition), charged);
    if (ended.history.count(ended.disposition) >= rule->second.times) return done("outcome_limit", charged);
    // Whoever talks on the telephone can be reached on it soon; any other outcome tries the next number.
    const bool same_number = ended.disposition == Disposition::busy;
    const int position =
        same_number ? ended.position : next_position(ended, ended.history.invalid_positions).value_or(ended.position);
    return again(ended, rule->second.after, position, charged);
}

NextStep by_technical_rule(const RetryRules& rules, const EndedAttempt& ended, bool charged) {
    if (technical_outcomes(ended.history) >= rules.technical.times) return done("technical_limit", charged);
    return again(ended, rules.technical.after, ended.position, charged);
}

NextStep after_cancel(const RetryRules& rules, const EndedAttempt& ended, bool charged) {
    if (!ended.originated) return again(ended, unsent_retry_after, ended.position, charged);
    // The claim finds that nobody may be called, or until when: no reason to have the contact wait for that.
    if (ended.forbidden && ended.numbers == 1) return again(ended, Milliseconds{0}, ended.position, charged);
    if (!charged) return again(ended, rules.technical.after, ended.position, charged);
    const auto rule = rules.person.find(Disposition::no_answer);  // it rang and nobody had answered yet
    return again(ended, rule == rules.person.end() ? rules.lost_after : rule->second.after, ended.position, charged);
}

NextStep after_invalid_number(const EndedAttempt& ended, bool charged) {
    const std::uint32_t invalid = ended.history.invalid_positions | (1U << ended.position);
    const auto position = next_position(ended, invalid);
    if (!position) return done("no_valid_number", charged);
    return again(ended, Milliseconds{0}, *position, charged);
}

NextStep by_outcome(const RetryRules& rules, const EndedAttempt& ended, bool charged) {
    switch (ended.disposition) {
        case Disposition::answered: return done("reached", charged);
        case Disposition::busy:
        case Disposition::no_answer:
        case Disposition::declined:
        case Disposition::machine:
        case Disposition::abandoned: return by_person_rule(rules, ended, charged);
        case Disposition::rejected:
        case Disposition::congestion:
        case Disposition::unreachable:
        case Disposition::failed: return by_technical_rule(rules, ended, charged);
        case Disposition::invalid_number: return after_invalid_number(ended, charged);
        case Disposition::canceled: return after_cancel(rules, ended, charged);
        case Disposition::lost: return again(ended, rules.lost_after, ended.position, charged);
    }
    OUTDIAL_UNREACHABLE();
}

}  // namespace

NextStep next_step(const RetryRules& rules, const EndedAttempt& ended) {
    OUTDIAL_CHECK(ended.numbers > 0 && ended.numbers <= max_numbers_per_contact && ended.position < ended.numbers);
    const bool charged = is_charged(ended);
    if (ended.result == opted_out) return done("dnc", charged);
    if (ended.callback_at) {
        return {.kind = NextStep::Kind::retry,
                .due_at = std::max(*ended.callback_at, ended.at),
                .position = ended.position,
                .reason = "callback",
                .charged = charged,
                .callback = true};
    }
    NextStep next = by_outcome(rules, ended, charged);
    const int spent = ended.history.charged + (charged ? 1 : 0);
    if (next.kind == NextStep::Kind::retry && spent >= rules.max_attempts) return done("max_attempts", charged);
    return next;
}

}  // namespace outdial
