#include "core/call_facts.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <vector>

#include "base/random.hpp"

using namespace outdial;
using Kind = ChannelEvent::Kind;

namespace {

struct KindOfCall {
    const char* name;
    std::vector<ChannelEvent> events;
};

ChannelEvent event(Kind kind, std::optional<int> cause = {}, std::optional<int> tech_cause = {},
                   std::string text = {}) {
    return {.kind = kind, .at = {}, .cause = cause, .tech_cause = tech_cause, .text = std::move(text)};
}

std::vector<KindOfCall> kinds_of_call() {
    return {
        {"answered",
         {event(Kind::accepted), event(Kind::created), event(Kind::ringing), event(Kind::answered),
          event(Kind::connected), event(Kind::result, {}, {}, "sold"), event(Kind::hung_up, 16)}},
        {"machine",
         {event(Kind::accepted), event(Kind::created), event(Kind::answered), event(Kind::result, {}, {}, "machine"),
          event(Kind::hung_up, 16)}},
        {"busy",
         {event(Kind::accepted), event(Kind::created), event(Kind::end_requested, 17, 486), event(Kind::dial_ended),
          event(Kind::originate_failed, 0), event(Kind::hung_up, 17, 486)}},
        {"ring timeout",
         {event(Kind::accepted), event(Kind::created), event(Kind::ringing), event(Kind::originate_failed, 3),
          event(Kind::hung_up, 19, 480)}},
        {"hung up by us",
         {event(Kind::accepted), event(Kind::created), event(Kind::ringing), event(Kind::dial_ended),
          event(Kind::originate_failed, 0), event(Kind::hung_up, 0)}},
        {"refused", {event(Kind::refused, {}, {}, "Extension does not exist.")}},
        {"no channel", {event(Kind::accepted), event(Kind::originate_failed, 0)}},
    };
}

// Apart from the instants, of which only their presence counts here.
CallFacts without_instants(CallFacts facts) {
    for (auto* at : {&facts.created_at, &facts.ringing_at, &facts.answered_at, &facts.connected_at, &facts.ended_at,
                     &facts.refused_at, &facts.not_sent_at, &facts.originate_failed_at}) {
        if (*at) *at = UtcTime{};
    }
    return facts;
}

CallFacts fold_all(const std::vector<ChannelEvent>& events, const std::vector<std::size_t>& order) {
    CallFacts facts;
    std::int64_t clock = 0;
    for (std::size_t i : order) {
        ChannelEvent at = events[i];
        at.at = from_unix_ms(++clock);
        facts = fold(facts, at);
    }
    return facts;
}

std::vector<std::size_t> in_order(std::size_t count) {
    std::vector<std::size_t> order(count);
    for (std::size_t i = 0; i < count; ++i) order[i] = i;
    return order;
}

}  // namespace

TEST_CASE("the events of a call in any order give the same facts") {
    for (const auto& call : kinds_of_call()) {
        CAPTURE(call.name);
        auto order = in_order(call.events.size());
        const CallFacts expected = without_instants(fold_all(call.events, order));
        int permutations = 0;
        int different = 0;
        do {
            ++permutations;
            different += without_instants(fold_all(call.events, order)) == expected ? 0 : 1;
        } while (std::ranges::next_permutation(order).found);
        CHECK(different == 0);
        CHECK(permutations >= 1);
    }
}

TEST_CASE("an event that comes twice changes nothing, not even an instant") {
    for (const auto& call : kinds_of_call()) {
        CAPTURE(call.name);
        const CallFacts once = fold_all(call.events, in_order(call.events.size()));
        for (const ChannelEvent& repeated : call.events) {
            ChannelEvent later = repeated;
            later.at = from_unix_ms(1'000'000);
            CHECK(fold(once, later) == once);
        }
    }
}

TEST_CASE("an instant is that of the first event read") {
    CallFacts facts;
    for (const int ms : {5, 3, 9}) {
        facts = fold(facts, {.kind = Kind::ringing, .at = from_unix_ms(ms), .cause = {}, .tech_cause = {}, .text = {}});
    }
    CHECK(facts.ringing_at == from_unix_ms(5));
    CHECK(facts.created_at == from_unix_ms(5));
}

TEST_CASE("no event un-answers a call, whatever comes after the answer") {
    Random random{4};
    const std::vector<Kind> kinds{Kind::accepted, Kind::refused,       Kind::not_sent,         Kind::unanswered,
                                  Kind::created,  Kind::ringing,       Kind::connected,        Kind::dial_ended,
                                  Kind::hung_up,  Kind::end_requested, Kind::originate_failed, Kind::result};
    for (int run = 0; run < 1000; ++run) {
        CallFacts facts = fold({}, event(Kind::answered));
        const auto answered_at = facts.answered_at;
        for (int i = 0; i < 10; ++i) {
            ChannelEvent any = event(kinds[random.below(kinds.size())], static_cast<int>(random.below(128)));
            any.at = from_unix_ms(100 + i);
            facts = fold(facts, any);
        }
        REQUIRE(facts.answered_at == answered_at);
    }
}

TEST_CASE("a connected channel was answered, and any event of a channel shows that it was created") {
    CHECK(fold({}, event(Kind::connected)).answered_at.has_value());
    for (const Kind kind :
         {Kind::ringing, Kind::answered, Kind::connected, Kind::dial_ended, Kind::end_requested, Kind::hung_up}) {
        CHECK(fold({}, event(kind)).created_at.has_value());
    }
    for (const Kind kind : {Kind::accepted, Kind::refused, Kind::originate_failed, Kind::result, Kind::unanswered}) {
        CHECK_FALSE(fold({}, event(kind)).created_at.has_value());
    }
}

TEST_CASE("a Response that did not come is no fact") { CHECK(fold({}, event(Kind::unanswered)) == CallFacts{}); }

TEST_CASE("the far end's tech cause is worth more than the Hangup's, which may be made up") {
    CallFacts facts = fold({}, event(Kind::hung_up, 21, 480));
    CHECK(tech_cause_of(facts) == 480);
    facts = fold(facts, event(Kind::end_requested, 21, 603));
    CHECK(tech_cause_of(facts) == 603);
    CHECK_FALSE(tech_cause_of(CallFacts{}).has_value());
}
