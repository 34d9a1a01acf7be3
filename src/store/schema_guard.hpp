#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>

#include "base/result.hpp"
#include "store/statement.hpp"

namespace outdial::store {

struct Migration;

/// Stops the daemon from writing through a schema that somebody has altered by hand: a trigger that undoes claims, a
/// missing index that let a number be called twice. What may be added: views, tables, and indexes that are not unique,
/// because they change nothing of what Outdial's statements do.
class SchemaGuard {
public:
    /// `migrations` make the schema that is expected.
    SchemaGuard(Database& database, std::span<const Migration> migrations);

    /// Inside a transaction. Reads one number of the file's header, and the schema itself only when that has changed.
    /// Refuses (Fault::altered) with the name of the object, and what to do.
    void check();

private:
    using Name = std::pair<std::string, std::string>;  // type, name
    struct Object {
        std::string table;
        std::string sql;
    };
    using Objects = std::map<Name, Object>;

    [[nodiscard]] static Objects expected_of(std::span<const Migration> migrations);
    [[nodiscard]] static Objects read(Statement& statement);
    void compare(const Objects& found);
    void refuse(const Name& name, const char* what, const char* advice);
    [[nodiscard]] bool is_ours(const std::string& table) const;

    Database& database_;
    Objects expected_;
    Statement cookie_;
    Statement objects_;
    std::int64_t good_cookie_ = -1;
};

}  // namespace outdial::store
