// Any bytes from the network. However they are cut, the parser yields the same messages; each message, written out
// again and read again, is the same; and no stream makes it hold more than its limits say.
#include "ami/parser.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "ami/text.hpp"
#include "fuzz/fuzz.hpp"

namespace {

using namespace outdial;
using ami::Message;
using ami::Parser;

constexpr std::string_view greeting = "Asterisk Call Manager/11.0.0\r\n";
constexpr std::string_view end_of_command = "--END COMMAND--";
// So small that inputs of some hundred bytes reach each of them.
constexpr Parser::Limits small_limits{.message_bytes = 300, .line_bytes = 120, .fields = 8};
constexpr std::size_t feed_bytes = 512;  // the largest piece that is fed at once

using Fields = std::vector<std::pair<std::string, std::string>>;

struct Outcome {
    std::vector<std::pair<Message::Kind, Fields>> messages;
    std::string greeting;
    bool greeting_complete = false;
    std::uint64_t skipped = 0;
    bool operator==(const Outcome&) const = default;
};

Fields fields_of(const Message& message) {
    Fields fields;
    for (const auto& [key, value] : message) fields.emplace_back(key, value);
    return fields;
}

void check_limits(const Message& message, const Parser::Limits& limits) {
    OUTDIAL_CHECK(message.size() > 0 && message.size() <= limits.fields);
    std::size_t bytes = 0;
    for (const auto& [key, value] : message) {
        OUTDIAL_CHECK(value.size() <= limits.line_bytes);
        OUTDIAL_CHECK(key.find(':') == std::string_view::npos);
        OUTDIAL_CHECK(value.find('\n') == std::string_view::npos);
        bytes += value.size();
    }
    OUTDIAL_CHECK(bytes <= limits.message_bytes);
}

void take_messages(Parser& parser, const Parser::Limits& limits, Outcome& outcome) {
    Message message;
    while (parser.next(message)) {
        check_limits(message, limits);
        Fields fields = fields_of(message);
        const ami::StoredMessage stored{message};
        OUTDIAL_CHECK(stored.message().kind() == message.kind() && fields_of(stored.message()) == fields);
        outcome.messages.emplace_back(message.kind(), std::move(fields));
    }
}

Outcome finish(const Parser& parser, Outcome outcome) {
    outcome.greeting = parser.greeting();
    outcome.greeting_complete = parser.greeting_complete();
    outcome.skipped = parser.skipped();
    OUTDIAL_CHECK(parser.messages() == outcome.messages.size());
    return outcome;
}

Outcome parse_in_order(std::string_view stream, const Parser::Limits& limits) {
    Parser parser{limits};
    Outcome outcome;
    for (; !stream.empty(); stream.remove_prefix(std::min(feed_bytes, stream.size()))) {
        parser.feed(stream.substr(0, feed_bytes));
        take_messages(parser, limits, outcome);
        // Twice a message and what was fed: the buffer doubles when it grows.
        OUTDIAL_CHECK(parser.memory_bytes() <= 2 * (limits.message_bytes + Parser::max_greeting_bytes + feed_bytes));
    }
    return finish(parser, std::move(outcome));
}

Outcome parse_in_pieces(std::string_view stream, const Parser::Limits& limits) {
    Parser parser{limits};
    Outcome outcome;
    Random random{fuzz::seed_of(stream)};
    fuzz::for_each_piece(stream, random, [&](std::string_view piece) {
        parser.feed(piece);
        if (random.below(4) != 0) take_messages(parser, limits, outcome);
    });
    take_messages(parser, limits, outcome);
    return finish(parser, std::move(outcome));
}

bool opens_command_output(const Fields& fields) {
    return ami::equal_ignoring_case(fields[0].first, "Response") &&
           ami::equal_ignoring_case(fields[0].second, "Follows");
}

// The message as Asterisk would have to send it: the one form of a command's output (Asterisk 13) is raw lines up to an
// end mark.
std::string written(const Fields& fields) {
    std::string text;
    const auto write_field = [&text](const auto& field) {
        text.append(field.first).append(": ").append(field.second).append("\r\n");
    };
    std::size_t at = 0;
    if (opens_command_output(fields)) {
        const auto is_header = [](const std::string& key) {
            return std::ranges::any_of(std::array{"Privilege", "ActionID", "Message"},
                                       [&](std::string_view known) { return ami::equal_ignoring_case(key, known); });
        };
        write_field(fields[at++]);
        while (at < fields.size() && is_header(fields[at].first)) write_field(fields[at++]);
        while (at < fields.size() && fields[at].first == "Output" && !fields[at].second.ends_with(end_of_command)) {
            text.append(fields[at++].second).append("\r\n");
        }
        text.append(end_of_command).append("\r\n");
    }
    while (at < fields.size()) write_field(fields[at++]);
    return text.append("\r\n");
}

void check_round_trip(const Outcome& outcome) {
    Parser parser;
    parser.feed(greeting);
    Message message;
    OUTDIAL_CHECK(!parser.next(message));
    for (const auto& [kind, fields] : outcome.messages) {
        parser.feed(written(fields));
        OUTDIAL_CHECK(parser.next(message));
        OUTDIAL_CHECK(message.kind() == kind && fields_of(message) == fields);
        OUTDIAL_CHECK(!parser.next(message));
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view stream = fuzz::text_of(data, size);
    const Outcome outcome = parse_in_order(stream, small_limits);
    OUTDIAL_CHECK(parse_in_pieces(stream, small_limits) == outcome);
    // With the limits of production nothing of this size is skipped.
    const Outcome whole = parse_in_pieces(stream, Parser::Limits{});
    OUTDIAL_CHECK(whole.skipped == 0 && whole.messages.size() >= outcome.messages.size());
    check_round_trip(whole);
    return 0;
}
