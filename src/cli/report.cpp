#include <array>
#include <nlohmann/json.hpp>

#include "base/printable.hpp"
#include "cli/commands.hpp"
#include "cli/environment.hpp"
#include "cli/status_view.hpp"
#include "cli/table.hpp"
#include "cli/text.hpp"
#include "store/reports.hpp"

namespace outdial::cli {
namespace {

using nlohmann::json;

/// More hours than a campaign has; so the answer is bounded.
constexpr std::int64_t max_rows = 10'000;

struct Part {
    store::Report report;
    const char* name;  // the view's
};
constexpr std::array<Part, 3> standard_report{{{store::Report::campaign_progress, "campaign_progress"},
                                               {store::Report::disposition_summary, "disposition_summary"},
                                               {store::Report::hourly_activity, "hourly_activity"}}};

json as_json(const store::Cell& cell) {
    return std::visit(
        [](const auto& value) -> json {
            if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::monostate>) {
                return nullptr;
            } else {
                return value;
            }
        },
        cell);
}

json as_json(const store::Table& table) {
    json rows = json::array();
    for (const auto& cells : table.rows) {
        json row = json::object();
        for (std::size_t i = 0; i < table.columns.size(); ++i) {
            row[table.columns[i]] = as_json(cells[i]);
        }
        rows.push_back(std::move(row));
    }
    return rows;
}

std::string as_csv(const store::Table& table) {
    std::string text;
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
        text += (i == 0 ? "" : ",") + csv_field(table.columns[i]);
    }
    text += "\r\n";
    for (const auto& cells : table.rows) {
        for (std::size_t i = 0; i < cells.size(); ++i) {
            const bool is_text = std::holds_alternative<std::string>(cells[i]);
            text += (i == 0 ? "" : ",") + (is_text ? csv_field(store::to_text(cells[i])) : store::to_text(cells[i]));
        }
        text += "\r\n";
    }
    return text;
}

bool is_number(const store::Cell& cell) { return !std::holds_alternative<std::string>(cell); }

std::string shown(const store::Cell& cell) {
    const auto* count = std::get_if<std::int64_t>(&cell);
    return count != nullptr ? grouped(*count) : store::to_text(cell);
}

/// Column by column; of one row alone, line by line.
std::string as_table(const store::Table& report, const Style& style) {
    if (report.rows.empty()) {
        return "nothing yet\n";
    }
    if (report.rows.size() == 1 && report.columns.size() > 6) {
        std::string text;
        for (std::size_t i = 0; i < report.columns.size(); ++i) {
            const std::string& name = report.columns[i];
            text += name + std::string(name.size() < 18 ? 18 - name.size() : 1, ' ') +
                    printable(shown(report.rows[0][i])) + "\n";
        }
        return text;
    }
    std::vector<Table::Column> columns;
    for (std::size_t i = 0; i < report.columns.size(); ++i) {
        columns.push_back({report.columns[i], is_number(report.rows[0][i]) ? Table::Align::right : Table::Align::left});
    }
    Table table(std::move(columns));
    for (const auto& cells : report.rows) {
        std::vector<Table::Cell> texts;
        for (const store::Cell& cell : cells) {
            texts.emplace_back(shown(cell));
        }
        table.add(std::move(texts));
    }
    return table.text(style);
}

Outcome<store::ReportReader> open_reports(const CommonOptions& common) {
    const auto config = daemon_paths(common);
    if (!config) {
        return tl::unexpected(config.error());
    }
    if (config->database.empty()) {
        return give_up(common, ExitCode::configuration, "the configuration does not say where the database is");
    }
    Result<store::ReportReader> reader = store::ReportReader::open(config->database);
    if (!reader) {
        return give_up(common, ExitCode::failed, reader.error().message);
    }
    return *std::move(reader);
}

Outcome<store::Table> read(const CommonOptions& common, store::ReportReader& reader, store::Report report,
                           const std::string& campaign) {
    Result<store::Table> table = reader.read(report, campaign, max_rows);
    if (!table) {
        return give_up(common, ExitCode::failed, table.error().message);
    }
    return *std::move(table);
}

Outcome<json> all_campaigns(const CommonOptions& common, store::ReportReader& reader) {
    const auto table = read(common, reader, store::Report::campaign_progress, "");
    if (!table) {
        return tl::unexpected(table.error());
    }
    json campaigns = as_json(*table);
    for (json& campaign : campaigns) {
        campaign["name"] = campaign["campaign"];
        campaign.erase("campaign");
    }
    return campaigns;
}

ExitCode no_such_campaign(const CommonOptions& common, store::ReportReader& reader, const std::string& name) {
    const auto campaigns = all_campaigns(common, reader);
    if (!campaigns) {
        return campaigns.error();
    }
    std::string known;
    for (const std::string& other : campaign_names({{"campaigns", *campaigns}})) {
        known += (known.empty() ? "" : ", ") + printable(other);
    }
    return give_up(common, ExitCode::failed,
                   "the database knows no campaign '" + printable(name) + "'; it knows: " +
                       (known.empty() ? "none (the daemon makes a campaign known when it reads its file)" : known))
        .value();
}

}  // namespace

ExitCode report(const CommonOptions& common, const ReportCommand& command) {
    using Format = ReportCommand::Format;
    auto reader = open_reports(common);
    if (!reader) {
        return reader.error();
    }
    const Format format = common.json ? Format::json : command.format;
    const Style style = Style::of(1);
    json all = json::object();
    std::string text;
    for (const Part& part : standard_report) {
        const auto table = read(common, *reader, part.report, command.name);
        if (!table) {
            return table.error();
        }
        if (part.report == store::Report::campaign_progress && table->rows.empty()) {
            return no_such_campaign(common, *reader, command.name);
        }
        switch (format) {
            case Format::json: all[part.name] = as_json(*table); break;
            case Format::csv: text += (text.empty() ? "" : "\r\n") + as_csv(*table); break;
            case Format::table:
                text += (text.empty() ? "" : "\n") + style(Tone::strong, part.name) + "\n" + as_table(*table, style);
                break;
        }
    }
    if (format == Format::json) {
        print_json(all);
    } else {
        print(text);
    }
    return ExitCode::ok;
}

ExitCode list_callbacks(const CommonOptions& common, const CallbackListCommand& command) {
    auto reader = open_reports(common);
    if (!reader) {
        return reader.error();
    }
    auto table = read(common, *reader, store::Report::callback_status, command.campaign);
    if (!table) {
        return table.error();
    }
    if (!command.all) {
        std::erase_if(table->rows, [](const auto& row) { return !std::holds_alternative<std::monostate>(row.back()); });
    }
    if (common.json) {
        print_json(as_json(*table));
    } else {
        print(table->rows.empty() ? "Nobody waits to be called back.\n" : as_table(*table, Style::of(1)));
    }
    return ExitCode::ok;
}

ExitCode list_campaigns(const CommonOptions& common) {
    auto reader = open_reports(common);
    if (!reader) {
        return reader.error();
    }
    const auto campaigns = all_campaigns(common, *reader);
    if (!campaigns) {
        return campaigns.error();
    }
    if (common.json) {
        print_json(*campaigns);
        return ExitCode::ok;
    }
    CampaignTable table;
    for (const json& campaign : *campaigns) {
        table.add(campaign);
    }
    print(table.empty() ? "No campaign is known yet: the daemon makes one known when it reads its file.\n"
                        : table.text(Style::of(1)));
    return ExitCode::ok;
}

}  // namespace outdial::cli
