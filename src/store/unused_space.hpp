// SQLite overwrites what is deleted (PRAGMA secure_delete), but not what it leaves behind when it moves rows from one
// page to another: a copy may stand between a page's list of rows and its first row until a later row takes the place.
// About one in a thousand rows that were put into a large index in random order has such a copy (seen with 3.40.1).
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "store/database.hpp"

namespace outdial::store {

/// The file's size; 0 where it cannot be told.
[[nodiscard]] std::int64_t database_bytes(Database& database);

/// Whether one of the texts stands in that space of any page of the database file. Read through SQLite's own handle,
/// because closing another one would drop the locks that this process holds. For when the write-ahead log is empty.
/// What cannot be read counts as found.
[[nodiscard]] bool stands_in_unused_space(Database& database, std::span<const std::string> texts);

}  // namespace outdial::store
