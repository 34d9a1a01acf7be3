#include "simulation/wire.hpp"

namespace outdial::simulation {

namespace {

constexpr std::string_view line_end = "\r\n";
constexpr std::string_view frame_end = "\r\n\r\n";

struct Header {
    std::string_view name, value;
};

// Calls `take` for each header, in order.
template <class Take>
void each_header(std::string_view frame, Take take) {
    while (!frame.empty()) {
        const auto end = frame.find(line_end);
        const std::string_view line = frame.substr(0, end);
        if (line.empty()) return;
        const auto colon = line.find(": ");
        if (colon != std::string_view::npos) take(Header{line.substr(0, colon), line.substr(colon + 2)});
        if (end == std::string_view::npos) return;
        frame.remove_prefix(end + line_end.size());
    }
}

void read_variable(std::string_view text, WiredCall& call) {
    std::string name;
    std::string value;
    bool in_value = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (c == '=' && !in_value) {
            in_value = true;
            continue;
        }
        // Whatever would end the value, open a bracket or quote for Asterisk must have a backslash before it.
        if (c == ',' || c == '"' || c == '(' || c == '[' || c == ')' || c == ']') {
            value += "<not escaped>";
        }
        if (c == '\\' && i + 1 < text.size()) c = text[++i];
        (in_value ? value : name) += c;
    }
    ++call.variables;
    if (name == "SIM_CAMPAIGN") call.campaign = value;
    if (name == "SIM_CONTACT") call.contact = value;
    if (name == "SIM_NOTE") call.note = value;
    if (name == "OUTDIAL_NOT_AFTER") call.not_after = value;
}

void read_channel(std::string_view channel, WiredCall& call) {
    const auto slash = channel.find('/');
    const auto at = channel.find('@');
    if (slash == std::string_view::npos || at == std::string_view::npos || at < slash) return;
    call.number = channel.substr(slash + 1, at - slash - 1);
    call.trunk = channel.substr(at + 1);
}

}  // namespace

std::string_view first_frame(std::string_view bytes) {
    const auto end = bytes.find(frame_end);
    return end == std::string_view::npos ? std::string_view{} : bytes.substr(0, end + frame_end.size());
}

std::string_view header(std::string_view frame, std::string_view name) {
    std::string_view value;
    bool found = false;
    each_header(frame, [&](const Header& each) {
        if (found || each.name != name) return;
        value = each.value;
        found = true;
    });
    return value;
}

std::optional<WiredCall> read_call(std::string_view frame) {
    if (header(frame, "Action") != "Originate") return std::nullopt;
    WiredCall call;
    each_header(frame, [&](const Header& each) {
        ++call.headers;
        if (each.name == "ChannelId") call.attempt = each.value;
        if (each.name == "ActionID") call.action_id = each.value;
        if (each.name == "Channel") read_channel(each.value, call);
        if (each.name == "Variable") read_variable(each.value, call);
    });
    return call;
}

}  // namespace outdial::simulation
