#pragma once

#include "config/configuration.hpp"
#include "store/store.hpp"

namespace outdial::daemon {

/// How the daemon was started.
struct StartNote {
    bool after_unclean_stop = false;
    bool trust_clock = false;
    bool accept_rollback = false;
};

/// In the audit: that the daemon starts, by what it was told to put up with, and how its configuration differs from the
/// one that the audit knew last.
[[nodiscard]] Result<void> note_start(store::Store& store, const config::Configuration& configuration,
                                      const StartNote& note, const store::Origin& by);
/// In the audit: that the configuration was read again, and what is another one since.
[[nodiscard]] Result<void> note_reload(store::Store& store, const config::Configuration& configuration,
                                       const store::Origin& by);
[[nodiscard]] Result<void> note_stop(store::Store& store, const store::Origin& by);

}  // namespace outdial::daemon
