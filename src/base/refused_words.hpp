#pragma once

#include <optional>
#include <string_view>

// What Asterisk 13 to 23 refuse in an Originate from a user without the `system` privilege (main/manager.c,
// originate_app_permissions[]), which Outdial neither has nor asks for. One table for both who ask: the configuration,
// so that a campaign is refused when it is loaded and not by every call of it, and the AMI encoder, which sees what a
// call list has filled in.
namespace outdial {

/// The word for which an application is refused together with its data: in any case and place of its name. `Queue` with
/// an AGI script is refused too.
[[nodiscard]] std::optional<std::string_view> refused_application_word(std::string_view application,
                                                                       std::string_view data);

/// The word for which the application's data is refused; in capitals only.
[[nodiscard]] std::optional<std::string_view> refused_data_word(std::string_view data);

}  // namespace outdial
