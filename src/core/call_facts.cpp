// AMI promises no order between OriginateResponse and the channel's own events, and a reconnect repeats what a channel
// list shows: instants keep the first value read, everything else is only ever added, and so folding twice changes
// nothing.
#include "core/call_facts.hpp"

#include <utility>

namespace outdial {

namespace {

template <class T>
void keep_first(std::optional<T>& known, const std::optional<T>& news) {
    if (!known) known = news;
}

}  // namespace

CallFacts fold(CallFacts facts, const ChannelEvent& event) {
    using Kind = ChannelEvent::Kind;
    const std::optional<UtcTime> at = event.at;
    switch (event.kind) {
        case Kind::accepted: facts.accepted = true; break;
        case Kind::refused:
            keep_first(facts.refused_at, at);
            if (facts.refusal.empty()) facts.refusal = event.text;
            break;
        case Kind::not_sent: keep_first(facts.not_sent_at, at); break;
        case Kind::unanswered: break;
        case Kind::created: keep_first(facts.created_at, at); break;
        case Kind::ringing:
            keep_first(facts.created_at, at);
            keep_first(facts.ringing_at, at);
            break;
        case Kind::answered:
            keep_first(facts.created_at, at);
            keep_first(facts.answered_at, at);
            break;
        case Kind::connected:
            keep_first(facts.created_at, at);
            keep_first(facts.answered_at, at);  // a bridged channel was answered, seen or not
            keep_first(facts.connected_at, at);
            break;
        case Kind::dial_ended:
            keep_first(facts.created_at, at);
            facts.dial_ended = true;
            break;
        case Kind::end_requested:
            keep_first(facts.created_at, at);
            facts.remote_ended = true;
            keep_first(facts.remote_cause, event.cause);
            keep_first(facts.remote_tech_cause, event.tech_cause);
            break;
        case Kind::originate_failed:
            keep_first(facts.originate_failed_at, at);
            keep_first(facts.originate_reason, event.cause);
            break;
        case Kind::hung_up:
            keep_first(facts.created_at, at);
            keep_first(facts.ended_at, at);
            keep_first(facts.hangup_cause, event.cause);
            keep_first(facts.hangup_tech_cause, event.tech_cause);
            break;
        case Kind::result:
            if (facts.result.empty()) facts.result = event.text;
            if (event.callback_at && !facts.callback_at) {
                facts.callback_at = event.callback_at;
                facts.callback_agent = event.callback_agent;
            }
            break;
    }
    return facts;
}

std::optional<int> tech_cause_of(const CallFacts& facts) {
    return facts.remote_tech_cause ? facts.remote_tech_cause : facts.hangup_tech_cause;
}

}  // namespace outdial
