#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/template.hpp"

// What Asterisk 13 to 23 refuse in an Originate from a user without the `system` privilege (manager.c,
// originate_app_permissions[]), which Outdial neither has nor asks for. Found when the campaign is loaded, not by every
// call of it.
namespace outdial::config {

/// Why this application would be refused: the word in its name, in any case.
[[nodiscard]] std::optional<std::string> refused_application(std::string_view application);

/// Why this application data would be refused: the word in it, in capitals only. Placeholders are not looked at, since
/// their names never reach Asterisk.
[[nodiscard]] std::optional<std::string> refused_data(std::string_view data);

/// Dial, Goto, Queue and the like: what their data says decides where the call goes, so a call list must not fill it.
[[nodiscard]] bool is_routing_application(std::string_view application);

}  // namespace outdial::config
