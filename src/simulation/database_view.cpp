#include "simulation/database_view.hpp"

#include <sqlite3.h>

namespace outdial::simulation {

namespace {

#define ATTEMPT_COLUMNS                                                                                   \
    "SELECT a.attempt_id, ca.name, c.external_id, a.number, a.trunk, a.server, a.disposition, a.result, " \
    "a.claimed_at, a.ended_at, a.charged, a.originated_at IS NOT NULL FROM attempt AS a "                 \
    "JOIN campaign AS ca ON ca.campaign_id = a.campaign_id JOIN contact AS c ON c.contact_id = a.contact_id "

constexpr const char* one_sql = ATTEMPT_COLUMNS "WHERE a.attempt_id = ?1";
constexpr const char* of_contact_sql = ATTEMPT_COLUMNS
    "WHERE a.campaign_id = (SELECT campaign_id FROM campaign WHERE name = ?1) AND a.contact_id IN "
    "(SELECT contact_id FROM contact WHERE external_id = ?2 AND list_id = "
    "(SELECT list_id FROM campaign WHERE name = ?1)) ORDER BY a.claimed_at, a.attempt_id";
constexpr const char* never_taken_sql =
    "SELECT c.external_id FROM campaign AS ca JOIN contact AS c ON c.list_id = ca.list_id WHERE ca.name = ?1 "
    "AND NOT EXISTS (SELECT 1 FROM campaign_contact AS cc "
    "WHERE cc.campaign_id = ca.campaign_id AND cc.contact_id = c.contact_id)";
constexpr const char* all_sql = ATTEMPT_COLUMNS "ORDER BY a.attempt_id";
constexpr const char* campaigns_sql =
    "SELECT p.campaign, l.name, p.state, p.contacts, p.ready, p.waiting, p.in_call, p.done FROM campaign_progress AS p "
    "JOIN campaign AS ca ON ca.name = p.campaign JOIN call_list AS l ON l.list_id = ca.list_id ORDER BY 1";
constexpr const char* newest_number_sql =
    "SELECT number FROM attempt WHERE ended_at IS NULL ORDER BY attempt_id DESC LIMIT 1";
constexpr const char* live_sql = "SELECT count(*) FROM attempt WHERE ended_at IS NULL";
constexpr const char* due_from_sql =
    "SELECT count(*) FROM campaign_contact WHERE state = 'pending' AND due_at >= ?2 AND campaign_id = "
    "(SELECT campaign_id FROM campaign WHERE name = ?1)";
constexpr const char* contradiction_sql =
    "SELECT 'attempt ' || a.attempt_id || ' lives, and its contact is ' || coalesce(cc.state, 'nothing') "
    "FROM attempt AS a LEFT JOIN campaign_contact AS cc ON cc.campaign_id = a.campaign_id AND "
    "cc.contact_id = a.contact_id WHERE a.ended_at IS NULL AND cc.state IS NOT 'in_call' "
    "UNION ALL SELECT 'contact ' || cc.contact_id || ' is in_call without a live attempt' FROM campaign_contact AS cc "
    "WHERE cc.state = 'in_call' AND NOT EXISTS (SELECT 1 FROM attempt AS a WHERE a.campaign_id = cc.campaign_id "
    "AND a.contact_id = cc.contact_id AND a.ended_at IS NULL) "
    "UNION ALL SELECT 'callback ' || b.callback_id || ' is open, and nobody will make it' FROM callback AS b "
    "LEFT JOIN campaign_contact AS cc ON cc.campaign_id = b.campaign_id AND cc.contact_id = b.contact_id "
    "WHERE b.ended_at IS NULL AND (cc.callback_id IS NOT b.callback_id OR cc.state NOT IN ('pending', 'in_call')) "
    "UNION ALL SELECT 'contact ' || cc.contact_id || ' keeps a callback that has ended' FROM campaign_contact AS cc "
    "JOIN callback AS b ON b.callback_id = cc.callback_id WHERE b.ended_at IS NOT NULL "
    "UNION ALL SELECT 'contact ' || cc.contact_id || ' is charged ' || cc.charged || ' attempts' "
    "FROM campaign_contact AS cc WHERE cc.charged <> (SELECT count(*) FROM attempt AS a WHERE "
    "a.campaign_id = cc.campaign_id AND a.contact_id = cc.contact_id AND a.charged = 1) LIMIT 1";

constexpr const char* pending_sql =
    "SELECT ca.name || ' ' || coalesce(c.external_id, c.contact_id) || ' ' || cc.state || ' due ' || cc.due_at || ' "
    "after ' "
    "|| coalesce(cc.last_disposition, 'nothing') || ' ' || coalesce(cc.reason, '') FROM campaign_contact AS cc "
    "JOIN campaign AS ca ON ca.campaign_id = cc.campaign_id JOIN contact AS c ON c.contact_id = cc.contact_id "
    "WHERE cc.state <> 'done' LIMIT 5";

std::string text(sqlite3_stmt* statement, int column) {
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
    return bytes == nullptr ? std::string{}
                            : std::string(bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement, column)));
}

