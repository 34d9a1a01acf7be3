// The bytes of AMI, read by our own few lines: what left the daemon, and what reaches a server, is judged by this and
// not by the code that wrote it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace outdial::simulation {

/// The first whole message of the bytes, its closing empty line included; empty while there is none.
[[nodiscard]] std::string_view first_frame(std::string_view bytes);

/// The value of the first header of that name; empty when there is none.
[[nodiscard]] std::string_view header(std::string_view frame, std::string_view name);

/// An Originate, as its bytes say it.
struct WiredCall {
    std::string attempt;  // ChannelId
    std::string action_id;
    std::string number;                              // of Channel: digits only
    std::string trunk;                               // of Channel
    std::string campaign, contact, note, not_after;  // of its variables
    std::size_t headers = 0;
    std::size_t variables = 0;
};

/// Nothing when the frame is no Originate. Variables are split as Asterisk does it: at commas outside quotes and
/// brackets, with a backslash before what is meant as it stands.
[[nodiscard]] std::optional<WiredCall> read_call(std::string_view frame);

}  // namespace outdial::simulation
