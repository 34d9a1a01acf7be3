#include <fmt/chrono.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/printable.hpp"
#include "cli/commands.hpp"
#include "cli/environment.hpp"
#include "cli/terminal.hpp"
#include "cli/text.hpp"
#include "cli/utc_text.hpp"
#include "number/normaliser.hpp"
#include "store/audit_reader.hpp"
#include "store/rollback_mirror.hpp"

namespace outdial::cli {
namespace {

using nlohmann::json;
using Format = ReportCommand::Format;

constexpr std::size_t printed_at_once = 64 * 1024;

/// Prints row after row: there may be millions.
class Printer {
public:
    explicit Printer(Format format) : format_(format) {
        if (format == Format::csv) {
            text_ = "audit_id,at,kind,actor,campaign,contact_id,attempt_id,number,detail,hash\r\n";
        }
    }
    Printer(const Printer&) = delete;
    Printer& operator=(const Printer&) = delete;

    /// False where nobody reads any more.
    bool add(const store::AuditLine& line) {
        switch (format_) {
            case Format::json: add_json(line); break;
            case Format::csv: add_csv(line); break;
            case Format::table: add_text(line); break;
        }
        ++rows_;
        if (text_.size() >= printed_at_once) {
            print(std::exchange(text_, {}));
        }
        return !output_failed();
    }
    void end() {
        if (format_ == Format::json) {
            text_ += rows_ == 0 ? "[]\n" : "\n]\n";
        } else if (format_ == Format::table && rows_ == 0) {
            text_ += "nothing yet\n";
        }
        print(text_);
    }

private:
    void add_json(const store::AuditLine& line) {
        json row{
            {"audit_id", line.id}, {"at", line.at}, {"kind", line.kind}, {"actor", line.actor}, {"hash", line.hash}};
        const auto add = [&row](const char* key, std::string_view value) {
            row[key] = value.empty() ? json() : json(value);
        };
        add("campaign", line.campaign);
        add("attempt_id", line.attempt);
        add("number", line.number);
        row["contact_id"] = line.contact.empty() ? json() : json::parse(line.contact, nullptr, false);
        json detail = json::parse(line.detail, nullptr, false);
        row["detail"] = detail.is_discarded() ? json(line.detail) : std::move(detail);
        text_ += (rows_ == 0 ? "[\n" : ",\n") + row.dump(-1, ' ', false, json::error_handler_t::replace);
    }
    void add_csv(const store::AuditLine& line) {
        text_ += std::to_string(line.id);
        for (const std::string_view field : {line.at, line.kind, line.actor, line.campaign, line.contact, line.attempt,
                                             line.number, line.detail, line.hash}) {
            text_ += "," + csv_field(field);
        }
        text_ += "\r\n";
    }
    void add_text(const store::AuditLine& line) {
        fmt::format_to(std::back_inserter(text_), "{:<23}  {:<13}  {:<16}  {:<16}  {}  {}\n", line.at, line.kind,
                       printable(std::string{line.campaign}), printable(std::string{line.number}),
                       printable(std::string{line.detail}), printable(std::string{line.actor}));
    }

