#include "sim/originate_request.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <tuple>

#include "ami/text.hpp"
#include "base/refused_words.hpp"

namespace outdial::sim {

namespace {

// What Asterisk keeps of a value: it cuts the rest off in silence.
constexpr std::size_t kept_channel = 255;
constexpr std::size_t kept_extension = 79;
constexpr std::size_t max_uniqueid = 149;
constexpr Milliseconds default_ring_timeout{30'000};
constexpr std::size_t max_variables_a_header = 63;
constexpr std::int64_t longest_ring_ms = 86'400'000;

std::optional<std::int64_t> integer(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

bool is_true(std::string_view text) {
    for (const std::string_view word : {"yes", "true", "y", "t", "1", "on"}) {
        if (ami::equal_ignoring_case(text, word)) return true;
    }
    return false;
}

// chan_pjsip: the part before the first '/' is number@endpoint, or an endpoint alone.
void split_destination(Call& call) {
    const std::string_view dialed = call.dial_string;
    const std::string_view first = dialed.substr(0, dialed.find('/'));
    const auto at = first.find('@');
    call.seen.number = at == std::string_view::npos ? std::string{} : std::string{first.substr(0, at)};
    call.seen.endpoint = first.substr(at == std::string_view::npos ? 0 : at + 1);
}

void append_escaped(std::string& joined, std::string_view text) {
    for (const char c : text) {
        if (c == ';' || c == '\\') joined += '\\';
        joined += c;
    }
}

void read_variables(const ami::Message& action, Call& call) {
    for (const auto& field : action) {
        if (!ami::equal_ignoring_case(field.key, "Variable")) continue;
        for (auto& pair : split_variables(field.value)) call.variables.push_back(std::move(pair));
    }
    for (const auto& [variable, value] : call.variables) {
        if (!call.seen.variables.empty()) call.seen.variables += ';';
        append_escaped(call.seen.variables, variable);
        call.seen.variables += '=';
        append_escaped(call.seen.variables, value);
    }
}

bool may_run(std::string_view application, std::string_view data, Classes write_classes) {
    if ((write_classes & class_system) != 0) return true;
    return !refused_application_word(application, data) && !refused_data_word(data);
}

}  // namespace

std::vector<std::pair<std::string, std::string>> split_variables(std::string_view value) {
    std::vector<std::pair<std::string, std::string>> pairs;
    std::string text;
    int depth = 0;
    bool quoted = false;
    const auto finish = [&] {
        const auto equals = text.find('=');
        if (equals != std::string::npos && equals > 0)
            pairs.emplace_back(text.substr(0, equals), text.substr(equals + 1));
        text.clear();
    };
    for (std::size_t i = 0; i < value.size(); ++i) {
        const char c = value[i];
        if (c == '\\' && i + 1 < value.size()) {
            text += value[++i];
        } else if (c == '"') {
            quoted = !quoted;
        } else if (c == ',' && !quoted && depth == 0 && pairs.size() + 1 < max_variables_a_header) {
            finish();
        } else {
            if (!quoted && (c == '(' || c == '[')) ++depth;
            if (!quoted && depth > 0 && (c == ')' || c == ']')) --depth;
            text += c;
        }
    }
    finish();
    return pairs;
}

std::pair<std::string, std::string> split_caller_id(std::string_view text) {
    std::string_view name;
    std::string_view number = text;
    const auto open = text.rfind('<');
    const auto close = text.rfind('>');
    if (open != std::string_view::npos && close != std::string_view::npos && close > open) {
        number = text.substr(open + 1, close - open - 1);
        name = text.substr(0, open);
        while (name.ends_with(' ')) name.remove_suffix(1);
        if (name.size() >= 2 && name.front() == '"' && name.back() == '"') name = name.substr(1, name.size() - 2);
    }
    std::string shrunk;
    for (const char c : number) {
        if (std::string_view{" -.()"}.find(c) == std::string_view::npos) shrunk += c;
    }
    return {std::string{name}, shrunk};
}

Result<Call> read_originate(const ami::Message& action, Classes write_classes) {
    Call call;
    call.seen.action_id = action.get("ActionID");
    call.seen.channel = action.get("Channel").substr(0, kept_channel);
    call.seen.channel_id = action.get("ChannelId");
    call.seen.context = action.get("Context").substr(0, kept_extension);
    call.seen.exten = action.get("Exten").substr(0, kept_extension);
    call.seen.caller_id = action.get("CallerID");
    call.application = action.get("Application");
    call.data = action.get("Data");
    if (call.seen.channel.empty()) return fail("Channel not specified");
    const auto priority = integer(action.get("Priority"));
    if (!priority && !action.get("Priority").empty()) return fail("Invalid priority");
    call.priority = static_cast<int>(priority.value_or(0));
    const auto timeout = integer(action.get("Timeout"));
    if (!timeout && !action.get("Timeout").empty()) return fail("Invalid timeout");
    const Milliseconds ring{std::min(timeout.value_or(default_ring_timeout.count()), longest_ring_ms)};
    if (ring > Milliseconds{0}) call.ring_timeout = ring;
    const auto slash = call.seen.channel.find('/');
    if (slash == std::string::npos) return fail("Invalid channel");
    call.technology = call.seen.channel.substr(0, slash);
    call.dial_string = call.seen.channel.substr(slash + 1);
    // Asterisk ends this message in a bare LF before the line's CRLF.
    if (call.seen.channel_id.size() > max_uniqueid) return fail("Uniqueid length exceeds maximum of 149\n");
    if (!is_true(action.get("Async"))) return fail("The sandbox originates with Async: true alone");
    if (!call.application.empty() && !may_run(call.application, call.data, write_classes)) {
        return fail("Originate Access Forbidden: app or data blacklisted");
    }
    std::tie(call.caller_name, call.caller_number) = split_caller_id(call.seen.caller_id);
    split_destination(call);
    read_variables(action, call);
    return call;
}

}  // namespace outdial::sim
