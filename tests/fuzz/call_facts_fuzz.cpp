// Any sequence of events of one call. The facts do not depend on the order of the events nor on how often each comes,
// no fact is ever taken back, and every set of facts has a verdict.
#include <string>
#include <vector>

#include "core/verdict.hpp"
#include "fuzz/fuzz.hpp"

namespace {

using namespace outdial;
using Kind = ChannelEvent::Kind;

constexpr int kinds = static_cast<int>(Kind::result) + 1;
constexpr std::size_t max_events = 32;

// The causes and statuses that verdicts know, and some that they do not.
constexpr int causes[] = {0, 1, 2, 3, 16, 17, 18, 19, 20, 21, 22, 27, 28, 31, 34, 38, 41, 42, 44, 58, 127, -1, 9999};
constexpr int statuses[] = {0, 200, 403, 404, 408, 480, 486, 487, 503, 600, 603, 607, 608, -1};
constexpr const char* texts[] = {"", "machine", "sold", "dnc"};

std::vector<ChannelEvent> read_events(std::string_view input) {
    fuzz::Bytes bytes{input};
    std::vector<ChannelEvent> events;
    while (!bytes.used_up() && events.size() < max_events) {
        ChannelEvent event{.kind = static_cast<Kind>(bytes.below(kinds)),
                           .at = from_unix_ms(1 + static_cast<std::int64_t>(events.size())),
                           .cause = {},
                           .tech_cause = {},
                           .text = {}};
        const int what = bytes.byte();
        if ((what & 1) != 0) event.cause = causes[bytes.below(std::size(causes))];
        if ((what & 2) != 0) event.tech_cause = statuses[bytes.below(std::size(statuses))];
        event.text = texts[(what >> 2) % static_cast<int>(std::size(texts))];
        events.push_back(std::move(event));
    }
    return events;
}

// Messages that come twice say the same: a channel has one Hangup.
std::vector<ChannelEvent> agreeing(std::vector<ChannelEvent> events) {
    for (std::size_t i = 0; i < events.size(); ++i) {
        const auto first = std::ranges::find(events, events[i].kind, &ChannelEvent::kind);
        events[i].cause = first->cause;
        events[i].tech_cause = first->tech_cause;
        events[i].text = first->text;
    }
    return events;
}

std::vector<std::optional<UtcTime>*> instants(CallFacts& facts) {
    return {&facts.created_at, &facts.ringing_at, &facts.answered_at, &facts.connected_at,
            &facts.ended_at,   &facts.refused_at, &facts.not_sent_at, &facts.originate_failed_at};
}

// Of an instant only its presence counts here: it is that of the event read first.
CallFacts without_instants(CallFacts facts) {
    for (auto* instant : instants(facts)) {
        if (*instant) *instant = UtcTime{};
    }
    return facts;
}

void check_verdict(const CallFacts& facts) {
    const Disposition disposition = disposition_of(facts);
    OUTDIAL_CHECK(disposition_from(to_text(disposition)) == disposition);
    if (facts.answered_at) {
        OUTDIAL_CHECK(disposition == Disposition::answered || disposition == Disposition::machine);
        OUTDIAL_CHECK(may_have_rung(facts));
    }
    const bool over = facts.ended_at || facts.refused_at || facts.not_sent_at || facts.originate_failed_at;
    const auto settled = settle_at(facts);
    OUTDIAL_CHECK(settled.has_value() == over);
    // What has ended can be settled, though it may be worth some seconds to wait for what else is said.
    OUTDIAL_CHECK(!facts.ended_at || facts.refused_at || facts.not_sent_at || settled >= facts.ended_at);
}

// No later event takes anything back, and the same one again changes nothing.
void check_step(const CallFacts& before, CallFacts after, const ChannelEvent& event) {
    CallFacts known = before;
    const auto old_instants = instants(known);
    const auto new_instants = instants(after);
    for (std::size_t i = 0; i < old_instants.size(); ++i) {
        OUTDIAL_CHECK(!*old_instants[i] || *old_instants[i] == *new_instants[i]);
    }
    OUTDIAL_CHECK(!before.hangup_cause || before.hangup_cause == after.hangup_cause);
    OUTDIAL_CHECK(before.refusal.empty() || before.refusal == after.refusal);
    OUTDIAL_CHECK(before.result.empty() || before.result == after.result);
    OUTDIAL_CHECK(fold(after, event) == after);
}

CallFacts fold_all(CallFacts facts, const std::vector<ChannelEvent>& events) {
    for (const ChannelEvent& event : events) facts = fold(std::move(facts), event);
    return facts;
}

void shuffle(std::vector<ChannelEvent>& events, Random& random) {
    for (std::size_t i = events.size(); i > 1; --i) std::swap(events[i - 1], events[random.below(i)]);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input = fuzz::text_of(data, size);
    Random random{fuzz::seed_of(input)};
    CallFacts start;
    start.cancel_requested = random.below(4) == 0;
    if (random.below(2) == 0) start.originated_at = UtcTime{};

    std::vector<ChannelEvent> events = read_events(input);
    CallFacts facts = start;
    for (const ChannelEvent& event : events) {
        const CallFacts after = fold(facts, event);
        check_step(facts, after, event);
        check_verdict(after);
        facts = after;
    }

    events = agreeing(std::move(events));
    const CallFacts once = fold_all(start, events);
    OUTDIAL_CHECK(fold_all(once, events) == once);
    shuffle(events, random);
    const CallFacts shuffled = fold_all(start, events);
    OUTDIAL_CHECK(without_instants(shuffled) == without_instants(once));
    OUTDIAL_CHECK(disposition_of(shuffled) == disposition_of(once));
    OUTDIAL_CHECK(settle_at(shuffled).has_value() == settle_at(once).has_value());
    return 0;
}
