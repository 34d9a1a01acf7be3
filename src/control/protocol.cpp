#include "control/protocol.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace outdial::control {
namespace {

/// How deep arrays and objects lie in each other. Looked at before parsing, because copying or destroying a tree of a
/// million levels would use up the stack.
int nesting_of(std::string_view text) {
    int depth = 0;
    int deepest = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (in_string) {
            if (c == '\\') {
                ++i;
            } else if (c == '"') {
                in_string = false;
            }
        } else if (c == '"') {
            in_string = true;
        } else if (c == '[' || c == '{') {
            deepest = std::max(deepest, ++depth);
        } else if (c == ']' || c == '}') {
            --depth;
        }
    }
    return deepest;
}

Result<nlohmann::json> parse_object(std::string_view line) {
    if (nesting_of(line) > max_nesting) {
        return fail("nested deeper than " + std::to_string(max_nesting) + " levels");
    }
    nlohmann::json message = nlohmann::json::parse(line, nullptr, false);
    if (message.is_discarded()) {
        return fail("not JSON");
    }
    if (!message.is_object()) {
        return fail("not a JSON object");
    }
    return message;
}

}  // namespace

Result<nlohmann::json> parse_request(std::string_view line) {
    Result<nlohmann::json> message = parse_object(line);
    if (!message) {
        return fail("the request is " + message.error().message +
                    "; send one object a line, as {\"command\":\"status\"}");
    }
    const auto command = message->find("command");
    if (command == message->end() || !command->is_string()) {
        return fail("the request has no \"command\"; send one object a line, as {\"command\":\"status\"}");
    }
    return message;
}

Result<nlohmann::json> parse_answer(std::string_view line) {
    Result<nlohmann::json> message = parse_object(line);
    if (!message) {
        return fail("the answer is " + message.error().message);
    }
    const auto ok = message->find("ok");
    if (ok == message->end() || !ok->is_boolean()) {
        return fail("the answer has no \"ok\"");
    }
    return message;
}

std::string to_line(const nlohmann::json& message) {
    return message.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + '\n';
}

nlohmann::json refusal(std::string_view message) { return {{"ok", false}, {"error", message}}; }

}  // namespace outdial::control
