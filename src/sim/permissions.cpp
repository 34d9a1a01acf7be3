#include "sim/permissions.hpp"

#include <array>
#include <charconv>
#include <utility>

#include "ami/text.hpp"

namespace outdial::sim {

namespace {

using ami::equal_ignoring_case;

constexpr std::array<std::pair<std::string_view, Classes>, 12> class_names = {{{"system", class_system},
                                                                               {"call", class_call},
                                                                               {"command", class_command},
                                                                               {"agent", class_agent},
                                                                               {"user", class_user},
                                                                               {"config", class_config},
                                                                               {"dtmf", class_dtmf},
                                                                               {"reporting", class_reporting},
                                                                               {"cdr", class_cdr},
                                                                               {"dialplan", class_dialplan},
                                                                               {"originate", class_originate},
                                                                               {"all", class_all}}};

std::optional<Classes> class_of(std::string_view word) {
    for (const auto& [class_name, bits] : class_names) {
        if (equal_ignoring_case(word, class_name)) return bits;
    }
    return std::nullopt;
}

std::string_view trimmed(std::string_view text) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    return text;
}

}  // namespace

std::optional<Classes> parse_classes(std::string_view list) {
    Classes classes = 0;
    while (!list.empty()) {
        const auto comma = list.find(',');
        const auto bits = class_of(trimmed(list.substr(0, comma)));
        if (!bits) return std::nullopt;
        classes |= *bits;
        list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
    }
    return classes;
}

Classes parse_event_mask(std::string_view mask) {
    for (const std::string_view word : {"on", "true", "yes", "y", "t", "1", "-1"}) {
        if (equal_ignoring_case(mask, word)) return class_all;
    }
    Classes number = 0;
    const auto [end, error] = std::from_chars(mask.data(), mask.data() + mask.size(), number);
    if (error == std::errc{} && end == mask.data() + mask.size()) return number;
    return parse_classes(mask).value_or(0);
}

}  // namespace outdial::sim
