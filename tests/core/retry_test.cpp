#include "core/retry.hpp"

#include <catch2/catch.hpp>

#include "base/random.hpp"

using namespace outdial;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

constexpr UtcTime noon = from_unix_ms(1'800'000'000'000);

RetryRules rules() {
    RetryRules rules;
    rules.max_attempts = 10;
    rules.person[Disposition::busy] = {minutes{10}, 3};
    rules.person[Disposition::no_answer] = {hours{2}, 4};
    rules.person[Disposition::declined] = {hours{3}, 2};
    rules.person[Disposition::machine] = {hours{4}, 2};
    rules.person[Disposition::abandoned] = {hours{72}, 2};
    rules.technical = {minutes{1}, 5};
    rules.lost_after = hours{24};
    return rules;
}

EndedAttempt ended(Disposition disposition, int numbers = 3, int position = 0) {
    return {.disposition = disposition,
            .originated = true,
            .may_have_rung = false,
            .result = {},
            .position = position,
            .numbers = numbers,
            .history = {},
            .at = noon};
}

void check_retry(const NextStep& next, Milliseconds after, int position, bool charged) {
    CHECK(next.kind == NextStep::Kind::retry);
    CHECK(next.due_at == noon + after);
    CHECK(next.position == position);
    CHECK(next.charged == charged);
}

void check_done(const NextStep& next, const std::string& reason) {
    CHECK(next.kind == NextStep::Kind::done);
    CHECK(next.reason == reason);
}

}  // namespace

TEST_CASE("who chose a time is called back then, once more than the attempts allow, unless they object") {
    RetryRules once = rules();
    once.max_attempts = 1;
    EndedAttempt call = ended(Disposition::answered, 3, 2);
    call.callback_at = noon + hours{5};
    const NextStep next = next_step(once, call);
    check_retry(next, hours{5}, 2, true);
    CHECK(next.callback);
    CHECK(next.reason == "callback");
    call.callback_at = noon - hours{1};
    check_retry(next_step(once, call), Milliseconds{0}, 2, true);
    call.result = opted_out;
    CHECK(next_step(once, call).kind == NextStep::Kind::done);
    CHECK(next_step(once, call).reason == "dnc");
}

TEST_CASE("an answered contact is done: reached") {
    check_done(next_step(rules(), ended(Disposition::answered)), "reached");
}

TEST_CASE("busy rings the same number again, every other person's outcome the next number") {
    check_retry(next_step(rules(), ended(Disposition::busy, 3, 1)), minutes{10}, 1, true);
    check_retry(next_step(rules(), ended(Disposition::no_answer, 3, 1)), hours{2}, 2, true);
    check_retry(next_step(rules(), ended(Disposition::declined, 3, 2)), hours{3}, 0, true);
    check_retry(next_step(rules(), ended(Disposition::machine, 3, 0)), hours{4}, 1, true);
    check_retry(next_step(rules(), ended(Disposition::abandoned, 3, 0)), hours{72}, 1, true);
    check_retry(next_step(rules(), ended(Disposition::no_answer, 1)), hours{2}, 0, true);
}

TEST_CASE("what is waited for is said by its word") {
    CHECK(next_step(rules(), ended(Disposition::busy)).reason == "busy");
    CHECK(next_step(rules(), ended(Disposition::congestion)).reason == "congestion");
}

TEST_CASE("an outcome without a rule ends the contact") {
    RetryRules none = rules();
    none.person.clear();
    check_done(next_step(none, ended(Disposition::busy)), "busy");
    check_done(next_step(none, ended(Disposition::declined)), "declined");
}

TEST_CASE("outcomes of a kind are retried `times` times, and other kinds do not count against it") {
    EndedAttempt attempt = ended(Disposition::busy);
    attempt.history.outcomes[static_cast<std::size_t>(Disposition::no_answer)] = 3;
    attempt.history.outcomes[static_cast<std::size_t>(Disposition::busy)] = 2;
    CHECK(next_step(rules(), attempt).kind == NextStep::Kind::retry);
    attempt.history.outcomes[static_cast<std::size_t>(Disposition::busy)] = 3;
    check_done(next_step(rules(), attempt), "outcome_limit");
}

TEST_CASE("technical failures ring the same number again, uncharged, `times` of all kinds together") {
    for (const Disposition disposition :
         {Disposition::rejected, Disposition::congestion, Disposition::unreachable, Disposition::failed}) {
        CAPTURE(to_text(disposition));
        EndedAttempt attempt = ended(disposition, 3, 1);
        check_retry(next_step(rules(), attempt), minutes{1}, 1, false);
        attempt.history.outcomes[static_cast<std::size_t>(Disposition::congestion)] = 2;
        attempt.history.outcomes[static_cast<std::size_t>(Disposition::failed)] = 2;
        CHECK(next_step(rules(), attempt).kind == NextStep::Kind::retry);
        attempt.history.outcomes[static_cast<std::size_t>(Disposition::failed)] = 3;
        check_done(next_step(rules(), attempt), "technical_limit");
    }
}

TEST_CASE("a technical failure after the telephone may have rung is charged") {
    EndedAttempt attempt = ended(Disposition::congestion);
    attempt.may_have_rung = true;
    CHECK(next_step(rules(), attempt).charged);
}

