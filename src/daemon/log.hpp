#pragma once

#include <string>
#include <string_view>

namespace outdial::daemon {

/// Logs go to stderr, one line an entry, `level key=value ...`; under systemd with its priority prefix. Call once.
void open_log();

/// Text from outside (Asterisk's messages, operating system errors) made safe for one log line: control bytes are shown
/// as \xNN, and it is cut at 300 bytes.
[[nodiscard]] std::string one_line(std::string_view text);

}  // namespace outdial::daemon
