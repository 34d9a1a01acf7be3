#pragma once

#include <optional>
#include <string>

#include "base/time.hpp"

namespace outdial::daemon {

/// Messages to systemd (sd_notify); without systemd each does nothing.
void notify_ready();
void notify_reloading();
void notify_stopping();
/// One line for `systemctl status`.
void notify_status(const std::string& text);
void notify_watchdog();

/// How often systemd expects notify_watchdog(); nothing when it does not watch.
[[nodiscard]] std::optional<Milliseconds> watchdog_interval();

}  // namespace outdial::daemon
