#pragma once

#include <span>

#include "base/result.hpp"

namespace outdial::store {

class Database;

/// One file of schema/, in order; the n-th brings a database from user_version n-1 to n.
struct Migration {
    const char* name;
    const char* sql;
};

/// What this program was built with.
[[nodiscard]] std::span<const Migration> embedded_migrations();

/// Brings the database to the newest schema, each step in one transaction. Refuses a database that is newer than
/// `migrations`, or not Outdial's.
[[nodiscard]] Result<void> migrate(Database& database, std::span<const Migration> migrations);

}  // namespace outdial::store
