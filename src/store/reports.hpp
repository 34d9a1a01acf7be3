#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "store/database.hpp"

namespace outdial::store {

/// The rows of a report as values: for a table, CSV or JSON alike.
using Cell = std::variant<std::monostate, std::int64_t, double, std::string>;  // monostate: NULL
struct Table {
    std::vector<std::string> columns;
    std::vector<std::vector<Cell>> rows;
};
/// "" for NULL; ratios with four digits.
[[nodiscard]] std::string to_text(const Cell& cell);

/// The reporting views, each with its fixed order: docs/reporting.md.
enum class Report {
    campaign_progress,
    disposition_summary,
    hourly_activity,
    contact_status,
    why_not,
    callback_status,
    attempt_log,
    trunk_health,      // of all campaigns: trunks are shared
    attempt_timeline,  // of one attempt
};

/// Reads the database beside the daemon that writes it, or without one; changes nothing and needs only read permission.
/// Used by one thread at a time. A report sees one moment, the one at which it was asked.
class ReportReader {
public:
    [[nodiscard]] static Result<ReportReader> open(const std::filesystem::path& path);
    ReportReader(ReportReader&&) noexcept;
    ReportReader& operator=(ReportReader&&) noexcept;
    ~ReportReader();

    /// `of`: the campaign's name, or the attempt's id; empty for all. At most `limit` rows.
    [[nodiscard]] Result<Table> read(Report report, std::string_view of, std::int64_t limit);

private:
    explicit ReportReader(std::unique_ptr<Database> database);

    std::unique_ptr<Database> database_;
};

}  // namespace outdial::store
