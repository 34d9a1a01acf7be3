#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "base/printable.hpp"
#include "cli/commands.hpp"
#include "cli/dnc.hpp"
#include "cli/interruption.hpp"
#include "cli/json_fields.hpp"
#include "cli/progress.hpp"
#include "cli/terminal.hpp"
#include "cli/text.hpp"
#include "cli/utc_text.hpp"
#include "config/rules.hpp"
#include "control/protocol.hpp"
#include "daemon/clock.hpp"
#include "import/csv_reader.hpp"
#include "import/file.hpp"
#include "number/normaliser.hpp"

namespace outdial::cli {
namespace {

using nlohmann::json;

constexpr std::size_t most_lines_shown = 10;

/// Digits of a number written in two columns, as the American register is: 212,5550100.
constexpr std::size_t area_code_digits = 3;
constexpr std::size_t local_digits = 7;

bool is_digits(std::string_view text, std::size_t count) {
    return text.size() == count && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

/// One number a row: in the column named phone or number where the first line names columns, else in the first.
class NumberFile {
public:
    NumberFile(const CommonOptions& common, const DncImportCommand& command, DatabaseAccess& access)
        : common_(common), command_(command), access_(access), progress_(!common.json) {}

    [[nodiscard]] Outcome<void> import(lists::File& file, const Interruption& interruption);

    std::uint64_t added = 0;
    std::uint64_t same = 0;
    std::vector<std::string> unreadable;  // "line 17: it is too short"
    std::uint64_t unreadable_rows = 0;

private:
    [[nodiscard]] Result<std::string> number_in(const lists::CsvRow& row) const;
    [[nodiscard]] bool names_columns(const lists::CsvRow& first);
    [[nodiscard]] Outcome<void> send();

    const CommonOptions& common_;
    const DncImportCommand& command_;
    DatabaseAccess& access_;
    number::Normaliser normaliser_{number::Check::length};
    Progress progress_;
    std::size_t column_ = 0;
    std::vector<std::string> numbers_;
};

Result<std::string> NumberFile::number_in(const lists::CsvRow& row) const {
    if (!row.problem.empty()) {
        return fail(row.problem);
    }
    if (row.fields.size() <= column_) {
        return fail("it has no number");
    }
    std::string written = row.fields[column_];
    if (row.fields.size() >= 2 && column_ == 0 && is_digits(row.fields[0], area_code_digits) &&
        is_digits(row.fields[1], local_digits)) {
        written += row.fields[1];
    }
    if (is_e164(written)) {
        return written;
    }
    auto number = normaliser_.normalise(written, command_.region);
    if (!number) {
        return tl::unexpected(std::move(number.error()));
    }
    return std::move(number->phone.e164);
}

bool NumberFile::names_columns(const lists::CsvRow& first) {
    for (const std::string_view name : {"phone", "number", "Phone", "Number", "PHONE", "NUMBER"}) {
        const auto found = std::ranges::find(first.fields, name);
        if (found == first.fields.end()) {
            continue;
        }
        column_ = static_cast<std::size_t>(found - first.fields.begin());
        return true;
    }
    return false;
}

Outcome<void> NumberFile::send() {
    if (numbers_.empty()) {
        return {};
    }
    const auto answer = change_lists(common_, access_,
                                     {{"command", "dnc"},
                                      {"order", "add"},
                                      {"list", command_.list},
                                      {"numbers", numbers_},
                                      {"source", "import"},
                                      {"reason", command_.reason}});
    if (!answer) {
        progress_.clear();
        return tl::unexpected(answer.error());
    }
    added += static_cast<std::uint64_t>(count_of(*answer, "changed"));
    same += static_cast<std::uint64_t>(count_of(*answer, "same"));
    numbers_.clear();
    return {};
}

Outcome<void> NumberFile::import(lists::File& file, const Interruption& interruption) {
    auto reader = lists::CsvReader::open([&file](std::span<char> into) { return file.read(into); });
    if (!reader) {
        return give_up(common_, ExitCode::failed, file.path() + ": " + reader.error().message);
    }
    for (bool is_first = true;; is_first = false) {
        auto row = reader->next();
        if (!row) {
            return give_up(common_, ExitCode::failed, file.path() + ": " + row.error().message);
        }
        if (!*row) {
            break;
        }
        if (is_first && names_columns(**row)) {
            continue;
        }
        if (auto number = number_in(**row)) {
            numbers_.push_back(std::move(*number));
        } else if (++unreadable_rows; unreadable.size() < most_lines_shown) {
            unreadable.push_back("line " + std::to_string((*row)->line) + ": " + number.error().message);
        }
        if (numbers_.size() == control::max_numbers_per_request) {
            if (auto sent = send(); !sent) {
                return sent;
            }
            progress_.show(reader->bytes_consumed(), file.size(), added + same);
        }
        if (interruption.is_noted()) {
            break;
        }
    }
    auto sent = send();
    progress_.clear();
    return sent;
}

ExitCode report(const CommonOptions& common, const DncImportCommand& command, const NumberFile& numbers,
                bool interrupted, bool dated) {
    const bool whole = numbers.unreadable_rows == 0 && !interrupted;
    if (common.json) {
        print_json({{"ok", whole},
                    {"list", command.list},
                    {"added", numbers.added},
                    {"same", numbers.same},
                    {"unreadable", numbers.unreadable_rows},
                    {"interrupted", interrupted}});
    } else {
        print(counted(static_cast<std::int64_t>(numbers.added), "number", "numbers") +
              " added to the do-not-call list '" + command.list + "', " +
              grouped(static_cast<std::int64_t>(numbers.same)) + " on it already.\n");
        if (dated) {
            print("It is the copy of " + command.copied + " now.\n");
        }
    }
    if (numbers.unreadable_rows > 0) {
        std::string text = counted(static_cast<std::int64_t>(numbers.unreadable_rows), "line holds", "lines hold") +
                           " no number that can be read, and whoever is meant there is not protected by this list:";
        for (const std::string& line : numbers.unreadable) {
            text += "\n  " + printable(line);
        }
        if (!command.copied.empty()) {
            text += "\nSo the list has not got the date " + command.copied +
                    ". Correct the lines, or remove those that are no entries, and import the file again.";
        }
        complain(text);
    }
    if (interrupted) {
        complain("interrupted; the numbers above are stored, and importing the file again adds the rest");
        return ExitCode::interrupted;
    }
    return whole ? ExitCode::ok : ExitCode::failed;
}

}  // namespace

ExitCode import_dnc(const CommonOptions& common, const DncImportCommand& command) {
    if (!config::is_name(command.list)) {
        return give_up(common, ExitCode::usage, "LIST must be " + std::string{config::name_rule.expected}).value();
    }
    const auto copied_at = command.copied.empty() ? UtcTime{} : utc_day(command.copied).value_or(UtcTime::max());
    if (copied_at > daemon::read_clocks().utc) {
        return give_up(common, ExitCode::usage,
                       "--copied must be the day on which the copy was made, such as 2026-11-01")
            .value();
    }
    const auto config = daemon_paths(common);
    if (!config) {
        return config.error();
    }
    auto file = lists::File::open(command.file == "-" ? "/dev/stdin" : command.file);
    if (!file) {
        return give_up(common, ExitCode::failed, file.error().message).value();
    }
    auto access = access_database(common, *config, "the database be used");
    if (!access) {
        return access.error();
    }
    const Interruption interruption;
    NumberFile numbers{common, command, *access};
    if (const auto imported = numbers.import(*file, interruption); !imported) {
        return imported.error();
    }
    const bool dated = !command.copied.empty() && numbers.unreadable_rows == 0 && !interruption.is_noted();
    if (dated) {
        const auto set = change_lists(
            common, *access,
            {{"command", "dnc"}, {"order", "copied"}, {"list", command.list}, {"at", to_unix_ms(copied_at)}});
        if (!set) {
            return set.error();
        }
    }
    return report(common, command, numbers, interruption.is_noted(), dated);
}

}  // namespace outdial::cli
