#include "core/verdict.hpp"

#include <catch2/catch.hpp>
#include <set>
#include <vector>

using namespace outdial;
using Kind = ChannelEvent::Kind;

namespace {

using Events = std::vector<ChannelEvent>;

constexpr UtcTime noon = from_unix_ms(1'800'000'000'000);

ChannelEvent event(Kind kind, std::optional<int> cause = {}, std::optional<int> tech_cause = {},
                   std::string text = {}) {
    return {.kind = kind, .at = noon, .cause = cause, .tech_cause = tech_cause, .text = std::move(text)};
}

CallFacts facts_of(const Events& events) {
    CallFacts facts;
    facts.originated_at = noon;
    for (const ChannelEvent& each : events) facts = fold(facts, each);
    return facts;
}

Disposition verdict(const Events& events) { return disposition_of(facts_of(events)); }

// As Asterisk 22.7 tells it, with the SIP status.
Events failed_by_far_end(int cause, int status) {
    return {event(Kind::accepted),
            event(Kind::created),
            event(Kind::end_requested, cause, status),
            event(Kind::dial_ended),
            event(Kind::originate_failed, 0),
            event(Kind::hung_up, cause, status)};
}

// As Asterisk 16 to 22.6 tell it, without.
Events failed_by_far_end(int cause) {
    return {event(Kind::accepted),
            event(Kind::created),
            event(Kind::end_requested, cause),
            event(Kind::dial_ended),
            event(Kind::originate_failed, 0),
            event(Kind::hung_up, cause)};
}

const Events answered{event(Kind::accepted), event(Kind::created),  event(Kind::ringing),    event(Kind::answered),
                      event(Kind::answered), event(Kind::answered), event(Kind::hung_up, 16)};
const Events ring_timeout_new{event(Kind::accepted), event(Kind::created), event(Kind::ringing),
                              event(Kind::originate_failed, 3), event(Kind::hung_up, 19, 480)};
const Events ring_timeout_old{event(Kind::accepted), event(Kind::created), event(Kind::ringing),
                              event(Kind::originate_failed, 3), event(Kind::hung_up, 0)};
const Events silent_timeout{event(Kind::accepted), event(Kind::created), event(Kind::originate_failed, 3),
                            event(Kind::hung_up, 0)};
const Events hung_up_by_hand{event(Kind::accepted),
                             event(Kind::created),
                             event(Kind::ringing),
                             event(Kind::dial_ended),
                             event(Kind::originate_failed, 0),
                             event(Kind::hung_up, 0)};

}  // namespace

TEST_CASE("an unanswered call's disposition is its cause's, and its SIP status's where causes are shared") {
    struct Row {
        int cause, status;
        Disposition with_status, without_status;
    };
    using D = Disposition;
    const Row rows[] = {
        {17, 486, D::busy, D::busy},
        {17, 600, D::busy, D::busy},
        {18, 408, D::no_answer, D::no_answer},
        {19, 480, D::no_answer, D::no_answer},
        {20, 480, D::no_answer, D::no_answer},
        {21, 603, D::declined, D::declined},
        // Without a status nobody knows whether a person declined: the person gets the benefit of the doubt.
        {21, 401, D::rejected, D::declined},
        {21, 403, D::rejected, D::declined},
        {21, 407, D::rejected, D::declined},
        {21, 608, D::rejected, D::declined},
        {127, 607, D::declined, D::unreachable},
        {127, 608, D::rejected, D::unreachable},
        {1, 404, D::invalid_number, D::invalid_number},
        {1, 604, D::invalid_number, D::invalid_number},
        {22, 410, D::invalid_number, D::invalid_number},
        {28, 484, D::invalid_number, D::invalid_number},
        // Asterisk 16 maps 404 to 3; the newer ones give it for 420 only, and the status with it.
        {3, 404, D::invalid_number, D::invalid_number},
        {3, 420, D::unreachable, D::invalid_number},
        {34, 503, D::congestion, D::congestion},
        {38, 500, D::congestion, D::congestion},
        {41, 409, D::congestion, D::congestion},
        {42, 503, D::congestion, D::congestion},
        {44, 503, D::congestion, D::congestion},
        {58, 488, D::congestion, D::congestion},
        {58, 606, D::congestion, D::congestion},
        {2, 503, D::unreachable, D::unreachable},
        {27, 502, D::unreachable, D::unreachable},
        {127, 481, D::unreachable, D::unreachable},
        {102, 504, D::unreachable, D::unreachable},
    };
    for (const Row& row : rows) {
        CAPTURE(row.cause, row.status);
        CHECK(verdict(failed_by_far_end(row.cause, row.status)) == row.with_status);
        CHECK(verdict(failed_by_far_end(row.cause)) == row.without_status);
    }
}

