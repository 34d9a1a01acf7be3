// Any line from whoever may open the control socket. It is refused in a sentence, or is a request: not nested deeper
// than the limit, and the same when it is written out and read again.
#include <nlohmann/json.hpp>

#include "control/protocol.hpp"
#include "fuzz/fuzz.hpp"

namespace {

using namespace outdial;
using nlohmann::json;

int depth_of(const json& value) {
    if (!value.is_structured()) return 0;
    int deepest = 0;
    for (const json& inner : value) deepest = std::max(deepest, depth_of(inner));
    return deepest + 1;
}

void check_line(const std::string& line) {
    OUTDIAL_CHECK(line.find('\n') == line.size() - 1);  // JSON escapes those within texts
}

template <class Parse>
void check_round_trip(const json& message, Parse parse) {
    OUTDIAL_CHECK(depth_of(message) <= control::max_nesting);
    std::string line = control::to_line(message);
    check_line(line);
    line.pop_back();
    const auto again = parse(line);
    OUTDIAL_CHECK(again && *again == message);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = fuzz::text_of(data, size);
    if (const auto request = control::parse_request(text)) {
        OUTDIAL_CHECK(request->is_object() && request->at("command").is_string());
        check_round_trip(*request, control::parse_request);
    } else {
        check_line(control::to_line(control::refusal(request.error().message)));
    }
    if (const auto answer = control::parse_answer(text)) {
        OUTDIAL_CHECK(answer->is_object() && answer->at("ok").is_boolean());
        check_round_trip(*answer, control::parse_answer);
    }
    // A refusal may quote whatever the client sent, and still reaches it as one line that it can read.
    std::string refusal = control::to_line(control::refusal(text));
    check_line(refusal);
    refusal.pop_back();
    const auto read = control::parse_answer(refusal);
    OUTDIAL_CHECK(read && !read->at("ok").get<bool>() && read->at("error").is_string());
    return 0;
}
