#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ami/message.hpp"
#include "ami/parser.hpp"
#include "ami/text.hpp"
#include "sim/asterisk_model.hpp"

namespace outdial::sim::test {

/// A message's fields, with their text.
struct Record {
    std::vector<std::pair<std::string, std::string>> fields;

    [[nodiscard]] std::string get(std::string_view key) const {
        for (const auto& [name, value] : fields) {
            if (ami::equal_ignoring_case(name, key)) return value;
        }
        return {};
    }
    [[nodiscard]] std::string event() const { return fields.front().first == "Event" ? fields.front().second : ""; }
    [[nodiscard]] bool is_response() const { return fields.front().first == "Response"; }
};

/// Reads all messages of a stream that begins with a greeting.
inline std::vector<Record> read_messages(std::string_view stream) {
    ami::Parser parser;
    ami::Message message;
    std::vector<Record> records;
    parser.feed(stream);
    while (parser.next(message)) {
        Record record;
        for (const auto& field : message) record.fields.emplace_back(field.key, field.value);
        records.push_back(std::move(record));
    }
    return records;
}

/// The names of a call's own events, in order.
inline std::vector<std::string> event_names(const std::vector<Record>& records) {
    std::vector<std::string> names;
    for (const auto& record : records) {
        if (!record.event().empty() && record.event() != "FullyBooted") names.push_back(record.event());
    }
    return names;
}

inline const Record* find_event(const std::vector<Record>& records, std::string_view name, std::size_t skip = 0) {
    for (const auto& record : records) {
        if (record.event() == name && skip-- == 0) return &record;
    }
    return nullptr;
}

inline std::size_t count_events(const std::vector<Record>& records, std::string_view name) {
    std::size_t count = 0;
    for (const auto& record : records) count += record.event() == name ? 1 : 0;
    return count;
}

/// The options of the telephone network that the traces were recorded on.
inline ModelOptions lab_options(Dialect dialect = Dialect::asterisk_22) {
    ModelOptions options;
    options.dialect = dialect;
    options.world.mode = WorldOptions::Mode::by_number;
    options.endpoints = {"trunk"};
    options.contexts = {{"outbound", Milliseconds{1'000}, ""},
                        {"hold", Milliseconds{20'000}, ""},
                        {"press", Milliseconds{1'000}, "dnc"}};
    options.accounts = {{"dialer", "s3cret", class_all, class_all},
                        {"readonly", "s3cret", class_call | class_system, class_system},
                        {"narrow", "s3cret", class_call, class_originate}};
    return options;
}

/// The model under virtual time, with as many clients as a test wants.
class VirtualServer {
public:
    explicit VirtualServer(ModelOptions options = lab_options(), std::uint64_t seed = 7)
        : model(std::move(options), seed, Now{from_unix_ms(1'790'000'000'000), SteadyTime{Microseconds{5'000'000}}}) {}

    void run_for(Microseconds duration) {
        now += duration;
        model.advance(now);
    }
    /// Until nothing is due any more.
    void run_out() {
        while (const auto deadline = model.next_deadline()) {
            if (*deadline > now) now = *deadline;
            model.advance(now);
        }
    }

    SteadyTime now{Microseconds{5'000'000}};
    AsteriskModel model;
};

/// One connection to it.
class Client {
public:
    explicit Client(VirtualServer& its_server) : server(its_server), session(server.model.open_session(server.now)) {}

    Client& send(std::string_view text) {
        server.model.received(session, text, server.now);
        return *this;
    }
    Client& log_in(std::string_view user = "dialer", std::string_view events = "on") {
        return send(
            fmt::format("Action: Login\r\nActionID: login-1\r\nUsername: {}\r\nSecret: s3cret\r\nEvents: {}\r\n\r\n",
                        user, events));
    }
    /// As the traces' calls were originated.
    Client& originate(std::string_view number, std::string_view id, std::string_view action_id = "a-1",
                      std::string_view more = "Context: outbound\r\n", std::string_view channel = "") {
        const std::string to = channel.empty() ? fmt::format("PJSIP/{}@trunk", number) : std::string{channel};
        return send(
            fmt::format("Action: Originate\r\nActionID: {}\r\nChannel: {}\r\nExten: {}\r\nPriority: 1\r\n"
                        "Timeout: 5000\r\nCallerID: \"Renewals\" <18001234567>\r\nAsync: true\r\nChannelId: {}\r\n"
                        "Variable: OUTDIAL_CAMPAIGN=renewals\r\nVariable: OUTDIAL_CONTACT=42\r\n{}\r\n",
                        action_id, to, number, id, more));
    }
    /// All that came since the connection's begin.
    std::string& output() {
        std::string more;
        while (server.model.take_output(session, more)) text_ += more;
        return text_;
    }
    std::vector<Record> messages() { return read_messages(output()); }
    [[nodiscard]] bool closed() const { return server.model.closing(session) != AsteriskModel::Closing::no; }

    VirtualServer& server;
    AsteriskModel::SessionNumber session;

private:
    std::string text_;
};

}  // namespace outdial::sim::test
