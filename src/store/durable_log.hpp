#pragma once

#include "base/result.hpp"

namespace outdial::store {

class Database;

/// Brings the write-ahead log that was just opened onto the disk, whatever became of earlier tries: every frame is
/// written once more, as it was read, and synced. Nothing may be appended before. No other program may reset the log
/// meanwhile: the write lock is held. On an error the connection is not to be used.
[[nodiscard]] Result<void> make_log_durable(Database& database);

}  // namespace outdial::store
