#include "store/audit_reader.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

namespace outdial::store {

namespace {

constexpr std::int64_t rows_a_page = 10'000;

#define AUDIT_COLUMNS "SELECT audit_id, at, kind, actor, campaign, contact_id, attempt_id, number, detail, hash "

// ?1 the number, ?2 and ?3 the time. A number's rows are few, however many there are in all.
constexpr const char* of_number_sql = AUDIT_COLUMNS
    "FROM audit_log WHERE audit_id IN ("
    "SELECT t.claim_audit_id FROM attempt AS t WHERE t.number = ?1 AND t.contact_id IN ("
    "SELECT contact_id FROM contact_number WHERE number = ?1 AND position = 0 "
    "UNION SELECT contact_id FROM contact_number WHERE number = ?1 AND position > 0) "
    "UNION ALL SELECT t.end_audit_id FROM attempt AS t WHERE t.number = ?1 AND t.contact_id IN ("
    "SELECT contact_id FROM contact_number WHERE number = ?1 AND position = 0 "
    "UNION SELECT contact_id FROM contact_number WHERE number = ?1 AND position > 0) "
    "UNION ALL SELECT audit_id FROM audit_number WHERE number = ?1) "
    "AND (SELECT a.at >= ?2 AND a.at < ?3 FROM audit AS a WHERE a.audit_id = audit_log.audit_id) ORDER BY audit_id";

// Of the rows above ?1 and through ?2 those of a time.
constexpr const char* of_time_sql = AUDIT_COLUMNS
    "FROM audit_log WHERE audit_id IN (SELECT audit_id FROM audit WHERE audit_id > ?1 AND audit_id <= ?2 "
    "AND at >= ?3 AND at < ?4) ORDER BY audit_id";

constexpr const char* spans_sql =
    "SELECT last_id FROM audit_span WHERE most_at >= ?1 AND least_at < ?2 AND last_id > ?3 ORDER BY last_id LIMIT ?4";

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
    Statement spans{*database, spans_sql};
    Statement last_span{*database, "SELECT max(last_id) FROM audit_span"};
    Statement times_of_span{*database, "SELECT least_at, most_at FROM audit_span WHERE last_id = ?1"};
    Statement page{*database, page_sql};
    Statement one{*database, "SELECT hash, at FROM audit WHERE audit_id = ?1"};
    Statement forgotten{*database,
                        "SELECT 1 FROM audit INDEXED BY audit_forgotten WHERE kind = 'forget' AND contact_id = ?1 "
                        "AND audit_id > ?2 LIMIT 1"};
    Statement newest{*database, "SELECT max(audit_id) FROM audit"};
    Statement anchor{*database, "SELECT audit_id, hash FROM audit_anchor"};
    Sha256 sha256;
    std::string hashed;
    // Of the span that is being looked at.
    std::int64_t rows_of_span = 0;
    std::int64_t least_at = 0;
    std::int64_t most_at = 0;

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
    using Take = std::function<bool(const AuditLine&)>;
    [[nodiscard]] static bool take_rows(Rows rows, const Take& take);
    [[nodiscard]] std::vector<std::int64_t> spans_of(const AuditQuery& query, std::int64_t after);
    void read_time(const AuditQuery& query, const Take& take);
    void look_at_page(std::int64_t last, AuditVerdict& verdict, bool& more);
    [[nodiscard]] bool sums_up(const AuditRow& row);
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

// False where `take` wants no more.
bool AuditReader::Parts::take_rows(Rows rows, const Take& take) {
    while (rows.next()) {
        if (!take(line_of(rows))) return false;
    }
    return true;
}

std::vector<std::int64_t> AuditReader::Parts::spans_of(const AuditQuery& query, std::int64_t after) {
    std::vector<std::int64_t> found;
    Rows rows = spans.rows(query.from, query.to, after, rows_a_page);
    while (rows.next()) found.push_back(rows.integer(0));
    return found;
}

// Span by span, and at last the rows that are not in one yet.
void AuditReader::Parts::read_time(const AuditQuery& query, const Take& take) {
    std::int64_t last = 0;
    for (auto found = spans_of(query, 0); !found.empty(); found = spans_of(query, last)) {
        for (const std::int64_t span : found) {
            if (!take_rows(of_time.rows(span - rows_a_span, span, query.from, query.to), take)) return;
        }
        last = found.back();
    }
    std::int64_t open_after = 0;
    {
        Rows rows = last_span.rows();
        if (rows.next()) open_after = std::max(rows.integer(0), anchor_now().id);
    }
    (void)take_rows(of_time.rows(open_after, std::numeric_limits<std::int64_t>::max(), query.from, query.to), take);
}

Result<void> AuditReader::read(const AuditQuery& query, const std::function<bool(const AuditLine&)>& take) {
    if (query.number.empty()) {
        parts_->read_time(query, take);
    } else {
        (void)parts_->take_rows(parts_->of_number.rows(query.number, query.from, query.to), take);
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

// Whether audit_span knows the times of the rows through this one, where this one ends a span; else its rows would not
// be found by their time.
bool AuditReader::Parts::sums_up(const AuditRow& row) {
    least_at = rows_of_span == 0 ? row.at : std::min(least_at, row.at);
    most_at = rows_of_span == 0 ? row.at : std::max(most_at, row.at);
    ++rows_of_span;
    if (row.id % rows_a_span != 0) return true;
    const bool is_whole = std::exchange(rows_of_span, 0) == rows_a_span;
    Rows rows = times_of_span.rows(row.id);
    if (!rows.next()) return false;
    // Of one whose first rows were removed for their age it knows more.
    return is_whole ? rows.integer(0) == least_at && rows.integer(1) == most_at
                    : rows.integer(0) <= least_at && rows.integer(1) >= most_at;
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
        if (!sums_up(row)) {
            return broken(row.id, from_unix_ms(row.at), "the times of the rows before it are not those in audit_span");
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
    parts_->rows_of_span = 0;
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
        parts_->rows_of_span = 0;
    }
    if (known_head && !verdict.broken) parts_->compare_head(*known_head, removed, verdict);
    if (auto read = parts_->outcome(); !read) return tl::unexpected{std::move(read.error())};
    return verdict;
}

}  // namespace outdial::store
