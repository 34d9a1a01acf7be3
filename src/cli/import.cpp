#include <array>
#include <deque>
#include <nlohmann/json.hpp>

#include "base/printable.hpp"
#include "cli/commands.hpp"
#include "cli/contact_sink.hpp"
#include "cli/environment.hpp"
#include "cli/interruption.hpp"
#include "cli/progress.hpp"
#include "cli/terminal.hpp"
#include "cli/text.hpp"
#include "config/rules.hpp"
#include "control/protocol.hpp"
#include "import/file.hpp"
#include "import/list_reader.hpp"
#include "import/reject_file.hpp"

namespace outdial::cli {
namespace {

namespace fs = std::filesystem;

struct Summary {
    std::uint64_t accepted = 0;
    std::uint64_t duplicates = 0;
    std::uint64_t rejected = 0;
    std::uint64_t numbers_dropped = 0;
    [[nodiscard]] std::uint64_t rows() const { return accepted + duplicates + rejected; }
};

bool is_standard_input(const ImportCommand& command) { return command.file == "-"; }

fs::path reject_path(const ImportCommand& command) {
    if (!command.rejects.empty()) {
        return command.rejects;
    }
    return (is_standard_input(command) ? command.list : command.file) + ".rejected.csv";
}

/// The rows that were left out, in a file that is made when the first one comes. A file of an earlier import goes, so
/// that nobody takes its rows for this one's.
class Rejects {
public:
    Rejects(fs::path path, std::vector<std::string> header) : path_(std::move(path)), header_(std::move(header)) {}

    [[nodiscard]] Result<void> write(const lists::RejectedRow& row) {
        if (!file_) {
            Result<lists::RejectFile> made = lists::RejectFile::create(path_.string(), header_);
            if (!made) {
                return tl::unexpected(made.error());
            }
            file_.emplace(*std::move(made));
        }
        return file_->write(row);
    }
    [[nodiscard]] Result<void> close() {
        if (file_) {
            return file_->close();
        }
        std::error_code ignored;
        fs::remove(path_, ignored);
        return {};
    }
    [[nodiscard]] bool any() const { return file_.has_value(); }
    [[nodiscard]] const fs::path& path() const { return path_; }

private:
    fs::path path_;
    std::vector<std::string> header_;
    std::optional<lists::RejectFile> file_;
};

/// The contact as a row of its list again, its numbers in E.164.
std::vector<std::string> fields_of(const NewContact& contact, const lists::Columns& columns) {
    std::vector<std::string> fields(columns.header.size());
    for (std::size_t i = 0; i < columns.phones.size() && i < contact.numbers.size(); ++i) {
        fields[columns.phones[i].column] = contact.numbers[i].e164;
    }
    if (columns.external_id) {
        fields[*columns.external_id] = contact.external_id;
    }
    for (const lists::Columns::Named& column : columns.attributes) {
        for (const auto& [name, value] : contact.attributes) {
            if (name == column.name) {
                fields[column.column] = value;
            }
        }
    }
    return fields;
}

/// Takes the batches of the reader to the sink, and what is left out to the rejects.
class Importer {
public:
    Importer(ContactSink& sink, const lists::Columns& columns, Rejects& rejects, bool show_progress,
             const Interruption& interruption)
        : sink_(sink), columns_(columns), rejects_(rejects), progress_(show_progress), interruption_(interruption) {}

    [[nodiscard]] Result<void> take(lists::Batch&& batch) {
        if (interruption_.is_noted()) {
            return fail("interrupted");
        }
        UnderWay one{std::move(batch), {}};
        one.contacts.reserve(one.batch.contacts.size());
        for (lists::ListedContact& listed : one.batch.contacts) {
            summary_.numbers_dropped += listed.dropped.size();
            one.contacts.push_back(std::move(listed.contact));
        }
        under_way_.push_back(std::move(one));
        if (const auto& contacts = under_way_.back().contacts; !contacts.empty()) {
            if (auto sent = sink_.send(contacts); !sent) {
                under_way_.pop_back();
                return sent;
            }
        }
        while (under_way_.size() >= sink_.batches_under_way()) {
            if (auto done = finish_oldest(); !done) {
                return done;
            }
        }
        return {};
    }
    /// Waits for all that is under way, also after an error: the summary then tells what is stored.
    [[nodiscard]] Result<void> finish() {
        Result<void> all;
        while (!under_way_.empty()) {
            if (auto done = finish_oldest(); !done && all) {
                all = done;
            }
        }
        return all;
    }
    [[nodiscard]] const Summary& summary() const { return summary_; }
    [[nodiscard]] Progress& progress() { return progress_; }

private:
    struct UnderWay {
        lists::Batch batch;
        std::vector<NewContact> contacts;  // of the batch
    };

