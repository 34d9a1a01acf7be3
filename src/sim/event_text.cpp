#include "sim/event_text.hpp"

#include <fmt/format.h>

#include <iterator>

namespace outdial::sim {

namespace {

constexpr std::string_view privilege_call = "call,all";
constexpr std::string_view privilege_dialplan = "dialplan,all";
constexpr std::string_view unknown = "<unknown>";

std::string_view described(Call::State state) {
    switch (state) {
        case Call::State::down: return "Down";
        case Call::State::ringing: return "Ringing";
        case Call::State::up: return "Up";
    }
    return {};
}

}  // namespace

void EventText::begin(std::string_view event, std::string_view privilege) {
    text_.clear();
    field("Event", event);
    field("Privilege", privilege);
}

void EventText::field(std::string_view key, std::string_view value) {
    text_.append(key).append(": ").append(value).append("\r\n");
}

void EventText::number(std::string_view key, std::int64_t value) {
    fmt::format_to(std::back_inserter(text_), "{}: {}\r\n", key, value);
}

std::string_view EventText::end() {
    text_.append("\r\n");
    return text_;
}

void EventText::channel(const Call& call, std::string_view prefix) {
    const auto put = [this, prefix](std::string_view key, std::string_view value) {
        text_.append(prefix);
        field(key, value);
    };
    const auto known = [](bool set, std::string_view value) { return set && !value.empty() ? value : unknown; };
    put("Channel", call.name);
    text_.append(prefix);
    number("ChannelState", static_cast<int>(call.state));
    put("ChannelStateDesc", described(call.state));
    put("CallerIDNum", known(call.caller_set, call.caller_number));
    put("CallerIDName", known(call.caller_set, call.caller_name));
    put("ConnectedLineNum", known(call.connected_set, call.caller_number));
    put("ConnectedLineName", known(call.connected_set, call.caller_name));
    put("Language", "en");
    put("AccountCode", "");
    put("Context", call.in_dialplan ? std::string_view{call.seen.context} : "from-trunk");
    put("Exten", call.in_dialplan ? std::string_view{call.seen.exten} : "s");
    text_.append(prefix);
    number("Priority", call.in_dialplan ? call.dialplan_priority : 1);
    put("Uniqueid", call.uniqueid);
    put("Linkedid", call.uniqueid);
}

std::string_view EventText::channel_event(std::string_view event, const Call& call) {
    begin(event, privilege_call);
    channel(call, "");
    return end();
}

std::string_view EventText::new_caller_id(const Call& call) {
    begin("NewCallerid", privilege_call);
    channel(call, "");
    field("CID-CallingPres", "0 (Presentation Allowed, Not Screened)");
    return end();
}

std::string_view EventText::new_extension(const Call& call, std::string_view application, std::string_view data) {
    begin("Newexten", privilege_dialplan);
    channel(call, "");
    field("Extension", call.in_dialplan ? std::string_view{call.seen.exten} : "s");
    field("Application", application);
    field("AppData", data);
    return end();
}

std::string_view EventText::variable_set(const Call& call, std::string_view variable, std::string_view value) {
    begin("VarSet", privilege_dialplan);
    channel(call, "");
    field("Variable", variable);
    field("Value", value);
    return end();
}

std::string_view EventText::dial_begin(const Call& call) {
    begin("DialBegin", privilege_call);
    channel(call, "Dest");
    field("DialString", call.dial_string);
    return end();
}

std::string_view EventText::dial_event(std::string_view event, const Call& call, std::string_view status) {
    begin(event, privilege_call);
    channel(call, "Dest");
    field("DialStatus", status);
    return end();
}

std::string_view EventText::originate_response(const Call& call) {
    begin("OriginateResponse", privilege_call);
    if (!call.seen.action_id.empty()) field("ActionID", call.seen.action_id);
    field("Response", call.succeeded ? "Success" : "Failure");
    field("Channel", call.succeeded ? call.name : call.seen.channel);
    field("Context", call.seen.context);
    field("Exten", call.seen.exten);
    number("Reason", call.reason);
    const bool named = call.succeeded || !call.seen.channel_id.empty();
    field("Uniqueid", named ? std::string_view{call.uniqueid} : unknown);
    field("CallerIDNum", call.caller_number.empty() ? unknown : call.caller_number);
    field("CallerIDName", call.caller_name.empty() ? unknown : call.caller_name);
    return end();
}

// `result` as a dialplan has it: the disposition, and after commas whole headers.
std::string_view EventText::user_event(const Call& call, std::string_view result) {
    begin("UserEvent", "user,all");
    channel(call, "");
    field("UserEvent", "OutdialResult");
    field("Uniqueid", call.uniqueid);
    std::size_t end_of_word = std::min(result.find(','), result.size());
    field("Disposition", result.substr(0, end_of_word));
    while (end_of_word < result.size()) {
        result.remove_prefix(end_of_word + 1);
        end_of_word = std::min(result.find(','), result.size());
        const std::string_view header = result.substr(0, end_of_word);
        const std::size_t colon = std::min(header.find(": "), header.size());
        field(header.substr(0, colon), header.substr(std::min(colon + 2, header.size())));
    }
    return end();
}

std::string_view EventText::hangup_request(const Call& call, std::optional<int> cause, int sip_status) {
    begin("HangupRequest", privilege_call);
    channel(call, "");
    if (cause) number("Cause", *cause);
    if (tells_tech_cause(dialect_) && sip_status != 0) number("TechCause", sip_status);
    return end();
}

std::string_view EventText::soft_hangup_request(const Call& call, int cause) {
    begin("SoftHangupRequest", privilege_call);
    channel(call, "");
    number("Cause", cause);
    return end();
}

std::string_view EventText::hangup(const Call& call, int cause, int tech_cause) {
    begin("Hangup", privilege_call);
    channel(call, "");
    number("Cause", cause);
    field("Cause-txt", cause_text(cause));
    if (tells_tech_cause(dialect_) && tech_cause != 0) number("TechCause", tech_cause);
    return end();
}

std::string_view EventText::device_state(std::string_view device, std::string_view state) {
    begin("DeviceStateChange", privilege_call);
    field("Device", device);
    field("State", state);
    return end();
}

std::string_view EventText::list_item(const Call& call, std::string_view event, std::string_view action_id,
                                      SteadyTime now) {
    text_.clear();
    field("Event", event);
    if (!action_id.empty()) field("ActionID", action_id);
    channel(call, "");
    field("Application", call.running_application);
    field("ApplicationData", call.running_data);
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now - call.created).count();
    fmt::format_to(std::back_inserter(text_), "Duration: {:02}:{:02}:{:02}\r\n", seconds / 3'600, seconds / 60 % 60,
                   seconds % 60);
    field("BridgeId", "");
    return end();
}

}  // namespace outdial::sim
