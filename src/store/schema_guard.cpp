#include "store/schema_guard.hpp"

#include <fmt/core.h>
#include <sqlite3.h>

#include <memory>

#include "base/check.hpp"
#include "store/migrations.hpp"

namespace outdial::store {

namespace {

// SQLite counts it up with every change of the schema (also with VACUUM, which changes nothing).
constexpr const char* cookie_sql = "PRAGMA schema_version";
// SQLite's own (sqlite_sequence, sqlite_stat1, indexes of constraints) come and go with it.
constexpr const char* objects_sql =
    "SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_schema WHERE name NOT GLOB 'sqlite_*'";

}  // namespace

SchemaGuard::SchemaGuard(Database& database, std::span<const Migration> migrations)
    : database_(database),
      expected_(expected_of(migrations)),
      cookie_(database, cookie_sql),
      objects_(database, objects_sql) {}

// The migrations, carried out in memory.
SchemaGuard::Objects SchemaGuard::expected_of(std::span<const Migration> migrations) {
    sqlite3* raw = nullptr;
    OUTDIAL_CHECK(sqlite3_open(":memory:", &raw) == SQLITE_OK);
    const std::unique_ptr<sqlite3, decltype(&sqlite3_close)> memory{raw, sqlite3_close};
    for (const Migration& migration : migrations) {
        OUTDIAL_CHECK(sqlite3_exec(raw, migration.sql, nullptr, nullptr, nullptr) == SQLITE_OK);
    }
    Objects objects;
    const auto collect = [](void* out, int, char** values, char**) {
        (*static_cast<Objects*>(out))[{values[0], values[1]}] = {values[2], values[3]};
        return 0;
    };
    OUTDIAL_CHECK(sqlite3_exec(raw, objects_sql, collect, &objects, nullptr) == SQLITE_OK);
    return objects;
}

SchemaGuard::Objects SchemaGuard::read(Statement& statement) {
    Objects objects;
    Rows rows = statement.rows();
    while (rows.next()) {
        objects[{std::string{rows.text(0)}, std::string{rows.text(1)}}] = {std::string{rows.text(2)},
                                                                           std::string{rows.text(3)}};
    }
    return objects;
}

void SchemaGuard::check() {
    std::int64_t cookie = -1;
    {
        Rows rows = cookie_.rows();
        if (rows.next()) cookie = rows.integer(0);
    }
    if (database_.failed() || cookie == good_cookie_) return;
    compare(read(objects_));
    if (!database_.failed()) good_cookie_ = cookie;
}

void SchemaGuard::compare(const Objects& found) {
    for (const auto& [name, object] : expected_) {
        const auto same = found.find(name);
        if (same == found.end()) {
            refuse(name, "is missing", "restore it from a backup of the database");
        } else if (same->second.sql != object.sql) {
            refuse(name, "was changed by hand", "undo the change, or restore a backup");
        }
    }
    for (const auto& [name, object] : found) {
        const bool acts_on_our_rows =
            name.first == "trigger" || (name.first == "index" && object.sql.starts_with("CREATE UNIQUE"));
        if (!acts_on_our_rows || expected_.contains(name) || !is_ours(object.table)) continue;
        const std::string undo = fmt::format("drop it: DROP {} \"{}\"", name.first, name.second);
        refuse(name, "was added by hand", undo.c_str());
    }
}

bool SchemaGuard::is_ours(const std::string& table) const {
    return expected_.contains({"table", table}) || expected_.contains({"view", table});
}

void SchemaGuard::refuse(const Name& name, const char* what, const char* advice) {
    database_.refuse(
        fmt::format("database {}: its {} {} {}; {}", database_.path().native(), name.first, name.second, what, advice),
        Fault::altered);
}

}  // namespace outdial::store
