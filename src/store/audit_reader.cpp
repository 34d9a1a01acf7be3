#include "store/audit_reader.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace outdial::store {

namespace {

constexpr std::int64_t rows_a_page = 10'000;

#define AUDIT_COLUMNS "SELECT audit_id, at, kind, actor, campaign, contact_id, attempt_id, number, detail, hash "

// ?1 the number, ?2 and ?3 the time, ?4 the last row before. A number's rows are few, however many there are in all.
constexpr const char* of_number_sql = AUDIT_COLUMNS
    "FROM audit_log WHERE audit_id IN ("
    "SELECT t.claim_audit_id FROM attempt AS t WHERE t.number = ?1 AND t.contact_id IN ("
    "SELECT contact_id FROM contact_number WHERE number = ?1 AND position = 0 "
    "UNION SELECT contact_id FROM contact_number WHERE number = ?1 AND position > 0) "
    "UNION ALL SELECT t.end_audit_id FROM attempt AS t WHERE t.number = ?1 AND t.contact_id IN ("
    "SELECT contact_id FROM contact_number WHERE number = ?1 AND position = 0 "
    "UNION SELECT contact_id FROM contact_number WHERE number = ?1 AND position > 0) "
    "UNION ALL SELECT audit_id FROM audit_number WHERE number = ?1) "
    "AND audit_id > ?4 AND audit_id IN (SELECT audit_id FROM audit WHERE at >= ?2 AND at < ?3) "
    "ORDER BY audit_id LIMIT ?5";

// In two steps, so that SQLite reads a page's rows and no more: the ids by the index of times, then the rows.
constexpr const char* of_time_sql = AUDIT_COLUMNS
    ", raw_at FROM (SELECT audit_id AS id, at AS raw_at FROM audit INDEXED BY audit_by_time "
    "WHERE (at, audit_id) > (?1, ?2) AND at < ?3 ORDER BY at, audit_id LIMIT ?4) CROSS JOIN audit_log ON audit_id = id "
    "ORDER BY raw_at, id";

constexpr const char* page_sql =
    "SELECT a.audit_id, a.at, a.kind, a.actor, a.campaign_id, a.contact_id, a.attempt_id, a.number_digest, a.detail, "
    "a.hash, coalesce(t.number, n.number), coalesce(t.number_salt, n.salt), "
    "a.number_digest IS NOT NULL AND a.attempt_id IS NOT NULL AND t.attempt_id IS NULL "
    "FROM audit AS a LEFT JOIN audit_number AS n ON n.audit_id = a.audit_id "
    "LEFT JOIN attempt AS t ON a.number_digest IS NOT NULL AND t.attempt_id = lower(hex(a.attempt_id)) "
    "WHERE a.audit_id > ?1 AND a.audit_id <= ?2 ORDER BY a.audit_id LIMIT ?3";

AuditRow row_of(const Rows& rows) {
    const auto bytes = [&rows](int column) {
        return rows.is_null(column) ? std::nullopt : std::optional{rows.blob(column)};
    };
    const auto number = [&rows](int column) {
        return rows.is_null(column) ? std::nullopt : std::optional{rows.integer(column)};
    };
    return {.id = rows.integer(0),
            .at = rows.integer(1),
            .kind = rows.text(2),
            .actor = rows.is_null(3) ? std::nullopt : std::optional{rows.text(3)},
            .campaign = number(4),
            .contact = number(5),
            .attempt = bytes(6),
            .number_digest = bytes(7),
            .detail = rows.text(8)};
}

AuditLine line_of(const Rows& rows) {
    return {.id = rows.integer(0),
            .at = rows.text(1),
            .kind = rows.text(2),
            .actor = rows.text(3),
            .campaign = rows.text(4),
            .contact = rows.text(5),
            .attempt = rows.text(6),
            .number = rows.text(7),
            .detail = rows.text(8),
            .hash = rows.text(9)};
}

bool take_digest(std::string_view bytes, Digest& into) {
    if (bytes.size() != into.size()) return false;
    std::ranges::copy(bytes, into.begin());
    return true;
}

}  // namespace

struct AuditReader::Parts {
    explicit Parts(std::unique_ptr<Database> opened) : database(std::move(opened)) {}

    std::unique_ptr<Database> database;
    Statement of_number{*database, of_number_sql};
    Statement of_time{*database, of_time_sql};
    Statement page{*database, page_sql};
    Statement one{*database, "SELECT hash, at FROM audit WHERE audit_id = ?1"};
    Statement forgotten{*database,
                        "SELECT 1 FROM audit INDEXED BY audit_forgotten WHERE kind = 'forget' AND contact_id = ?1 "
                        "AND audit_id > ?2 LIMIT 1"};
    Statement newest{*database, "SELECT max(audit_id) FROM audit"};
    Statement anchor{*database, "SELECT audit_id, hash FROM audit_anchor"};
    Sha256 sha256;
    std::string hashed;

    [[nodiscard]] Result<void> outcome() {
        if (auto failure = database->take_failure()) return tl::unexpected{std::move(failure->error)};
        return {};
    }
    [[nodiscard]] AuditHead anchor_now() {
        AuditHead head;
        Rows rows = anchor.rows();
        if (rows.next() && take_digest(rows.blob(1), head.hash)) head.id = rows.integer(0);
        return head;
    }
    void look_at_page(std::int64_t last, AuditVerdict& verdict, bool& more);
    [[nodiscard]] std::string fault_of(const Rows& rows, const AuditRow& row, AuditVerdict& verdict);
    void compare_head(const AuditHead& known, std::int64_t removed, AuditVerdict& verdict);
};