TEST_CASE("a lost attempt is charged, and the same number left alone for long") {
    check_retry(next_step(rules(), ended(Disposition::lost, 3, 2)), hours{24}, 2, true);
}

TEST_CASE("an invalid number is never dialed again: the next valid one is, at once") {
    check_retry(next_step(rules(), ended(Disposition::invalid_number)), seconds{0}, 1, true);
    EndedAttempt attempt = ended(Disposition::invalid_number, 3, 2);
    attempt.history.invalid_positions = 0b001;
    check_retry(next_step(rules(), attempt), seconds{0}, 1, true);
    attempt.history.invalid_positions = 0b011;
    check_done(next_step(rules(), attempt), "no_valid_number");
    EndedAttempt unanswered = ended(Disposition::no_answer, 3, 0);
    unanswered.history.invalid_positions = 0b010;
    check_retry(next_step(rules(), unanswered), hours{2}, 2, true);
}

TEST_CASE("a call canceled for a do-not-call list leaves the contact's only number to the next claim, at once") {
    EndedAttempt attempt = ended(Disposition::canceled, 1, 0);
    attempt.may_have_rung = true;
    check_retry(next_step(rules(), attempt), hours{2}, 0, true);
    attempt.forbidden = true;
    check_retry(next_step(rules(), attempt), seconds{0}, 0, true);
    attempt.numbers = 2;  // the other one is not rung the moment that this one falls silent
    check_retry(next_step(rules(), attempt), hours{2}, 0, true);
}

TEST_CASE("a canceled attempt is charged only if it may have rung") {
    EndedAttempt attempt = ended(Disposition::canceled, 3, 1);
    check_retry(next_step(rules(), attempt), minutes{1}, 1, false);
    attempt.may_have_rung = true;
    check_retry(next_step(rules(), attempt), hours{2}, 1, true);
    attempt.may_have_rung = false;
    attempt.originated = false;
    check_retry(next_step(rules(), attempt), unsent_retry_after, 1, false);
}

TEST_CASE("whoever asked not to be called is done, whatever else the call was") {
    for (Disposition disposition : all_dispositions) {
        EndedAttempt attempt = ended(disposition);
        attempt.result = "dnc";
        check_done(next_step(rules(), attempt), "dnc");
    }
}

TEST_CASE("the budget ends everything that it is charged for") {
    RetryRules tight = rules();
    tight.max_attempts = 3;
    for (Disposition disposition : {Disposition::busy, Disposition::no_answer, Disposition::declined,
                                    Disposition::machine, Disposition::invalid_number, Disposition::lost}) {
        CAPTURE(to_text(disposition));
        EndedAttempt attempt = ended(disposition);
        attempt.history.charged = 1;
        CHECK(next_step(tight, attempt).kind == NextStep::Kind::retry);
        attempt.history.charged = 2;
        check_done(next_step(tight, attempt), "max_attempts");
    }
    EndedAttempt technical = ended(Disposition::congestion);
    technical.history.charged = 2;
    CHECK(next_step(tight, technical).kind == NextStep::Kind::retry);
}

TEST_CASE("no sequence of outcomes exceeds the budget, dials an invalid number again, or goes on for ever") {
    Random random{11};
    for (int run = 0; run < 5000; ++run) {
        RetryRules any;
        any.max_attempts = 1 + static_cast<int>(random.below(8));
        for (Disposition disposition : all_dispositions) {
            if (side_of(disposition) == Side::person && random.below(4) != 0) {
                any.person[disposition] = {minutes{random.below(100)}, 1 + static_cast<int>(random.below(12))};
            }
        }
        any.technical = {minutes{1}, 1 + static_cast<int>(random.below(6))};
        const int numbers = 1 + static_cast<int>(random.below(max_numbers_per_contact));

        AttemptHistory history;
        int position = 0;
        int attempts = 0;
        int canceled = 0;
        for (bool done = false; !done; ++attempts) {
            REQUIRE(attempts < 8 + 6 + 10 + 2);
            REQUIRE(history.charged < any.max_attempts);
            REQUIRE(((history.invalid_positions >> position) & 1U) == 0);
            auto disposition = all_dispositions[random.below(all_dispositions.size())];
            if (disposition == Disposition::canceled && ++canceled > 10) disposition = Disposition::lost;
            const NextStep next = next_step(any, {.disposition = disposition,
                                                  .originated = random.below(4) != 0,
                                                  .may_have_rung = random.below(2) == 0,
                                                  .result = {},
                                                  .position = position,
                                                  .numbers = numbers,
                                                  .history = history,
                                                  .at = noon});
            REQUIRE(next.due_at >= (next.kind == NextStep::Kind::retry ? noon : UtcTime{}));
            if (next.charged) ++history.charged;
            ++history.outcomes[static_cast<std::size_t>(disposition)];
            if (disposition == Disposition::invalid_number) history.invalid_positions |= 1U << position;
            REQUIRE(history.charged <= any.max_attempts);
            done = next.kind == NextStep::Kind::done;
            position = next.position;
            REQUIRE(position < numbers);
        }
    }
}
