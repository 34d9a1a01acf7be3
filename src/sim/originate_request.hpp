#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ami/message.hpp"
#include "base/result.hpp"
#include "sim/call.hpp"
#include "sim/permissions.hpp"

namespace outdial::sim {

/// Reads an Originate as action_originate of main/manager.c does; the failure is Asterisk's own message. Whether the
/// extension exists is for the caller to check.
[[nodiscard]] Result<Call> read_originate(const ami::Message& action, Classes write_classes);

/// Splits the value of a Variable header as Asterisk does: at commas outside quotes, parentheses and brackets; quotes
/// vanish, a backslash makes the next byte plain text; a pair splits at its first '='.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> split_variables(std::string_view value);

/// `"Name" <number>`, `Name <number>` or a bare number: the name and the number, the latter without blanks, dashes,
/// dots and parentheses.
[[nodiscard]] std::pair<std::string, std::string> split_caller_id(std::string_view text);

}  // namespace outdial::sim
