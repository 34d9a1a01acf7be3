#include "daemon/trace.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <stdexcept>

#include "ami/parser.hpp"
#include "daemon/ami_events.hpp"
#include "source_dir.hpp"

namespace outdial::test {

namespace {

const std::filesystem::path folder = std::filesystem::path{OUTDIAL_SOURCE_DIR} / "tests/data/traces";

std::string read_file(const std::filesystem::path& path) {
    std::ifstream file{path, std::ios::binary};
    if (!file) throw std::runtime_error("cannot read " + path.string());
    return {std::istreambuf_iterator<char>{file}, {}};
}

template <class Visit>
void each_message(const std::string& bytes, Visit visit) {
    ami::Parser parser;
    parser.feed(bytes);
    ami::Message message;
    while (parser.next(message)) visit(message);
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
    for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
}

bool is_originate_action(std::string_view action_id) { return action_id.starts_with("a-"); }

}  // namespace

Trace read_trace(const std::string& name) {
    std::string bytes = read_file(folder / (name + ".ami"));
    Trace trace;
    Random random{1};
    std::map<std::string, std::string> channel_of;  // the action's channel id in the recording
    std::set<std::string> taken;
    each_message(bytes, [&](const ami::Message& message) {
        const std::string action{message.get("ActionID")};
        if (!is_originate_action(action)) return;
        trace.attempts.try_emplace(action, AttemptId::make(UtcTime{}, random));
        if (!message.is_event("OriginateResponse")) return;
        channel_of.try_emplace(action, message.get("Uniqueid"));
        trace.dialed.try_emplace(action, message.get("Exten"));
    });
    // Two actions with one channel id: the channel is the first one's.
    for (const auto& [action, id] : trace.attempts) {
        const auto channel = channel_of.find(action);
        if (channel != channel_of.end() && taken.insert(channel->second).second) {
            replace_all(bytes, "ueid: " + channel->second + "\r\n", "ueid: " + std::string{id.view()} + "\r\n");
        }
    }
    for (const auto& [action, id] : trace.attempts) {
        replace_all(bytes, "ActionID: " + action + "\r\n", "ActionID: " + std::string{id.view()} + "\r\n");
    }
    std::int64_t milliseconds = 1000;
    each_message(bytes, [&](const ami::Message& message) {
        const UtcTime at = from_unix_ms(milliseconds++);
        if (auto event = daemon::attempt_event(message, at)) trace.events.push_back(*event);
        const auto attempt = AttemptId::parse(message.get("ActionID"));
        if (!attempt || message.kind() != ami::Message::Kind::response) return;
        // What the pool reports of an Originate's Response; in one recording the same ActionID also asks something
        // while shutting down.
        const bool accepted = message.name() == "Success";
        trace.events.push_back({.attempt = *attempt,
                                .event = {.kind = accepted ? ChannelEvent::Kind::accepted : ChannelEvent::Kind::refused,
                                          .at = at,
                                          .cause = {},
                                          .tech_cause = {},
                                          .text = std::string{message.get("Message")}}});
    });
    return trace;
}

std::vector<std::string> all_traces() {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::recursive_directory_iterator{folder}) {
        if (entry.path().extension() != ".ami") continue;
        names.push_back(entry.path().parent_path().filename().string() + "/" + entry.path().stem().string());
    }
    std::ranges::sort(names);
    return names;
}

}  // namespace outdial::test
