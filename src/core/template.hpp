#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "core/contact.hpp"

namespace outdial {

/// What placeholders may be filled with for one attempt. Must outlive the call that uses it.
struct TemplateValues {
    const PhoneNumber& number;
    const Contact& contact;
    std::string_view attempt;
    std::string_view campaign;
    std::string_view list;
};

/// A text of the configuration with placeholders in braces, checked when it is loaded.
///   {e164} +12125550100   {digits} 12125550100   {national} 2125550100
/// and, where `Allow::anything`: {attempt} {campaign} {list} {contact.external_id} {contact.NAME} (an attribute; empty
/// where a contact lacks it).
class Template {
public:
    /// No attribute of a call list may choose where a call goes. number_only: dial strings and extensions;
    /// no_attributes: what dialplan applications are told, but for those that only speak.
    enum class Allow { number_only, no_attributes, anything };

    Template() = default;
    /// The error names the placeholder and its 0-based offset in `text`.
    [[nodiscard]] static Result<Template> parse(std::string_view text, Allow allow);

    /// What comes of a call list is put in as it is, or so that a dialplan application takes it for one argument: its
    /// commas, quotes, brackets and backslashes with a backslash before them, which Asterisk's argument splitting takes
    /// away again (AST_STANDARD_APP_ARGS).
    enum class Quoting { none, application_argument };
    [[nodiscard]] std::string render(const TemplateValues& values, Quoting quoting = Quoting::none) const;
    /// As it was written.
    [[nodiscard]] const std::string& text() const { return text_; }
    /// Whether any {e164}, {digits} or {national} stands in it.
    [[nodiscard]] bool names_number() const;
    [[nodiscard]] bool empty() const { return text_.empty(); }
    bool operator==(const Template& other) const { return text_ == other.text_; }

private:
    struct Part {
        enum class Kind { literal, e164, digits, national, attempt, campaign, list, external_id, attribute };
        Kind kind;
        std::string text;  // the literal, or the attribute's name
    };

    std::string text_;
    std::vector<Part> parts_;
};

}  // namespace outdial