    Format format_;
    std::string text_;
    std::uint64_t rows_ = 0;
};

std::string text_of_time(UtcTime at) {
    return fmt::format("{:%Y-%m-%d %H:%M:%S}", fmt::gmtime(static_cast<std::time_t>(to_unix_ms(at) / 1000)));
}

Outcome<store::AuditReader> open_audit(const CommonOptions& common, const config::DaemonConfig& config) {
    if (config.database.empty()) {
        return give_up(common, ExitCode::configuration, "the configuration does not say where the database is");
    }
    Result<store::AuditReader> reader = store::AuditReader::open(config.database);
    if (!reader) {
        return give_up(common, ExitCode::failed, reader.error().message);
    }
    return *std::move(reader);
}

Outcome<std::string> number_of(const CommonOptions& common, const AuditCommand& command) {
    if (command.number.empty() || is_e164(command.number)) {
        return command.number;
    }
    const auto number = number::Normaliser{number::Check::length}.normalise(command.number, command.region);
    if (!number) {
        return give_up(common, ExitCode::usage,
                       "the number cannot be read: " + number.error().message +
                           " (write it as +12125550100, or name its country with --region)");
    }
    return number->phone.e164;
}

Outcome<store::AuditQuery> query_of(const CommonOptions& common, const AuditCommand& command) {
    store::AuditQuery query;
    const auto number = number_of(common, command);
    if (!number) {
        return tl::unexpected(number.error());
    }
    query.number = *number;
    const auto from = utc_instant(command.from);
    const auto to = utc_instant(command.to);
    if ((!command.from.empty() && !from) || (!command.to.empty() && !to)) {
        return give_up(common, ExitCode::usage,
                       "--from and --to are days or instants by UTC, such as 2026-11-01 or '2026-11-01 14:30'");
    }
    query.from = from.value_or(query.from);
    if (to) {
        query.to = utc_day(command.to) ? *to + std::chrono::hours{24} : *to;
    }
    return query;
}

json as_json(const store::AuditVerdict& verdict) {
    json answer{{"ok", !verdict.broken},
                {"rows", verdict.rows},
                {"first", verdict.first_id},
                {"last", verdict.head.id},
                {"hash", to_hex(verdict.head.hash)},
                {"forgotten", verdict.forgotten},
                {"broken", nullptr}};
    if (verdict.broken) {
        answer["broken"] = {{"audit_id", verdict.broken->id}, {"at", nullptr}, {"what", verdict.broken->what}};
        if (verdict.broken->at) {
            answer["broken"]["at"] = to_unix_ms(*verdict.broken->at);
        }
    }
    return answer;
}

ExitCode verify(const CommonOptions& common, const config::DaemonConfig& config, store::AuditReader& reader,
                bool wants_json) {
    const auto mirror = store::read_mirror(store::mirror_file(config.database));
    const bool is_known = mirror && *mirror && (*mirror)->audit;
    const auto verdict = reader.verify(is_known ? (*mirror)->audit : std::nullopt);
    if (!verdict) {
        return give_up(common, ExitCode::failed, verdict.error().message).value();
    }
    if (wants_json) {
        print_json(as_json(*verdict));
        return verdict->broken ? ExitCode::failed : ExitCode::ok;
    }
    const std::string sound =
        counted(verdict->rows, "row is", "rows are") + " as they were written" +
        (verdict->rows == 0 ? "" : fmt::format(", {} to {}", verdict->first_id, verdict->head.id));
    if (verdict->broken) {
        const std::string at = verdict->broken->at ? " of " + text_of_time(*verdict->broken->at) + " UTC" : "";
        complain(fmt::format("the audit is broken at row {}{}: {}.\n{}.", verdict->broken->id, at,
                             verdict->broken->what, sound));
        return ExitCode::failed;
    }
    std::string text = "The audit is whole: " + sound + ".\n";
    if (verdict->forgotten > 0) {
        text += counted(verdict->forgotten, "row tells", "rows tell") + " of a number that was forgotten.\n";
    }
    text += "The last row's hash: " + to_hex(verdict->head.hash) + "\n";
    if (!is_known) {
        text += "It is not known which row was the last one, so rows may be missing at the end.\n";
    }
    print(text);
    return ExitCode::ok;
}

}  // namespace

ExitCode report_audit(const CommonOptions& common, const AuditCommand& command) {
    const auto query = query_of(common, command);
    if (!query) {
        return query.error();
    }
    const auto config = daemon_paths(common);
    if (!config) {
        return config.error();
    }
    auto reader = open_audit(common, *config);
    if (!reader) {
        return reader.error();
    }
    const Format format = common.json ? Format::json : command.format;
    if (command.verify) {
        return verify(common, *config, *reader, format == Format::json);
    }
    Printer printer{format};
    const auto read = reader->read(*query, [&printer](const store::AuditLine& line) { return printer.add(line); });
    if (!read) {
        return give_up(common, ExitCode::failed, read.error().message).value();
    }
    printer.end();
    return ExitCode::ok;
}

}  // namespace outdial::cli
