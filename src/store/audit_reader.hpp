#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "store/audit.hpp"
#include "store/database.hpp"

namespace outdial::store {

/// A row of the view audit_log. What is missing is empty; texts are valid until the next row.
struct AuditLine {
    std::int64_t id = 0;
    std::string_view at, kind, actor, campaign, contact, attempt, number, detail, hash;
};

/// Which rows: those of a number, of a time, or of both.
struct AuditQuery {
    std::string number;  // E.164; empty: any
    UtcTime from = UtcTime::min();
    UtcTime to = UtcTime::max();  // not any more
};

/// What a look through the whole chain found.
struct AuditVerdict {
    struct Broken {
        std::int64_t id = 0;
        std::optional<UtcTime> at;  // of the row, where there is one
        std::string what;
    };
    std::int64_t rows = 0;       // that were looked at
    std::int64_t first_id = 0;   // of these
    AuditHead head;              // the last of them
    std::int64_t forgotten = 0;  // whose number was removed with its person
    std::optional<Broken> broken;
};

/// Reads the audit beside the daemon that writes it, or without one; changes nothing and needs only read permission.
/// Used by one thread at a time. Holds a page of rows at a time, in a transaction of its own: a look at ten million
/// rows must not keep the write-ahead log from being reused.
class AuditReader {
public:
    [[nodiscard]] static Result<AuditReader> open(const std::filesystem::path& path);
    AuditReader(AuditReader&&) noexcept;
    AuditReader& operator=(AuditReader&&) noexcept;
    ~AuditReader();

    /// In the order in which they were written. Ends when `take` gives false.
    [[nodiscard]] Result<void> read(const AuditQuery& query, const std::function<bool(const AuditLine&)>& take);
    /// The chain from its beginning to its end, and whether each number is still the one that was called. The first
    /// broken row ends it. What was there is compared with `known_head`, that of some earlier time, if there is one.
    [[nodiscard]] Result<AuditVerdict> verify(const std::optional<AuditHead>& known_head);

private:
    struct Parts;
    explicit AuditReader(std::unique_ptr<Parts> parts);

    std::unique_ptr<Parts> parts_;
};

}  // namespace outdial::store