    [[nodiscard]] Result<void> finish_oldest() {
        UnderWay one = std::move(under_way_.front());
        under_way_.pop_front();
        StoredBatch stored;
        if (!one.contacts.empty()) {
            Result<StoredBatch> added = sink_.receive();
            if (!added) {
                return tl::unexpected(added.error());
            }
            stored = *std::move(added);
        }
        summary_.accepted += stored.accepted;
        summary_.duplicates += stored.duplicates.size();
        summary_.rejected += one.batch.rejected.size() + stored.rejected.size();
        if (auto written = write_rejects(one.batch, one.contacts, stored); !written) {
            return written;
        }
        progress_.show(one.batch.bytes_read, one.batch.bytes_total, summary_.rows());
        return {};
    }
    [[nodiscard]] Result<void> write_rejects(lists::Batch& batch, const std::vector<NewContact>& contacts,
                                             const StoredBatch& stored) {
        std::vector<lists::RejectedRow> rows = std::move(batch.rejected);
        const auto add = [&](const StoredBatch::LeftOut& left_out, const std::string& kind) {
            if (left_out.index < contacts.size()) {
                rows.push_back({batch.contacts[left_out.index].line, kind + left_out.reason,
                                fields_of(contacts[left_out.index], columns_)});
            }
        };
        for (const auto& duplicate : stored.duplicates) {
            add(duplicate, "duplicate: ");
        }
        for (const auto& rejected : stored.rejected) {
            add(rejected, "");
        }
        std::ranges::sort(rows, {}, &lists::RejectedRow::line);
        for (const lists::RejectedRow& row : rows) {
            if (auto written = rejects_.write(row); !written) {
                return written;
            }
        }
        return {};
    }

