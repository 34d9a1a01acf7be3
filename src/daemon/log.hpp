#pragma once

#include <string>
#include <string_view>

namespace outdial::daemon {

/// Logs go to stderr, one line an entry, `level key=value ...`; under systemd with its priority prefix. Whatever an
/// entry says, it is written as safe_line() of it: no entry can hold a telephone number or make a line of its own. Call
/// once. Nobody who logs waits for stderr's reader (LogWriter).
void open_log();

/// Waits until what was logged is written; where nobody reads it, for 0.2 s.
void flush_log();

/// The text with telephone numbers masked but for their first two and last four digits, +49...4567.
///
/// A telephone number is any run of 7 to 15 digits, except in an attempt's id (32 hex digits), and behind `id=`, where
/// the operating system's and the database's own numbers stand.
[[nodiscard]] std::string masked(std::string_view text);

/// The text fit for a log: printable(masked(text)).
[[nodiscard]] std::string safe_line(std::string_view text);

/// Text from outside (Asterisk's messages, operating system errors) as one line for whoever shows it: printable(), and
/// cut at 300 bytes. Numbers stay; the log masks them.
[[nodiscard]] std::string one_line(std::string_view text);

}  // namespace outdial::daemon