TEST_CASE("normal clearing by the far end of a call that was not answered is a person's doing, never the trunk's") {
    CHECK(verdict(failed_by_far_end(16)) == Disposition::declined);
    Events rang = failed_by_far_end(16);
    rang.push_back(event(Kind::ringing));
    CHECK(verdict(rang) == Disposition::no_answer);
}

TEST_CASE("ring timeouts are no_answer on old and new servers, with and without ringing") {
    CHECK(verdict(ring_timeout_new) == Disposition::no_answer);
    CHECK(verdict(ring_timeout_old) == Disposition::no_answer);
    CHECK(verdict(silent_timeout) == Disposition::no_answer);
}

TEST_CASE("the synthetic status of a local hangup does not make a ring timeout anything else") {
    CHECK(verdict({event(Kind::created), event(Kind::originate_failed, 3), event(Kind::hung_up, 0, 603)}) ==
          Disposition::no_answer);
}

TEST_CASE("a call hung up on our side while it rang is canceled, whoever of us did it") {
    CHECK(verdict(hung_up_by_hand) == Disposition::canceled);
    Events with_cause = hung_up_by_hand;
    with_cause.back() = event(Kind::hung_up, 31, 480);
    CHECK(verdict(with_cause) == Disposition::canceled);
    CallFacts ours = facts_of({event(Kind::created), event(Kind::ringing), event(Kind::hung_up, 0)});
    ours.cancel_requested = true;
    CHECK(disposition_of(ours) == Disposition::canceled);
}

