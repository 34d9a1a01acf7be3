#pragma once

#include <optional>

#include "base/file_lock.hpp"
#include "cli/environment.hpp"
#include "store/store.hpp"

namespace outdial::cli {

/// The running daemon, or the database itself while none runs: whoever writes to the database holds its lock. One of
/// `client` and `store` is there.
struct DatabaseAccess {
    std::optional<control::Client> client;
    std::optional<FileLock> lock;  // before the store: the database is closed first
    std::optional<store::Store> store;
};

/// Who has something done to the database itself, for the audit.
[[nodiscard]] store::Origin own_origin(std::string_view command);

/// Where neither can be had: why, and that what `without_daemon` says cannot be done ("the database be used").
[[nodiscard]] Outcome<DatabaseAccess> access_database(const CommonOptions& common, const config::DaemonConfig& config,
                                                      std::string_view without_daemon);

}  // namespace outdial::cli
