#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace outdial::ami {

/// An action to send, with its headers in order. Nothing is checked until encode(), which refuses whatever Asterisk
/// would read differently from what was meant.
class Action {
public:
    /// CRLF not counted. Asterisk takes 1,022; one byte more yields two errors or a cut value.
    static constexpr std::size_t max_line_bytes = 1'000;
    /// `Action` and `ActionID` included. Asterisk takes 128.
    static constexpr std::size_t max_headers = 100;
    /// Asterisk builds list events around the id in char[150]; a longer one swallows the next header.
    static constexpr std::size_t max_action_id_bytes = 127;

    explicit Action(std::string name) : name_(std::move(name)) {}

    Action& header(std::string_view key, std::string_view value);
    /// A channel variable, in a `Variable` header of its own. The name is [A-Za-z_][A-Za-z0-9_]* (a name that ends in
    /// ')' would call a dialplan function); the value may hold any text without control bytes and arrives as given.
    Action& variable(std::string_view name, std::string_view value);

    [[nodiscard]] const std::string& name() const { return name_; }

    /// The bytes to send, empty line included. An error names the header at fault, and never quotes a value: it may be
    /// a secret. `ActionID` comes right after `Action`: Asterisk answers a message it cannot parse with the ActionID it
    /// has read so far, and the lines before it cannot be at fault.
    [[nodiscard]] Result<std::string> encode(std::string_view action_id) const;

private:
    struct Header {
        std::string key;
        std::string value;
        std::string variable;  // the name, when the header sets a channel variable
    };

    std::string name_;
    std::vector<Header> headers_;
};

/// A variable's value as it must stand in a `Variable` header: Asterisk splits that header at commas and takes out
/// quotes and backslashes (AST_STANDARD_APP_ARGS), unless they are escaped.
[[nodiscard]] std::string escape_variable_value(std::string_view value);
[[nodiscard]] bool is_variable_name(std::string_view name);

}  // namespace outdial::ami
