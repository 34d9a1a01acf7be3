#include "daemon/ami_events.hpp"

#include <algorithm>
#include <charconv>

#include "core/callback.hpp"

namespace outdial::daemon {

namespace {

using Kind = ChannelEvent::Kind;

// Asterisk's channel states (include/asterisk/channelstate.h): 5 ringing, 6 up; the others say nothing of the far end.
constexpr std::string_view state_ringing = "5";
constexpr std::string_view state_up = "6";

std::optional<int> number_in(const ami::Message& message, std::string_view key) {
    const std::string_view text = message.get(key);
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
    return value;
}

std::optional<AttemptEvent> about(std::string_view id, Kind kind, UtcTime at) {
    const auto attempt = AttemptId::parse(id);
    if (!attempt) return std::nullopt;
    return AttemptEvent{.attempt = *attempt,
                        .event = {.kind = kind, .at = at, .cause = {}, .tech_cause = {}, .text = {}}};
}

std::optional<AttemptEvent> originate_response(const ami::Message& message, UtcTime at) {
    const bool success = message.get("Response") == "Success";
    auto result = about(message.get("ActionID"), success ? Kind::answered : Kind::originate_failed, at);
    if (result && !success) result->event.cause = number_in(message, "Reason");
    return result;
}

std::optional<AttemptEvent> new_state(const ami::Message& message, UtcTime at) {
    const std::string_view state = message.get("ChannelState");
    if (state == state_up) return about(message.get("Uniqueid"), Kind::answered, at);
    if (state == state_ringing) return about(message.get("Uniqueid"), Kind::ringing, at);
    return std::nullopt;
}

// 183 with early media may be a ringing tone as well as an announcement: the telephone may have rung.
std::optional<AttemptEvent> dial_state(const ami::Message& message, UtcTime at) {
    const std::string_view status = message.get("DialStatus");
    if (status != "RINGING" && status != "PROGRESS") return std::nullopt;
    return about(message.get("DestUniqueid"), Kind::ringing, at);
}

std::optional<AttemptEvent> dial_end(const ami::Message& message, UtcTime at) {
    const bool answered = message.get("DialStatus") == "ANSWER";
    return about(message.get("DestUniqueid"), answered ? Kind::answered : Kind::dial_ended, at);
}

std::optional<AttemptEvent> with_causes(const ami::Message& message, Kind kind, UtcTime at) {
    auto result = about(message.get("Uniqueid"), kind, at);
    if (result) {
        result->event.cause = number_in(message, "Cause");
        result->event.tech_cause = number_in(message, "TechCause");
    }
    return result;
}

// Of a time with an offset or a zone's name.
bool is_of_a_time(char c) {
    constexpr std::string_view others = "-+:/_ ";
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           others.find(c) != std::string_view::npos;
}

// The dialplan's verdict on an answered call. A UserEvent may hold what a caller typed or a name from elsewhere, so
// only a short plain word passes.
std::optional<AttemptEvent> user_event(const ami::Message& message, UtcTime at) {
    if (message.get("UserEvent") != "OutdialResult") return std::nullopt;
    const std::string_view callback = message.get("Callback");
    std::string_view word = message.get("Disposition").substr(0, max_result_bytes);
    if (word.empty() && !callback.empty()) word = "callback";
    const bool plain = !word.empty() && std::ranges::all_of(word, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    });
    if (!plain) return std::nullopt;
    auto result = about(message.get("Uniqueid"), Kind::result, at);
    if (!result) return result;
    result->event.text = word;
    if (!callback.empty()) {
        const bool readable = callback.size() <= max_callback_bytes && std::ranges::all_of(callback, is_of_a_time);
        result->event.callback = readable ? callback : "?";  // which is no time, and is said to be none
        const std::string_view agent = message.get("Agent");
        if (is_agent(agent)) result->event.callback_agent = agent;
    }
    return result;
}

}  // namespace

std::optional<AttemptEvent> attempt_event(const ami::Message& message, UtcTime at) {
    if (message.kind() != ami::Message::Kind::event) return std::nullopt;
    const std::string_view name = message.name();
    if (name == "Newchannel") return about(message.get("Uniqueid"), Kind::created, at);
    if (name == "Newstate") return new_state(message, at);
    if (name == "DialState") return dial_state(message, at);
    if (name == "DialEnd") return dial_end(message, at);
    if (name == "OriginateResponse") return originate_response(message, at);
    if (name == "HangupRequest") return with_causes(message, Kind::end_requested, at);
    if (name == "Hangup") return with_causes(message, Kind::hung_up, at);
    if (name == "BridgeEnter") return about(message.get("Uniqueid"), Kind::connected, at);
    if (name == "UserEvent") return user_event(message, at);
    return std::nullopt;
}

}  // namespace outdial::daemon
