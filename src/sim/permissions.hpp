#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace outdial::sim {

/// AMI's event and action classes, as bits with Asterisk's own numbers (a client may send an event mask as a number).
using Classes = std::uint32_t;
inline constexpr Classes class_system = 1;
inline constexpr Classes class_call = 2;
inline constexpr Classes class_command = 16;
inline constexpr Classes class_agent = 32;
inline constexpr Classes class_user = 64;
inline constexpr Classes class_config = 128;
inline constexpr Classes class_dtmf = 256;
inline constexpr Classes class_reporting = 512;
inline constexpr Classes class_cdr = 1'024;
inline constexpr Classes class_dialplan = 2'048;
inline constexpr Classes class_originate = 4'096;
inline constexpr Classes class_all = 0x7fffffff;

/// `system,call,originate`, or `all`; nothing when a word is unknown.
[[nodiscard]] std::optional<Classes> parse_classes(std::string_view list);
/// The value of a Login's `Events` or of an Events action's `EventMask`: on, off, a number or a list. An unknown word
/// turns all off, as in Asterisk.
[[nodiscard]] Classes parse_event_mask(std::string_view mask);

/// A manager.conf user.
struct Account {
    std::string name;
    std::string secret;
    Classes read = class_system | class_call | class_user;
    Classes write = class_originate | class_call | class_reporting;
};

}  // namespace outdial::sim
