// Any values for the headers of an action. Either the encoder refuses it, or the bytes it gives are one message of
// exactly the intended headers, in lines that Asterisk takes, with variables that Asterisk reads as they were meant.
#include <string>
#include <utility>
#include <vector>

#include "ami/action.hpp"
#include "ami/originate.hpp"
#include "ami/parser.hpp"
#include "ami/text.hpp"
#include "fuzz/fuzz.hpp"
#include "sim/originate_request.hpp"

namespace {

using namespace outdial;

constexpr std::string_view greeting = "Asterisk Call Manager/11.0.0\r\n";
constexpr int max_headers_tried = 110;  // some more than may be sent
constexpr int long_text_times = 9;      // 255 bytes, this often, are longer than a line may be

using Texts = std::vector<std::pair<std::string, std::string>>;

std::string text_from(fuzz::Bytes& bytes) {
    // Repeated now and then: lines have a limit of 1,000 bytes.
    const int how = bytes.byte();
    const std::string_view text = bytes.text();
    std::string all;
    for (int i = (how & 0x0f) == 0x0f ? long_text_times : 1; i > 0; --i) all += text;
    return all;
}

// One line each, ended by CRLF and by nothing else, and an empty one at the end.
void check_lines(std::string_view wire, std::size_t expected) {
    std::size_t lines = 0;
    for (;;) {
        const auto end = wire.find("\r\n");
        OUTDIAL_CHECK(end != std::string_view::npos && end <= ami::Action::max_line_bytes);
        const std::string_view line = wire.substr(0, end);
        OUTDIAL_CHECK(std::ranges::none_of(line, ami::is_control));
        wire.remove_prefix(end + 2);
        if (line.empty()) break;
        ++lines;
    }
    OUTDIAL_CHECK(wire.empty() && lines == expected && lines <= ami::Action::max_headers);
}

// Gives the one message on the wire to `visit`.
template <class Visitor>
void read_back(std::string_view wire, Visitor visit) {
    ami::Parser parser;
    ami::Message message;
    parser.feed(greeting);
    OUTDIAL_CHECK(!parser.next(message));
    parser.feed(wire);
    OUTDIAL_CHECK(parser.next(message));
    visit(message);
    OUTDIAL_CHECK(!parser.next(message) && parser.skipped() == 0);
}

// What a variable's header says to Asterisk: this name, this value, and no other.
void check_variable(std::string_view header, const std::string& name, const std::string& value) {
    const auto pairs = sim::split_variables(header);
    OUTDIAL_CHECK(pairs.size() == 1 && pairs[0].first == name && pairs[0].second == value);
}

void check_refusal(const Error& error) {
    OUTDIAL_CHECK(!error.message.empty() && std::ranges::none_of(error.message, ami::is_control));
}

void try_action(fuzz::Bytes& bytes) {
    const std::string name = text_from(bytes);
    const std::string action_id = text_from(bytes);
    ami::Action action{name};
    struct Intended {
        std::string key;
        std::string value;
        bool variable;
    };
    std::vector<Intended> intended;
    while (!bytes.used_up() && intended.size() < max_headers_tried) {
        Intended header{std::string{bytes.text()}, text_from(bytes), bytes.flag()};
        header.variable ? action.variable(header.key, header.value) : action.header(header.key, header.value);
        intended.push_back(std::move(header));
    }
    const auto wire = action.encode(action_id);
    if (!wire) return check_refusal(wire.error());
    check_lines(*wire, intended.size() + 2);
    read_back(*wire, [&](const ami::Message& message) {
        OUTDIAL_CHECK(message.size() == intended.size() + 2);
        auto field = message.begin();
        OUTDIAL_CHECK(field->key == "Action" && field->value == name);
        ++field;
        OUTDIAL_CHECK(field->key == "ActionID" && field->value == action_id);
        for (const Intended& header : intended) {
            ++field;
            if (header.variable) {
                OUTDIAL_CHECK(field->key == "Variable");
                check_variable(field->value, header.key, header.value);
            } else {
                OUTDIAL_CHECK(field->key == header.key && field->value == header.value);
            }
        }
    });
}

ami::Originate originate_from(fuzz::Bytes& bytes) {
    // Values that pass, some of which the bytes replace.
    ami::Originate call;
    call.channel_id = "0199f00dfeed00112233445566778899";
    call.channel = "PJSIP/12125550100@carrier-a";
    const int replaced = bytes.byte();
    const bool application = bytes.flag();
    (application ? call.application : call.context) = application ? "Stasis" : "outbound";
    (application ? call.data : call.exten) = application ? "voicebot" : "12125550100";
    if ((replaced & 1) != 0) call.channel_id = text_from(bytes);
    if ((replaced & 2) != 0) call.channel = text_from(bytes);
    if ((replaced & 4) != 0) (application ? call.application : call.context) = text_from(bytes);
    if ((replaced & 8) != 0) (application ? call.data : call.exten) = text_from(bytes);
    if ((replaced & 16) != 0) call.caller_id_name = text_from(bytes);
    if ((replaced & 32) != 0) call.caller_id_number = text_from(bytes);
    if ((replaced & 64) != 0) call.timeout = Milliseconds{bytes.byte() * 1000};
    if ((replaced & 128) != 0) call.account = text_from(bytes);
    call.priority = bytes.below(4);
    while (!bytes.used_up()) {
        std::string name{bytes.text()};
        call.variables.emplace_back(std::move(name), text_from(bytes));
    }
    return call;
}

void check_call(const ami::Message& message, const ami::Originate& call) {
    const auto says = [&](std::string_view key, std::string_view value) { return message.get(key) == value; };
    OUTDIAL_CHECK(says("ActionID", call.channel_id) && says("ChannelId", call.channel_id));
    OUTDIAL_CHECK(says("Channel", call.channel) && says("Account", call.account) && says("Async", "true"));
    OUTDIAL_CHECK(says("Context", call.context) && says("Exten", call.exten));
    OUTDIAL_CHECK(says("Application", call.application) && says("Data", call.data));
    // One device, one application: no byte of the data chooses another.
    OUTDIAL_CHECK(call.channel.find_first_of("&,|") == std::string::npos);
    const auto read = sim::read_originate(message, sim::Classes{});
    OUTDIAL_CHECK(read.has_value());
    OUTDIAL_CHECK(read->ring_timeout == call.timeout);
    OUTDIAL_CHECK(read->caller_name == call.caller_id_name && read->caller_number == call.caller_id_number);
    OUTDIAL_CHECK(read->variables == call.variables);
}

void try_originate(fuzz::Bytes& bytes) {
    const ami::Originate call = originate_from(bytes);
    const auto action = ami::to_action(call);
    if (!action) return check_refusal(action.error());
    const auto wire = action->encode(call.channel_id);
    if (!wire) return check_refusal(wire.error());
    read_back(*wire, [&](const ami::Message& message) {
        check_lines(*wire, message.size());
        check_call(message, call);
    });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Bytes bytes{fuzz::text_of(data, size)};
    if (bytes.flag()) {
        try_originate(bytes);
    } else {
        try_action(bytes);
    }
    return 0;
}
