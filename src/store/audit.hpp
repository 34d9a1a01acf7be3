// The audit: rows that are only ever added, in the transaction of what they tell of, and that are chained by hashes.
//
// A row's hash is SHA-256 over the hash of the row before it (32 bytes; for the first row the anchor's, which is zeros
// until rows are removed for their age), and then over its columns in the table's order: audit_id, at, kind, actor,
// campaign_id, contact_id, attempt_id, number_digest, detail. Each is written so that no two rows can give the same
// bytes: NULL as the byte 0; an integer as the byte 1 and its 8 bytes, the highest first; text and bytes as the byte 2,
// their length as 8 bytes, the highest first, and themselves. Whoever knows this much checks the chain in any language;
// src/store/audit_check.cpp does it for `outdial report audit --verify`.
//
// A telephone number is not in the chain, which could never forget it: number_digest is SHA-256 over a random salt and
// the number. Both stand outside, with the attempt or in audit_number, and go when the person is forgotten; without the
// salt nobody can find the number by trying them all.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/sha256.hpp"
#include "store/statement.hpp"

namespace outdial::store {

/// Who has something done, and when.
struct Origin {
    Origin(UtcTime when, std::string who = {}) : at(when), actor(std::move(who)) {}
    UtcTime at;
    std::string actor;  // empty: the daemon by itself
};

/// What a row tells of. Its detail is a JSON object: docs/reporting.md.
enum class AuditKind {
    start,
    stop,
    claim,       // an attempt, and why it was allowed
    settlement,  // an attempt's end
    campaign,    // another state
    do_not_call,
    callback,  // that an operator ordered
    import,
    forget,
    reload,
    configuration,  // a file of it is another one
};
[[nodiscard]] std::string_view to_text(AuditKind kind);

using outdial::bytes_of;
using NumberSalt = std::array<char, 16>;
[[nodiscard]] inline std::string_view bytes_of(const NumberSalt& salt) { return {salt.data(), salt.size()}; }

/// One row, without its id and hash. Holds no secret, no name and no number in clear: it cannot be forgotten.
struct AuditEntry {
    AuditKind kind{};
    UtcTime at{};
    std::string_view actor{};
    std::optional<CampaignId> campaign{};
    std::optional<ContactId> contact{};
    std::optional<AttemptId> attempt{};
    std::string_view number{};         // E.164, or none. Stored in audit_number where there is no attempt
    std::optional<NumberSalt> salt{};  // of the number
    std::string_view detail{};
};

inline constexpr Milliseconds default_audit_keep = std::chrono::hours{24} * 1826;  // five years, 16 CFR 310.5
/// Rows whose times audit_span sums up.
inline constexpr std::int64_t rows_a_span = 256;
/// So that a claim that comes meanwhile does not wait long.
inline constexpr std::int64_t max_audit_rows_removed_at_once = 500;

/// A row as it stands in the table, for those who check it.
struct AuditRow {
    std::int64_t id = 0;
    std::int64_t at = 0;
    std::string_view kind;
    std::optional<std::string_view> actor;
    std::optional<std::int64_t> campaign;
    std::optional<std::int64_t> contact;
    std::optional<std::string_view> attempt;
    std::optional<std::string_view> number_digest;
    std::string_view detail;
};

/// The bytes that are hashed, put into `out`, which is emptied before.
void write_hashed_bytes(std::string& out, const Digest& previous, const AuditRow& row);

/// SQLite's random numbers: the kernel's on a machine, those of the seed on a simulated disk. Never those of
/// base/random, which ids are made of and give away.
[[nodiscard]] NumberSalt fresh_number_salt();
[[nodiscard]] Digest number_digest(Sha256& sha256, std::string_view salt, std::string_view number);

/// The newest row of the chain; where there is none, the anchor.
struct AuditHead {
    std::int64_t id = 0;
    Digest hash{};
    bool operator==(const AuditHead&) const = default;
};

/// All members run inside the caller's Scope.
class Audit {
public:
    explicit Audit(Database& database) : database_(database) {}

    /// Of the row that the next append() makes.
    [[nodiscard]] std::int64_t next_id() { return head().id + 1; }
    void append(const AuditEntry& entry);
    [[nodiscard]] AuditHead head();

    /// Whether the oldest row is so much older than the newest: a clock that is asked now may be wrong.
    [[nodiscard]] bool has_older_than(Milliseconds keep);
    /// The first of them, a few at a time; the chain then begins behind them.
    void remove_older_than(Milliseconds keep);

private:
    [[nodiscard]] AuditHead read_head();

    Database& database_;
    Sha256 sha256_;
    std::string hashed_;             // kept for its memory
    std::optional<AuditHead> head_;  // as of rollbacks_
    std::uint64_t rollbacks_ = 0;
    Statement newest_{database_, "SELECT audit_id, hash, at FROM audit ORDER BY audit_id DESC LIMIT 1"};
    Statement anchor_{database_, "SELECT audit_id, hash FROM audit_anchor"};
    Statement insert_{database_,
                      "INSERT INTO audit (audit_id, at, kind, actor, campaign_id, contact_id, attempt_id, "
                      "number_digest, detail, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"};
    Statement insert_number_{database_, "INSERT INTO audit_number (audit_id, number, salt) VALUES (?1, ?2, ?3)"};
    Statement insert_span_{database_,
                           "INSERT INTO audit_span (last_id, least_at, most_at) SELECT ?1, min(at), max(at) FROM audit "
                           "WHERE audit_id <= ?1 AND audit_id > ?2"};
    Statement oldest_{database_, "SELECT audit_id, hash, at FROM audit ORDER BY audit_id LIMIT ?1"};
    Statement move_anchor_{database_, "UPDATE audit_anchor SET audit_id = ?1, hash = ?2"};
    Statement remove_{database_, "DELETE FROM audit WHERE audit_id <= ?1"};
    Statement remove_spans_{database_, "DELETE FROM audit_span WHERE last_id <= ?1"};
    Statement remove_numbers_{database_, "DELETE FROM audit_number WHERE audit_id <= ?1"};
};

}  // namespace outdial::store
