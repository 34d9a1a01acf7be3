#include "core/template.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace outdial {

namespace {

constexpr std::string_view attribute_prefix = "contact.";
constexpr std::string_view separating = "\\\",()[]";  // for Asterisk's splitting of arguments

std::string_view attribute_of(const Contact& contact, std::string_view name) {
    const auto found = std::ranges::find(contact.attributes, name, &Attributes::value_type::first);
    return found == contact.attributes.end() ? std::string_view{} : std::string_view{found->second};
}

}  // namespace

Result<Template> Template::parse(std::string_view text, Allow allow) {
    using Kind = Part::Kind;
    Template result;
    result.text_ = text;
    std::size_t position = 0;
    while (position < text.size()) {
        const std::size_t open = text.find_first_of("{}", position);
        const std::size_t literal_end = std::min(open, text.size());
        if (literal_end > position) {
            result.parts_.push_back({Kind::literal, std::string{text.substr(position, literal_end - position)}});
        }
        if (open == std::string_view::npos) break;
        const std::size_t close = text[open] == '{' ? text.find('}', open) : std::string_view::npos;
        if (close == std::string_view::npos) {
            return fail(fmt::format("'{}' without its partner at offset {}; a placeholder is written {{digits}}",
                                    text[open], open));
        }
        const std::string_view name = text.substr(open + 1, close - open - 1);
        position = close + 1;

        if (name == "e164" || name == "digits" || name == "national") {
            result.parts_.push_back({name == "e164"     ? Kind::e164
                                     : name == "digits" ? Kind::digits
                                                        : Kind::national,
                                     {}});
            continue;
        }
        if (allow == Allow::number_only) {
            return fail(fmt::format(
                "unknown placeholder {{{}}} at offset {}; here only {{e164}}, {{digits}} and {{national}} are allowed",
                name, open));
        }
        if (name == "attempt" || name == "campaign" || name == "list") {
            result.parts_.push_back({name == "attempt"    ? Kind::attempt
                                     : name == "campaign" ? Kind::campaign
                                                          : Kind::list,
                                     {}});
        } else if (allow == Allow::no_attributes && name.starts_with("contact.")) {
            return fail(
                fmt::format("placeholder {{{}}} at offset {}: a call list may fill the data only of applications that "
                            "speak, such as "
                            "Playback and SayDigits; let the call enter the dialplan, and put this into 'variables'",
                            name, open));
        } else if (name == "contact.external_id") {
            result.parts_.push_back({Kind::external_id, {}});
        } else if (name.starts_with(attribute_prefix) && is_attribute_name(name.substr(attribute_prefix.size()))) {
            result.parts_.push_back({Kind::attribute, std::string{name.substr(attribute_prefix.size())}});
        } else {
            return fail(fmt::format(
                "unknown placeholder {{{}}} at offset {}; known are {{e164}}, {{digits}}, {{national}}, {{attempt}}, "
                "{{campaign}}, {{list}}, {{contact.external_id}} and {{contact.COLUMN}}",
                name, open));
        }
    }
    return result;
}

std::string Template::render(const TemplateValues& values, Quoting quoting) const {
    std::string result;
    const auto add_listed = [&](std::string_view text) {
        for (const char c : text) {
            if (quoting == Quoting::application_argument && separating.find(c) != std::string_view::npos)
                result += '\\';
            result += c;
        }
    };
    for (const Part& part : parts_) {
        switch (part.kind) {
            case Part::Kind::literal: result += part.text; break;
            case Part::Kind::e164: result += values.number.e164; break;
            case Part::Kind::digits: result += values.number.digits(); break;
            case Part::Kind::national: result += values.number.national(); break;
            case Part::Kind::attempt: result += values.attempt; break;
            case Part::Kind::campaign: result += values.campaign; break;
            case Part::Kind::list: result += values.list; break;
            case Part::Kind::external_id: add_listed(values.contact.external_id); break;
            case Part::Kind::attribute: add_listed(attribute_of(values.contact, part.text)); break;
        }
    }
    return result;
}

bool Template::names_number() const {
    return std::ranges::any_of(parts_, [](const Part& part) {
        return part.kind == Part::Kind::e164 || part.kind == Part::Kind::digits || part.kind == Part::Kind::national;
    });
}

}  // namespace outdial