AuditReader::AuditReader(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
AuditReader::AuditReader(AuditReader&&) noexcept = default;
AuditReader& AuditReader::operator=(AuditReader&&) noexcept = default;
AuditReader::~AuditReader() = default;

Result<AuditReader> AuditReader::open(const std::filesystem::path& path) {
    auto database = Database::open(path, Database::Access::read_only);
    if (!database) return tl::unexpected<Error>(std::move(database.error()));
    return AuditReader{std::make_unique<Parts>(std::move(*database))};
}

Result<void> AuditReader::read(const AuditQuery& query, const std::function<bool(const AuditLine&)>& take) {
    std::int64_t last_at = to_unix_ms(query.from) - (query.from == UtcTime::min() ? 0 : 1);
    std::int64_t last_id = query.number.empty() ? std::numeric_limits<std::int64_t>::max() : 0;
    for (std::int64_t rows_read = rows_a_page; rows_read == rows_a_page;) {
        rows_read = 0;
        Rows rows = query.number.empty()
                        ? parts_->of_time.rows(last_at, last_id, query.to, rows_a_page)
                        : parts_->of_number.rows(query.number, query.from, query.to, last_id, rows_a_page);
        while (rows.next()) {
            ++rows_read;
            last_id = rows.integer(0);
            if (query.number.empty()) last_at = rows.integer(10);
            if (!take(line_of(rows))) return parts_->outcome();
        }
    }
    return parts_->outcome();
}

// What is wrong with a row that hashes as it should have been: nothing, or its number.
std::string AuditReader::Parts::fault_of(const Rows& rows, const AuditRow& row, AuditVerdict& verdict) {
    if (!row.number_digest) return {};
    if (rows.integer(12) != 0) return "the attempt that it tells of is gone";
    if (rows.is_null(11)) {
        ++verdict.forgotten;
        if (!row.attempt || forgotten.rows(row.contact, row.id).next()) return {};
        return "its number was removed, and nobody has forgotten the person";
    }
    if (bytes_of(number_digest(sha256, rows.blob(11), rows.text(10))) == *row.number_digest) return {};
    return "the number beside it is not the one that it was written for";
}

void AuditReader::Parts::look_at_page(std::int64_t last, AuditVerdict& verdict, bool& more) {
    more = false;
    Rows rows = page.rows(verdict.head.id, last, rows_a_page);
    while (rows.next()) {
        more = true;
        const AuditRow row = row_of(rows);
        const auto broken = [&](std::int64_t id, std::optional<UtcTime> at, std::string what) {
            verdict.broken = AuditVerdict::Broken{id, at, std::move(what)};
        };
        if (row.id != verdict.head.id + 1) {
            return broken(verdict.head.id + 1, std::nullopt, fmt::format("it is missing, before row {}", row.id));
        }
        write_hashed_bytes(hashed, verdict.head.hash, row);
        const Digest hash = sha256.of(hashed);
        if (bytes_of(hash) != rows.blob(9)) {
            return broken(row.id, from_unix_ms(row.at), "it, or the hash of the row before it, was changed");
        }
        if (std::string fault = fault_of(rows, row, verdict); !fault.empty()) {
            return broken(row.id, from_unix_ms(row.at), std::move(fault));
        }
        if (verdict.rows++ == 0) verdict.first_id = row.id;
        verdict.head = {row.id, hash};
    }
}

void AuditReader::Parts::compare_head(const AuditHead& known, std::int64_t removed, AuditVerdict& verdict) {
    if (known.id <= removed) return;
    Digest found{};
    bool is_there = false;
    std::optional<UtcTime> at;
    {
        Rows rows = one.rows(known.id);
        is_there = rows.next() && take_digest(rows.blob(0), found);
        if (is_there) at = rows.time(1);
    }
    if (is_there && found == known.hash) return;
    verdict.broken = AuditVerdict::Broken{
        known.id, at,
        is_there ? "it has another hash than it once had: the chain was written anew, at least from here to its end"
                 : fmt::format("it is missing: the end of the audit was removed, behind row {}", verdict.head.id)};
}

Result<AuditVerdict> AuditReader::verify(const std::optional<AuditHead>& known_head) {
    AuditVerdict verdict;
    verdict.head = parts_->anchor_now();
    std::int64_t removed = verdict.head.id;
    std::int64_t last = 0;
    {
        Rows newest = parts_->newest.rows();
        if (newest.next()) last = newest.integer(0);
    }
    for (bool more = true; more && !verdict.broken;) {
        parts_->look_at_page(last, verdict, more);
        if (auto read = parts_->outcome(); !read) return tl::unexpected{std::move(read.error())};
        if (!verdict.broken) continue;
        // Rows grow old, and are removed, also while they are read.
        const AuditHead anchor = parts_->anchor_now();
        if (anchor.id <= removed || anchor.id < verdict.broken->id) break;
        removed = anchor.id;
        verdict.head = anchor;
        verdict.broken.reset();
    }
    if (known_head && !verdict.broken) parts_->compare_head(*known_head, removed, verdict);
    if (auto read = parts_->outcome(); !read) return tl::unexpected{std::move(read.error())};
    return verdict;
}

}  // namespace outdial::store
