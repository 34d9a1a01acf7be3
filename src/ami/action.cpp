#include "ami/action.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "ami/text.hpp"

namespace outdial::ami {

namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_header_key(std::string_view key) {
    return !key.empty() &&
           std::ranges::all_of(key, [](char c) { return is_letter(c) || is_digit(c) || c == '-' || c == '_'; });
}

// A key or name as an error may quote it.
std::string printable(std::string_view text) {
    std::string out{text.substr(0, 80)};
    std::ranges::replace_if(out, is_control, '?');
    return out;
}

// Appends "key: value" CRLF. `what` names the header in errors.
Result<void> append_line(std::string& out, std::string_view key, std::string_view value, const std::string& what) {
    if (!is_header_key(key)) {
        return fail(fmt::format("cannot send header '{}': a header's name is made of letters, digits, '-' and '_'",
                                printable(key)));
    }
    if (const auto bad = std::ranges::find_if(value, is_control); bad != value.end()) {
        return fail(
            fmt::format("cannot send {}: byte {} of its value is the control byte 0x{:02x}, which would end or "
                        "cut the line; remove it from the data",
                        what, bad - value.begin(), static_cast<unsigned char>(*bad)));
    }
    if (const std::size_t size = key.size() + 2 + value.size(); size > Action::max_line_bytes) {
        return fail(fmt::format("cannot send {}: its line is {} bytes and Asterisk takes {}; shorten the value", what,
                                size, Action::max_line_bytes));
    }
    out.append(key).append(": ").append(value).append("\r\n");
    return {};
}

}  // namespace

bool is_variable_name(std::string_view name) {
    return !name.empty() && !is_digit(name.front()) &&
           std::ranges::all_of(name, [](char c) { return is_letter(c) || is_digit(c) || c == '_'; });
}

std::string escape_variable_value(std::string_view value) {
    std::string out;
    out.reserve(value.size());
    for (const char c : value) {
        if (std::string_view{"\\\",()[]"}.find(c) != std::string_view::npos) out.push_back('\\');
        out.push_back(c);
    }
    return out;
}

Action& Action::header(std::string_view key, std::string_view value) {
    headers_.push_back({std::string{key}, std::string{value}, {}});
    return *this;
}

Action& Action::variable(std::string_view name, std::string_view value) {
    headers_.push_back({"Variable", fmt::format("{}={}", name, escape_variable_value(value)), std::string{name}});
    // An empty name is refused by encode(), like any other that is not one.
    if (name.empty()) headers_.back().variable = "=";
    return *this;
}

Result<std::string> Action::encode(std::string_view action_id) const {
    if (headers_.size() + 2 > max_headers) {
        return fail(fmt::format("cannot send {}: it has {} headers and Asterisk takes {}; set fewer variables",
                                printable(name_), headers_.size() + 2, max_headers));
    }
    if (action_id.empty() || action_id.size() > max_action_id_bytes) {
        return fail(fmt::format("cannot send {}: its ActionID has {} bytes, not 1 to {}", printable(name_),
                                action_id.size(), max_action_id_bytes));
    }
    std::string out;
    if (auto line = append_line(out, "Action", name_, "header 'Action'"); !line) return tl::unexpected(line.error());
    if (auto line = append_line(out, "ActionID", action_id, "header 'ActionID'"); !line) {
        return tl::unexpected(line.error());
    }
    for (const Header& header : headers_) {
        const bool sets_variable = !header.variable.empty();
        if (sets_variable && !is_variable_name(header.variable)) {
            return fail(
                fmt::format("cannot set variable '{}': a name is letters, digits and '_', and does not begin "
                            "with a digit",
                            printable(header.variable)));
        }
        const std::string what = sets_variable ? fmt::format("variable '{}'", header.variable)
                                               : fmt::format("header '{}' of {}", printable(header.key), name_);
        if (auto line = append_line(out, header.key, header.value, what); !line) return tl::unexpected(line.error());
    }
    out.append("\r\n");
    return out;
}

}  // namespace outdial::ami
