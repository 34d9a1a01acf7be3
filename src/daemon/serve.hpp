#pragma once

#include <filesystem>

namespace outdial::daemon {

struct ServeOptions {
    std::filesystem::path config = "/etc/outdial/outdial.yaml";
    /// Dial though the clock is earlier than the newest attempt in the database, which a wrong clock has made.
    bool trust_clock = false;
    /// Use a database that is older than the one used last: people who were called since may be called again.
    bool accept_rollback = false;
};

/// Runs the daemon in the foreground until SIGTERM or SIGINT. Gives the process's exit status: 0 stopped as asked, 1
/// failed (the log says why), 78 configuration.
[[nodiscard]] int serve(const ServeOptions& options);

}  // namespace outdial::daemon
