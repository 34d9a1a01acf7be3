#include "store/migrations.hpp"

#include <fmt/core.h>

#include <cstdint>
#include <string>

#include "store/database.hpp"
#include "store/statement.hpp"

namespace outdial::store {

namespace {

// "Outd" as a number, in the file's header: tells our databases from other programs'.
constexpr std::int64_t application_id = 0x4f757464;

struct Identity {
    std::int64_t application = 0;
    std::int64_t version = 0;
    std::int64_t tables = 0;
};

Identity identity_of(Database& database) {
    Statement find{database,
                   "SELECT (SELECT application_id FROM pragma_application_id), (SELECT user_version FROM "
                   "pragma_user_version), (SELECT count(*) FROM sqlite_schema)"};
    Rows rows = find.rows();
    if (!rows.next()) return {};
    return {rows.integer(0), rows.integer(1), rows.integer(2)};
}

// PRAGMA takes no parameters and works inside the transaction, so the version moves with the schema or not at all.
void set_version(Database& database, std::size_t version) {
    database.execute("PRAGMA application_id = 1333097572", "marking the database as Outdial's");
    const std::string pragma = fmt::format("PRAGMA user_version = {}", version);
    database.execute(pragma.c_str(), "setting the schema's version");
}

}  // namespace

Result<void> migrate(Database& database, std::span<const Migration> migrations) {
    static_assert(application_id == 1333097572);
    Scope scope{database};
    const Identity found = identity_of(database);
    const auto newest = static_cast<std::int64_t>(migrations.size());
    if (found.tables > 0 && found.application != application_id) {
        database.refuse(fmt::format("database {}: it belongs to another program; give Outdial a file of its own",
                                    database.path().native()));
    } else if (found.version > newest) {
        database.refuse(
            fmt::format("database {}: its schema has version {}, and this program knows only up to {}; "
                        "install the newer Outdial again, or restore the backup made before the upgrade",
                        database.path().native(), found.version, newest));
    } else if (found.version < newest) {
        for (std::size_t i = static_cast<std::size_t>(found.version); i < migrations.size(); ++i) {
            database.execute(migrations[i].sql, migrations[i].name);
        }
        set_version(database, migrations.size());
    }
    return scope.finish();
}

}  // namespace outdial::store
