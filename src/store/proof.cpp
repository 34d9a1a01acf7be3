#include "store/proof.hpp"

#include <fmt/ranges.h>

#include "store/json_object.hpp"

namespace outdial::store {

std::string to_json(std::span<const DoNotCallListing> lists) {
    std::string text = "[";
    for (const DoNotCallListing& list : lists) {
        if (text.size() > 1) text += ',';
        text += JsonObject{}
                    .text("list", list.name)
                    .number("numbers", list.numbers)
                    .time_if_any("copied_at", list.copied_at)
                    .take();
    }
    return text + ']';
}

std::string to_json(std::span<const ContactLimits::Counted> limits) {
    if (limits.empty()) return {};
    std::string text = "[";
    for (const ContactLimits::Counted& counted : limits) {
        if (text.size() > 1) text += ',';
        text += JsonObject{}
                    .text("limit", counted.limit->name)
                    .number("calls", counted.calls)
                    .number("most", counted.limit->most)
                    .take();
    }
    return text + ']';
}

std::string to_json(const Proof& proof) {
    JsonObject json;
    json.text("campaign", proof.campaign)
        .text_if_any("rules", proof.rules)
        .number("number", proof.position + 1)
        .number("of_numbers", static_cast<std::int64_t>(proof.numbers))
        .text_if_any("zones", fmt::format("{}", fmt::join(proof.place->zones, " ")))
        .text_if_any("regions", fmt::format("{}", fmt::join(proof.place->regions, " ")));
    if (proof.window->kind == CallingWindow::Kind::hours) {
        json.time_if_any("opened_at", proof.window->opens_at).time_if_any("calls_until", proof.window->calls_until);
    } else {
        json.text("hours", "always");
    }
    if (proof.geography != nullptr) json.text("time_data", proof.geography->version());
    json.json("do_not_call", proof.do_not_call);
    if (!proof.limits.empty()) json.json("limits", proof.limits);
    return json.number("attempts", proof.attempts)
        .number("charged", proof.charged)
        .number("max_attempts", proof.max_attempts)
        .text("trunk", proof.slot->trunk)
        .text("server", proof.slot->server)
        .text_if_any("caller_id", proof.slot->caller_id)
        .take();
}

// Not the message and the refusal: Asterisk's words may quote the number.
std::string to_json(const Settlement& settlement) {
    const CallFacts& facts = settlement.facts;
    const UtcTime ended_at = facts.ended_at.value_or(settlement.settled_at);
    JsonObject json;
    json.text("disposition", to_text(settlement.disposition))
        .flag("charged", settlement.next.charged)
        .time_if_any("originated_at", facts.originated_at)
        .time_if_any("ringing_at", facts.ringing_at)
        .time_if_any("answered_at", facts.answered_at)
        .time_if_any("connected_at", facts.connected_at)
        .time_if_any("ended_at", ended_at);
    if (facts.answered_at) {
        json.number("duration_ms", (ended_at - *facts.answered_at).count());
        json.flag("dropped", settlement.disposition == Disposition::abandoned);
    }
    return json.number_if_any("hangup_cause", facts.hangup_cause)
        .number_if_any("tech_cause", tech_cause_of(facts))
        .text_if_any("agent", facts.agent)
        .text_if_any("result", facts.result)
        .text("next", settlement.next.kind == NextStep::Kind::retry ? "retry" : "done")
        .text_if_any("because", settlement.next.reason)
        .take();
}

}  // namespace outdial::store