    ContactSink& sink_;
    const lists::Columns& columns_;
    Rejects& rejects_;
    Summary summary_;
    Progress progress_;
    const Interruption& interruption_;
    std::deque<UnderWay> under_way_;
};

void print_summary(const CommonOptions& common, const ImportCommand& command, const Summary& summary,
                   const Rejects& rejects, const ContactSink& sink, std::chrono::milliseconds elapsed) {
    if (common.json) {
        print_json({{"ok", true},
                    {"list", command.list},
                    {"rows", summary.rows()},
                    {"accepted", summary.accepted},
                    {"duplicates", summary.duplicates},
                    {"rejected", summary.rejected},
                    {"numbers_dropped", summary.numbers_dropped},
                    {"reject_file", rejects.any() ? nlohmann::json(rejects.path().string()) : nlohmann::json()},
                    {"through_daemon", sink.through_daemon()},
                    {"elapsed_ms", elapsed.count()}});
        return;
    }
    const auto count = [](std::uint64_t number, std::string_view one, std::string_view many) {
        return counted(static_cast<std::int64_t>(number), one, many);
    };
    std::string text = printable(command.list) + ": " + count(summary.accepted, "contact", "contacts") + " accepted, " +
                       count(summary.duplicates, "duplicate", "duplicates") + ", " +
                       count(summary.rejected, "row", "rows") + " rejected";
    if (summary.numbers_dropped > 0) {
        text += "; " + count(summary.numbers_dropped, "number", "numbers") +
                " that cannot be dialed left off accepted contacts";
    }
    text += "\n" + count(summary.rows(), "row", "rows") + " in " + duration(elapsed.count()) +
            (sink.through_daemon() ? ", through the running daemon\n"
                                   : ", directly into the database (no daemon is running)\n");
    if (rejects.any()) {
        text += "What was left out, and why: " + printable(rejects.path().string()) + "\n";
    }
    print(text);
}

/// An error that the import ends with, and what is known of the rows before it.
ExitCode stop(const CommonOptions& common, const Error& error, const Summary& summary) {
    std::string message = error.message;
    if (summary.accepted > 0) {
        message += "\n" + counted(static_cast<std::int64_t>(summary.accepted), "contact", "contacts") +
                   " of it are stored. Import the file again when the cause is mended: what is stored already is "
                   "left as it is.";
    }
    return give_up(common, ExitCode::failed, message).value();
}

ExitCode interrupted(const CommonOptions& common, const Summary& summary) {
    return give_up(common, ExitCode::interrupted,
                   "interrupted: " + counted(static_cast<std::int64_t>(summary.accepted), "contact", "contacts") +
                       " stored; run the same command again to go on")
        .value();
}

Result<lists::ListReader> open_list(const ImportCommand& command, lists::ListOptions options) {
    if (!is_standard_input(command)) {
        return lists::ListReader::open(command.file, std::move(options));
    }
    Result<lists::File> input = lists::File::open("/dev/stdin");
    if (!input) {
        return tl::unexpected(input.error());
    }
    auto file = std::make_shared<lists::File>(*std::move(input));
    return lists::ListReader::open(
        "standard input", [file](std::span<char> into) { return file->read(into); }, 0, std::move(options));
}

/// Wrong arguments that only their meaning shows.
std::optional<std::string> complaint_about(const ImportCommand& command) {
    if (!config::is_name(command.list)) {
        return "'" + printable(command.list) + "' cannot be a list's name, which is " +
               std::string{config::name_rule.expected};
    }
    std::error_code ignored;
    if (!lists::RejectFile::may_replace(reject_path(command).string())) {
        return printable(reject_path(command).string()) +
               " exists and is no reject file of an earlier import, so it is not replaced: name another one with "
               "--rejects, or move it away";
    }
    if (fs::equivalent(reject_path(command), command.file, ignored)) {
        return "the reject file must not be the call list itself";
    }
    return std::nullopt;
}

}  // namespace

ExitCode import_contacts(const CommonOptions& common, const ImportCommand& command) {
    if (const auto complaint = complaint_about(command)) {
        return give_up(common, ExitCode::usage, *complaint).value();
    }
    lists::ListOptions options;
    options.region = command.region;
    options.threads = static_cast<int>(command.threads);
    options.batch_rows = control::max_contacts_per_request;
    Result<lists::ColumnMap> map = lists::ColumnMap::parse(command.map);
    if (!map) {
        return give_up(common, ExitCode::usage, map.error().message).value();
    }
    options.map = *std::move(map);
    const auto config = daemon_config(common);
    if (!config) {
        return config.error();
    }
    Result<lists::ListReader> reader = open_list(command, std::move(options));
    if (!reader) {
        return give_up(common, ExitCode::failed, reader.error().message).value();
    }
    const Outcome<std::unique_ptr<ContactSink>> sink = contact_sink(common, *config, command.list);
    if (!sink) {
        return sink.error();
    }
    Rejects rejects(reject_path(command), reader->columns().header);
    const Interruption interruption;
    Importer importer(**sink, reader->columns(), rejects, !common.json, interruption);
    const Result<lists::ListSummary> read =
        reader->run([&](lists::Batch&& batch) { return importer.take(std::move(batch)); });
    const Result<void> finished = importer.finish();
    const std::chrono::milliseconds elapsed = importer.progress().elapsed();
    importer.progress().clear();
    const Result<void> closed = rejects.close();
    if (!read && finished && closed && interruption.is_noted()) {
        return interrupted(common, importer.summary());
    }
    if (!read || !finished || !closed) {
        const Error& error = !read ? read.error() : !finished ? finished.error() : closed.error();
        return stop(common, error, importer.summary());
    }
    print_summary(common, command, importer.summary(), rejects, **sink, elapsed);
    return ExitCode::ok;
}

}  // namespace outdial::cli