AttemptRow read_attempt(sqlite3_stmt* row) {
    AttemptRow attempt{.attempt = text(row, 0),
                       .campaign = text(row, 1),
                       .contact = text(row, 2),
                       .number = text(row, 3),
                       .trunk = text(row, 4),
                       .server = text(row, 5),
                       .disposition = text(row, 6),
                       .result = text(row, 7),
                       .claimed_at = sqlite3_column_int64(row, 8),
                       .ended_at = {},
                       .charged = sqlite3_column_int(row, 10) != 0,
                       .originated = sqlite3_column_int(row, 11) != 0};
    if (sqlite3_column_type(row, 9) != SQLITE_NULL) attempt.ended_at = sqlite3_column_int64(row, 9);
    return attempt;
}

void bind(sqlite3_stmt* statement, int place, const std::string& value) {
    sqlite3_bind_text(statement, place, value.data(), static_cast<int>(value.size()), SQLITE_TRANSIENT);
}

}  // namespace

void DatabaseView::Finalizer::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

DatabaseView::DatabaseView(const std::string& path, const char* vfs) {
    if (sqlite3_open_v2(path.c_str(), &db_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, vfs) != SQLITE_OK) {
        problem_ = sqlite3_errmsg(db_);
        return;
    }
    sqlite3_exec(db_, "PRAGMA query_only = ON", nullptr, nullptr, nullptr);
}

DatabaseView::~DatabaseView() {
    statements_.clear();
    // What is checkpointed when is the daemon's business.
    sqlite3_db_config(db_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    sqlite3_close(db_);
}

sqlite3_stmt* DatabaseView::statement(const char* sql) {
    auto& place = statements_[sql];
    if (!place) {
        sqlite3_stmt* raw = nullptr;
        if (sqlite3_prepare_v2(db_, sql, -1, &raw, nullptr) != SQLITE_OK) problem_ = sqlite3_errmsg(db_);
        place.reset(raw);
    }
    sqlite3_reset(place.get());
    return place.get();
}

bool DatabaseView::step(sqlite3_stmt* statement) {
    const int code = statement == nullptr ? SQLITE_ERROR : sqlite3_step(statement);
    if (code == SQLITE_ROW) return true;
    if (code != SQLITE_DONE) problem_ = sqlite3_errmsg(db_);
    sqlite3_reset(statement);
    return false;
}

std::optional<AttemptRow> DatabaseView::attempt(const std::string& id) {
    sqlite3_stmt* row = statement(one_sql);
    bind(row, 1, id);
    if (!step(row)) return std::nullopt;
    AttemptRow attempt = read_attempt(row);
    sqlite3_reset(row);
    return attempt;
}

std::vector<AttemptRow> DatabaseView::attempts_of(const std::string& campaign, const std::string& contact) {
    sqlite3_stmt* row = statement(of_contact_sql);
    bind(row, 1, campaign);
    bind(row, 2, contact);
    std::vector<AttemptRow> attempts;
    while (step(row)) attempts.push_back(read_attempt(row));
    return attempts;
}

std::vector<std::string> DatabaseView::never_taken(const std::string& campaign) {
    sqlite3_stmt* row = statement(never_taken_sql);
    bind(row, 1, campaign);
    std::vector<std::string> contacts;
    while (step(row)) contacts.push_back(text(row, 0));
    return contacts;
}

void DatabaseView::each_attempt(const std::function<void(const AttemptRow&)>& take) {
    sqlite3_stmt* row = statement(all_sql);
    while (step(row)) take(read_attempt(row));
}

std::vector<CampaignRow> DatabaseView::campaigns() {
    sqlite3_stmt* row = statement(campaigns_sql);
    std::vector<CampaignRow> campaigns;
    while (step(row)) {
        campaigns.push_back({.name = text(row, 0),
                             .list = text(row, 1),
                             .state = text(row, 2),
                             .contacts = sqlite3_column_int64(row, 3),
                             .ready = sqlite3_column_int64(row, 4),
                             .waiting = sqlite3_column_int64(row, 5),
                             .in_call = sqlite3_column_int64(row, 6),
                             .done = sqlite3_column_int64(row, 7)});
    }
    return campaigns;
}

std::int64_t DatabaseView::live_attempts() {
    sqlite3_stmt* row = statement(live_sql);
    const std::int64_t count = step(row) ? sqlite3_column_int64(row, 0) : 0;
    sqlite3_reset(row);
    return count;
}

std::string DatabaseView::newest_number() {
    sqlite3_stmt* row = statement(newest_number_sql);
    std::string number;
    if (step(row)) number = text(row, 0);
    sqlite3_reset(row);
    return number;
}

std::int64_t DatabaseView::due_from(const std::string& campaign, std::int64_t utc_ms) {
    sqlite3_stmt* row = statement(due_from_sql);
    bind(row, 1, campaign);
    sqlite3_bind_int64(row, 2, utc_ms);
    const std::int64_t count = step(row) ? sqlite3_column_int64(row, 0) : 0;
    sqlite3_reset(row);
    return count;
}

std::string DatabaseView::some_pending() {
    sqlite3_stmt* row = statement(pending_sql);
    std::string pending;
    while (step(row)) pending += (pending.empty() ? "" : ", ") + text(row, 0);
    return pending;
}

std::string DatabaseView::contradiction() {
    sqlite3_stmt* row = statement(contradiction_sql);
    std::string found = step(row) ? text(row, 0) : std::string{};
    sqlite3_reset(row);
    return found;
}

}  // namespace outdial::simulation
