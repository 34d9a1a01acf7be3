#include "store/reports.hpp"

#include <fmt/core.h>

#include <utility>

#include "base/check.hpp"
#include "store/statement.hpp"

namespace outdial::store {

namespace {

// Two statements a view where a name is asked for: `?1 = '' OR campaign = ?1` would keep SQLite from using an index.
// ?2 is the limit.
struct ReportSql {
    const char* of_one;
    const char* of_all;
};

ReportSql sql_of(Report report) {
    switch (report) {
        case Report::campaign_progress:
            return {"SELECT * FROM campaign_progress WHERE campaign = ?1 LIMIT ?2",
                    "SELECT * FROM campaign_progress ORDER BY campaign LIMIT ?2"};
        case Report::disposition_summary:
            return {
                "SELECT * FROM disposition_summary WHERE campaign = ?1 ORDER BY attempts DESC, disposition LIMIT ?2",
                "SELECT * FROM disposition_summary ORDER BY campaign, attempts DESC, disposition LIMIT ?2"};
        case Report::hourly_activity:
            return {"SELECT * FROM hourly_activity WHERE campaign = ?1 ORDER BY hour LIMIT ?2",
                    "SELECT * FROM hourly_activity ORDER BY campaign, hour LIMIT ?2"};
        case Report::contact_status:
            return {"SELECT * FROM contact_status WHERE campaign = ?1 ORDER BY contact_id LIMIT ?2",
                    "SELECT * FROM contact_status ORDER BY campaign, contact_id LIMIT ?2"};
        case Report::why_not:
            return {"SELECT * FROM why_not WHERE campaign = ?1 ORDER BY state, contacts DESC, reason LIMIT ?2",
                    "SELECT * FROM why_not ORDER BY campaign, state, contacts DESC, reason LIMIT ?2"};
        case Report::callback_status:
            return {
                "SELECT * FROM callback_status WHERE campaign = ?1 "
                "ORDER BY ended_at IS NOT NULL, at, contact_id LIMIT ?2",
                "SELECT * FROM callback_status ORDER BY ended_at IS NOT NULL, at, contact_id LIMIT ?2"};
        case Report::attempt_log:
            return {"SELECT * FROM attempt_log WHERE campaign = ?1 ORDER BY attempt_id LIMIT ?2",
                    "SELECT * FROM attempt_log ORDER BY attempt_id LIMIT ?2"};
        case Report::trunk_health:
            return {"SELECT * FROM trunk_health WHERE trunk = ?1 ORDER BY hour LIMIT ?2",
                    "SELECT * FROM trunk_health ORDER BY trunk, hour LIMIT ?2"};
        case Report::attempt_timeline:
            return {"SELECT * FROM attempt_timeline WHERE attempt_id = ?1 ORDER BY at LIMIT ?2",
                    "SELECT * FROM attempt_timeline ORDER BY attempt_id, at LIMIT ?2"};
    }
    OUTDIAL_UNREACHABLE();
}

Cell cell_of(const Rows& rows, int column) {
    if (rows.is_null(column)) return {};
    if (rows.is_integer(column)) return rows.integer(column);
    if (rows.is_real(column)) return rows.real(column);
    return std::string{rows.text(column)};
}

}  // namespace

std::string to_text(const Cell& cell) {
    if (const auto* integer = std::get_if<std::int64_t>(&cell)) return fmt::format("{}", *integer);
    if (const auto* real = std::get_if<double>(&cell)) return fmt::format("{:.4f}", *real);
    if (const auto* text = std::get_if<std::string>(&cell)) return *text;
    return {};
}

ReportReader::ReportReader(std::unique_ptr<Database> database) : database_(std::move(database)) {}
ReportReader::ReportReader(ReportReader&&) noexcept = default;
ReportReader& ReportReader::operator=(ReportReader&&) noexcept = default;
ReportReader::~ReportReader() = default;

Result<ReportReader> ReportReader::open(const std::filesystem::path& path) {
    auto database = Database::open(path, Database::Access::read_only);
    if (!database) return tl::unexpected<Error>(std::move(database.error()));
    return ReportReader{std::move(*database)};
}

Result<Table> ReportReader::read(Report report, std::string_view of, std::int64_t limit) {
    const ReportSql sql = sql_of(report);
    Statement statement{*database_, of.empty() ? sql.of_all : sql.of_one};
    Table table;
    {
        Rows rows = of.empty() ? statement.rows(nullptr, limit) : statement.rows(of, limit);
        for (int i = 0; i < rows.columns(); ++i) table.columns.push_back(rows.column_name(i));
        while (rows.next()) {
            auto& row = table.rows.emplace_back();
            for (int i = 0; i < rows.columns(); ++i) row.push_back(cell_of(rows, i));
        }
    }
    if (auto failure = database_->take_failure()) return tl::unexpected<Error>(std::move(failure->error));
    return table;
}

}  // namespace outdial::store
