#include "config/asterisk_words.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "base/refused_words.hpp"

namespace outdial::config {

namespace {

// They say or play what they are told, or write it into Asterisk's log. Of all others, also of those that a later
// Asterisk or a module of somebody else brings, it is taken that their data may choose where a call goes, whom it
// disturbs, or what is written where.
constexpr std::array<std::string_view, 13> speaking_applications{
    "background",   "controlplayback", "festival",  "morsecode",   "noop",     "playback", "sayalpha",
    "sayalphacase", "saydigits",       "saynumber", "sayphonetic", "sendtext", "verbose"};

std::string lower_case(std::string_view text) {
    std::string result{text};
    std::ranges::transform(result, result.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return result;
}

/// The text with each placeholder replaced by a brace.
std::string without_placeholders(std::string_view text) {
    std::string result;
    while (!text.empty()) {
        const std::size_t open = std::min(text.find('{'), text.size());
        result += text.substr(0, std::min(open + 1, text.size()));
        const std::size_t close = std::min(text.find('}', open), text.size() - 1);
        text.remove_prefix(close + 1);
    }
    return result;
}

}  // namespace

std::optional<std::string> refused_application(std::string_view application, std::string_view data) {
    const auto word = refused_application_word(application, data);
    if (!word) return std::nullopt;
    return fmt::format(
        "contains '{}': Asterisk starts such applications only for users with the 'system' privilege; let the call "
        "enter the dialplan ({{context, exten}}) and run it there",
        *word);
}

std::optional<std::string> refused_data(std::string_view data) {
    const auto word = refused_data_word(without_placeholders(data));
    if (!word) return std::nullopt;
    return fmt::format(
        "contains '{}': Asterisk refuses an Originate with this word in capitals in its data unless the user has the "
        "'system' privilege; write it in lower case or use another name",
        *word);
}

bool is_speaking_application(std::string_view application) {
    return std::ranges::find(speaking_applications, lower_case(application)) != speaking_applications.end();
}

}  // namespace outdial::config
