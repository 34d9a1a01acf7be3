// DatabaseView: is the audit what it promises to be? By its description in docs/reporting.md, with no line of the
// store's.
#include <fmt/format.h>
#include <sqlite3.h>

#include "base/sha256.hpp"
#include "simulation/database_view.hpp"

namespace outdial::simulation {

namespace {

constexpr const char* anchor_sql = "SELECT audit_id, hash FROM audit_anchor";
constexpr const char* rows_sql =
    "SELECT audit_id, at, kind, actor, campaign_id, contact_id, attempt_id, number_digest, detail, hash FROM audit "
    "ORDER BY audit_id";

// An attempt without the row of its claim or of its end, as long as these are kept; or rows without an attempt.
constexpr const char* attempts_sql =
    "WITH kept AS (SELECT audit_id, kind, attempt_id, detail FROM audit), "
    "anchor AS (SELECT audit_id AS removed FROM audit_anchor) "
    "SELECT 'attempt ' || t.attempt_id || ' has no proof of why it was allowed' FROM attempt AS t, anchor "
    "LEFT JOIN kept AS k ON k.audit_id = t.claim_audit_id "
    "WHERE t.claim_audit_id IS NULL OR (t.claim_audit_id > removed AND "
    "(k.kind IS NOT 'claim' OR lower(hex(k.attempt_id)) <> t.attempt_id)) "
    "UNION ALL SELECT 'attempt ' || t.attempt_id || ' has ended, and the audit does not say how' "
    "FROM attempt AS t, anchor LEFT JOIN kept AS k ON k.audit_id = t.end_audit_id "
    "WHERE t.ended_at IS NOT NULL AND (t.end_audit_id IS NULL OR (t.end_audit_id > removed AND "
    "(k.kind IS NOT 'settlement' OR lower(hex(k.attempt_id)) <> t.attempt_id "
    "OR json_extract(k.detail, '$.disposition') IS NOT t.disposition))) "
    "UNION ALL SELECT 'row ' || k.audit_id || ' tells of an attempt that does not know it' FROM kept AS k "
    "LEFT JOIN attempt AS t ON t.attempt_id = lower(hex(k.attempt_id)) WHERE k.attempt_id IS NOT NULL "
    "AND k.audit_id IS NOT t.claim_audit_id AND k.audit_id IS NOT t.end_audit_id LIMIT 1";

constexpr const char* numbers_sql =
    "SELECT a.audit_id, a.number_digest, coalesce(t.number, n.number), coalesce(t.number_salt, n.salt) FROM audit AS a "
    "LEFT JOIN attempt AS t ON t.attempt_id = lower(hex(a.attempt_id)) "
    "LEFT JOIN audit_number AS n ON n.audit_id = a.audit_id WHERE a.number_digest IS NOT NULL";

constexpr const char* ordered_sql =
    "SELECT 1 FROM audit_number AS n JOIN audit AS a ON a.audit_id = n.audit_id "
    "WHERE n.number = ?1 AND a.kind = 'do_not_call' UNION ALL SELECT 1 FROM audit_anchor WHERE audit_id > 0";

std::string_view bytes(sqlite3_stmt* row, int column) {
    const void* data = sqlite3_column_blob(row, column);
    if (data == nullptr) return {};
    return {static_cast<const char*>(data), static_cast<std::size_t>(sqlite3_column_bytes(row, column))};
}

void add_big_endian(std::string& out, sqlite3_int64 value) {
    for (int byte = 7; byte >= 0; --byte) out.push_back(static_cast<char>(value >> (8 * byte)));
}

std::string hashed_columns(sqlite3_stmt* row) {
    std::string out;
    for (int column = 0; column < 9; ++column) {
        switch (sqlite3_column_type(row, column)) {
            case SQLITE_NULL: out.push_back('\0'); break;
            case SQLITE_INTEGER:
                out.push_back('\1');
                add_big_endian(out, sqlite3_column_int64(row, column));
                break;
            default:
                const std::string_view value = bytes(row, column);
                out.push_back('\2');
                add_big_endian(out, static_cast<sqlite3_int64>(value.size()));
                out.append(value);
        }
    }
    return out;
}

}  // namespace

std::string DatabaseView::audit_fault() {
    Sha256 sha256;
    sqlite3_int64 last = 0;
    std::string hash;
    {
        sqlite3_stmt* anchor = statement(anchor_sql);
        if (step(anchor)) {
            last = sqlite3_column_int64(anchor, 0);
            hash = bytes(anchor, 1);
        }
        sqlite3_reset(anchor);
    }
    sqlite3_stmt* row = statement(rows_sql);
    while (step(row)) {
        const sqlite3_int64 id = sqlite3_column_int64(row, 0);
        if (id != last + 1) return fmt::format("behind row {} of the audit comes row {}", last, id);
        const Digest digest = sha256.of(hash + hashed_columns(row));
        if (bytes_of(digest) != bytes(row, 9)) return fmt::format("the chain is broken at row {}", id);
        last = id;
        hash = bytes(row, 9);
    }
    sqlite3_stmt* attempts = statement(attempts_sql);
    std::string found = step(attempts) ? std::string{bytes(attempts, 0)} : std::string{};
    sqlite3_reset(attempts);
    if (!found.empty()) return found;
    sqlite3_stmt* numbers = statement(numbers_sql);
    while (step(numbers)) {
        const Digest digest = sha256.of(std::string{bytes(numbers, 3)} + std::string{bytes(numbers, 2)});
        if (bytes_of(digest) == bytes(numbers, 1)) continue;
        return fmt::format("row {} is not of the number beside it", sqlite3_column_int64(numbers, 0));
    }
    return {};
}

bool DatabaseView::audit_tells_of_order(const std::string& number) {
    sqlite3_stmt* row = statement(ordered_sql);
    sqlite3_bind_text(row, 1, number.data(), static_cast<int>(number.size()), SQLITE_TRANSIENT);
    const bool told = step(row);
    sqlite3_reset(row);
    return told;
}

}  // namespace outdial::simulation