TEST_CASE(
    "a call that ends on our side before it rang, and that nobody canceled, is the trunk's: it is tried so often "
    "only") {
    for (const int cause : {16, 31, 47, 127, 2'147'483'647}) {
        CAPTURE(cause);
        const Events events{event(Kind::created), event(Kind::originate_failed, 0), event(Kind::hung_up, cause)};
        CHECK(verdict(events) == Disposition::unreachable);
        CallFacts ours = facts_of(events);
        ours.cancel_requested = true;
        CHECK(disposition_of(ours) == Disposition::canceled);
    }
}

TEST_CASE("a hangup that we asked for does not hide the far end's own answer") {
    CallFacts busy = facts_of(failed_by_far_end(17, 486));
    busy.cancel_requested = true;
    CHECK(disposition_of(busy) == Disposition::busy);
    CallFacts up = facts_of(answered);
    up.cancel_requested = true;
    CHECK(disposition_of(up) == Disposition::answered);
}

TEST_CASE("a hangup that we asked for and whose effect nobody saw leaves the call lost") {
    CallFacts facts = facts_of({event(Kind::accepted), event(Kind::created), event(Kind::ringing)});
    facts.cancel_requested = true;
    CHECK(disposition_of(facts) == Disposition::lost);
}

TEST_CASE("no channel at all is unreachable, a refusal is failed, an Originate never written is canceled") {
    CHECK(verdict({event(Kind::accepted), event(Kind::originate_failed, 0)}) == Disposition::unreachable);
    CHECK(verdict({event(Kind::refused, {}, {}, "Permission denied")}) == Disposition::failed);
    CHECK(verdict({event(Kind::not_sent)}) == Disposition::canceled);
    CHECK(verdict({}) == Disposition::lost);
}

TEST_CASE("an answered call is answered with every cause, and a machine only if the dialplan said so") {
    for (int cause = 0; cause <= 127; ++cause) {
        for (const auto status : {std::optional<int>{}, std::optional{480}, std::optional{603}}) {
            Events events = answered;
            events.back() = event(Kind::hung_up, cause, status);
            REQUIRE(verdict(events) == Disposition::answered);
            events.push_back(event(Kind::end_requested, cause, status));
            REQUIRE(verdict(events) == Disposition::answered);
            events.push_back(event(Kind::result, {}, {}, "machine"));
            REQUIRE(verdict(events) == Disposition::machine);
        }
    }
    Events sold = answered;
    sold.push_back(event(Kind::result, {}, {}, "sold"));
    CHECK(verdict(sold) == Disposition::answered);
    Events unanswered = ring_timeout_new;
    unanswered.push_back(event(Kind::result, {}, {}, "machine"));
    CHECK(verdict(unanswered) == Disposition::no_answer);
}

TEST_CASE("with any one event missing the verdict is right, or at worst lost or no_answer") {
    struct Row {
        const char* name;
        Events events;
        Disposition right;
    };
    const Row rows[] = {
        {"answered", answered, Disposition::answered},
        {"busy", failed_by_far_end(17, 486), Disposition::busy},
        {"busy, old", failed_by_far_end(17), Disposition::busy},
        {"declined", failed_by_far_end(21, 603), Disposition::declined},
        {"rejected", failed_by_far_end(21, 403), Disposition::rejected},
        {"not found", failed_by_far_end(1, 404), Disposition::invalid_number},
        {"not found, old", failed_by_far_end(3), Disposition::invalid_number},
        {"congestion", failed_by_far_end(34, 503), Disposition::congestion},
        {"bad gateway", failed_by_far_end(27, 502), Disposition::unreachable},
        {"ring timeout", ring_timeout_new, Disposition::no_answer},
        {"ring timeout, old", ring_timeout_old, Disposition::no_answer},
        {"ring timeout, silent", silent_timeout, Disposition::no_answer},
        {"hung up by hand", hung_up_by_hand, Disposition::canceled},
    };
    for (const Row& row : rows) {
        CHECK(verdict(row.events) == row.right);
        for (std::size_t dropped = 0; dropped < row.events.size(); ++dropped) {
            CAPTURE(row.name, dropped);
            Events events = row.events;
            events.erase(events.begin() + static_cast<std::ptrdiff_t>(dropped));
            const Disposition got = verdict(events);
            CAPTURE(to_text(got));
            // Of a call hung up by hand whose ringing was not seen nobody can tell that it was not the trunk.
            const bool unseen_ringing = row.right == Disposition::canceled && got == Disposition::unreachable;
            CHECK((got == row.right || got == Disposition::lost || got == Disposition::no_answer || unseen_ringing));
        }
    }
}

TEST_CASE("no set of events without an answer is answered, and none with one is anything else") {
    // Every subset of the events of an answered call, and of a failed one.
    for (const Events& all : {answered, failed_by_far_end(17, 486), ring_timeout_old, hung_up_by_hand}) {
        for (unsigned subset = 0; subset < (1U << all.size()); ++subset) {
            Events events;
            bool has_answer = false;
            for (std::size_t i = 0; i < all.size(); ++i) {
                if (((subset >> i) & 1U) == 0) continue;
                events.push_back(all[i]);
                has_answer = has_answer || all[i].kind == Kind::answered;
            }
            REQUIRE((verdict(events) == Disposition::answered) == has_answer);
        }
    }
}

TEST_CASE("a call whose answer and all signs of it were missed is lost, not a technical failure") {
    CHECK(verdict({event(Kind::created), event(Kind::ringing), event(Kind::hung_up, 16)}) == Disposition::lost);
    CHECK(verdict({event(Kind::created), event(Kind::ringing), event(Kind::end_requested, 16),
                   event(Kind::hung_up, 16)}) == Disposition::lost);
    CHECK(verdict({event(Kind::created), event(Kind::end_requested, 0), event(Kind::hung_up, 0)}) == Disposition::lost);
}

TEST_CASE("an attempt is settled at once when nothing can change its verdict, after a grace when something can") {
    CHECK(settle_at(facts_of(answered)) == noon);
    CHECK(settle_at(facts_of(failed_by_far_end(17, 486))) == noon);
    CHECK(settle_at(facts_of({event(Kind::refused)})) == noon);
    CHECK(settle_at(facts_of({event(Kind::not_sent)})) == noon);
    CHECK(settle_at(facts_of({event(Kind::created), event(Kind::hung_up, 17)})) == noon + late_event_grace);
    CHECK(settle_at(facts_of({event(Kind::originate_failed, 0)})) == noon + late_event_grace);
    CHECK(settle_at(facts_of({event(Kind::created), event(Kind::originate_failed, 0)})) == noon + late_hangup_grace);
    CHECK_FALSE(settle_at(facts_of({})).has_value());
    CHECK_FALSE(settle_at(facts_of({event(Kind::accepted), event(Kind::created), event(Kind::ringing)})).has_value());
    CHECK_FALSE(settle_at(facts_of({event(Kind::answered)})).has_value());
}

TEST_CASE("only ringing or an answer show that the telephone may have rung") {
    CHECK(may_have_rung(facts_of(answered)));
    CHECK(may_have_rung(facts_of(ring_timeout_new)));
    CHECK_FALSE(may_have_rung(facts_of(failed_by_far_end(34, 503))));
    CHECK_FALSE(may_have_rung(facts_of({event(Kind::refused)})));
}
