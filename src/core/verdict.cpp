// From traces of Asterisk 16.28 and 22.10 and the sources of 13 to 23. DialStatus says NOANSWER of a rejected call, the
// OriginateResponse's Reason is 0 for every SIP failure, and a ring timeout has no DialEnd at all: neither decides.
// What decides is whether the call was answered (three messages can say so), and else the Hangup's cause, with the SIP
// status where the far end gave one.
#include "core/verdict.hpp"

namespace outdial {

namespace {

constexpr int reason_ring_timeout = 3;  // OriginateResponse: Asterisk's own Timeout ran out
constexpr int cause_normal_clearing = 16;

// What an unanswered call's Q.850 cause means, where it means something by itself.
std::optional<Disposition> from_cause(int cause, std::optional<int> tech_cause) {
    switch (cause) {
        case 17: return Disposition::busy;
        case 18:
        case 19:
        case 20: return Disposition::no_answer;
        case 21:
            // Without a SIP status (Asterisk before 20.17 and 22.7) a person's decline (603) and a provider's refusal
            // (403) look the same. The person gets the benefit of the doubt: nobody who may have declined is rung again
            // by the technical rule.
            if (!tech_cause || *tech_cause == 603) return Disposition::declined;
            return Disposition::rejected;
        case 1:
        case 22:
        case 28: return Disposition::invalid_number;
        case 3:
            // Asterisk 16 reports a 404 as 3 and no SIP status at all; newer ones keep 3 for "no route" (420) and add
            // the status.
            if (!tech_cause || *tech_cause == 404) return Disposition::invalid_number;
            return Disposition::unreachable;
        case 34:
        case 38:
        case 41:
        case 42:
        case 44:
        case 58: return Disposition::congestion;
        case 2:
        case 27: return Disposition::unreachable;
        case 127:
            // Interworking: Asterisk has no cause of its own for these statuses, which are the newer kin of 603 and
            // 403: 607 is the person's "unwanted" (RFC 8197), 608 an analytics engine's rejection (RFC 8688).
            if (tech_cause == 607) return Disposition::declined;
            if (tech_cause == 608) return Disposition::rejected;
            return std::nullopt;
        default: return std::nullopt;
    }
}

// The call ended with a cause that does not tell why: 0, 16, 31, 127 and the rest.
Disposition from_circumstances(const CallFacts& facts, int cause) {
    if (facts.originate_reason == reason_ring_timeout) return Disposition::no_answer;
    // Normal clearing, and no word that dialing failed: so ends an answered call whose answer was not seen, the link
    // being down.
    const bool dialing_failed = facts.originate_failed_at || facts.dial_ended;
    const bool ends_like_answered = cause == cause_normal_clearing || (cause == 0 && facts.remote_ended);
    if (!dialing_failed && ends_like_answered) return Disposition::lost;
    // Asterisk 16 puts the cause of the far end's Reason header above its SIP status: a 603 that says 16 ends like
    // this. "Normal clearing" of a call that was not answered is a person's doing, not a trunk's.
    if (facts.remote_ended && cause == cause_normal_clearing && !facts.ringing_at) return Disposition::declined;
    if (facts.remote_ended) return facts.ringing_at ? Disposition::no_answer : Disposition::unreachable;
    // Ended on our side. Asterisk before 22.8 gives a ring timeout the cause 0 and no DialEnd; a hangup by hand has a
    // DialEnd or the cause 16.
    const bool timed_out = cause == 0 && !facts.dial_ended;
    if (timed_out) return Disposition::no_answer;
    // Nobody asked for it and it did not ring: a call that came to nothing, which the technical rule tries again only
    // so many times. Calls that we cancel have no such bound.
    return facts.ringing_at ? Disposition::canceled : Disposition::unreachable;
}

Disposition of_answered(const CallFacts& facts) {
    return facts.result == "machine" ? Disposition::machine : Disposition::answered;
}

}  // namespace

std::optional<UtcTime> settle_at(const CallFacts& facts) {
    if (facts.refused_at) return facts.refused_at;
    if (facts.not_sent_at) return facts.not_sent_at;
    const bool outcome_reported = facts.originate_failed_at || facts.answered_at;
    if (facts.ended_at) return outcome_reported ? *facts.ended_at : *facts.ended_at + late_event_grace;
    if (facts.originate_failed_at) {
        return *facts.originate_failed_at + (facts.created_at ? late_hangup_grace : late_event_grace);
    }
    return std::nullopt;
}

Disposition disposition_of(const CallFacts& facts) {
    if (facts.answered_at) return of_answered(facts);
    if (facts.refused_at) return Disposition::failed;
    if (facts.not_sent_at) return Disposition::canceled;
    const bool ring_timeout = facts.originate_reason == reason_ring_timeout;
    if (!facts.created_at && facts.originate_failed_at) {
        return ring_timeout ? Disposition::no_answer : Disposition::unreachable;
    }
    // A hangup that was asked for and whose effect was not seen may have come too late: that is not `canceled`.
    const bool over = facts.ended_at || facts.originate_failed_at;
    if (over && facts.cancel_requested && !facts.remote_ended && !ring_timeout) return Disposition::canceled;
    if (facts.ended_at || (over && facts.remote_ended)) {
        const int cause = facts.hangup_cause.value_or(0) != 0 ? *facts.hangup_cause : facts.remote_cause.value_or(0);
        if (const auto known = from_cause(cause, tech_cause_of(facts))) return *known;
        return from_circumstances(facts, cause);
    }
    return ring_timeout ? Disposition::no_answer : Disposition::lost;
}

bool may_have_rung(const CallFacts& facts) { return facts.ringing_at || facts.answered_at; }

}  // namespace outdial
