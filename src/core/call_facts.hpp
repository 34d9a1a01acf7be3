#pragma once

#include <optional>
#include <string>

#include "base/time.hpp"

namespace outdial {

/// Something that Asterisk told us of one attempt's channel (the one whose Uniqueid is the attempt's id), whichever
/// message said it.
struct ChannelEvent {
    enum class Kind {
        accepted,    // Response: Success to the Originate: queued, nothing more
        refused,     // Response: Error; `text` is the message, word for word
        not_sent,    // the Originate could not be written at all: no session was free
        unanswered,  // its Response did not come in time: in doubt, and no fact
        created,     // Newchannel, or a row of a channel list
        ringing,     // Newstate Ringing, DialState RINGING or PROGRESS
        answered,    // Newstate Up, DialEnd ANSWER, OriginateResponse Success, or a row in state Up of a channel list
        connected,   // bridged with somebody
        dial_ended,  // DialEnd, not ANSWER
        end_requested,     // HangupRequest: the far end asked for it; cause and tech_cause as it gave them
        originate_failed,  // OriginateResponse Failure; `cause` is its Reason
        hung_up,           // Hangup: the channel's end
        result,            // UserEvent OutdialResult; `text` is its Disposition, perhaps with a callback
    };
    Kind kind;
    UtcTime at;                     // when we read it, by our clock
    std::optional<int> cause;       // Q.850; for originate_failed the Reason
    std::optional<int> tech_cause;  // SIP status
    std::string text;
    std::string callback{};                // result: when the person wants to be called, as the dialplan wrote it
    std::string callback_agent{};          // result: by whom; may be empty
    std::optional<UtcTime> callback_at{};  // the same instant, once somebody knows whose clock was meant
};

/// All that is known of one attempt's call. A set: folding the same events in any order, once or twice, gives the same
/// facts but for the instants of repeated events, where the first one read stays.
struct CallFacts {
    std::optional<UtcTime> originated_at;  // we wrote the Originate; set by the engine
    std::optional<UtcTime> created_at;
    std::optional<UtcTime> ringing_at;
    std::optional<UtcTime> answered_at;
    std::optional<UtcTime> connected_at;
    std::optional<UtcTime> ended_at;  // Hangup seen
    std::optional<UtcTime> refused_at;
    std::optional<UtcTime> not_sent_at;
    std::optional<UtcTime> originate_failed_at;
    bool accepted = false;
    bool cancel_requested = false;  // we asked for the hangup before any answer; set by the engine
    bool dial_ended = false;
    bool remote_ended = false;             // the far end ended it (HangupRequest)
    std::optional<int> remote_cause;       // as the HangupRequest gave it
    std::optional<int> remote_tech_cause;  // a final SIP response of the far end: real
    std::optional<int> hangup_cause;       // Q.850 of the Hangup, raw
    std::optional<int> hangup_tech_cause;  // SIP status of the Hangup; synthetic unless the far end ended it
    std::optional<int> originate_reason;
    std::string refusal;  // Asterisk's words
    std::string result;   // what the dialplan said of an answered call
    std::string agent;
    std::optional<UtcTime> callback_at;  // when the person wants to be called back
    std::string callback_agent;          // by whom; may be empty

    bool operator==(const CallFacts&) const = default;
};

[[nodiscard]] CallFacts fold(CallFacts facts, const ChannelEvent& event);

/// The tech cause worth storing and judging: the far end's, or else whatever the Hangup carried.
[[nodiscard]] std::optional<int> tech_cause_of(const CallFacts& facts);

}  // namespace outdial
