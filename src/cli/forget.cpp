#include <unistd.h>

#include <iostream>
#include <nlohmann/json.hpp>

#include "base/printable.hpp"
#include "cli/commands.hpp"
#include "cli/database_access.hpp"
#include "cli/environment.hpp"
#include "cli/json_fields.hpp"
#include "cli/person_key.hpp"
#include "cli/terminal.hpp"
#include "cli/text.hpp"
#include "daemon/people_json.hpp"
#include "store/store.hpp"

namespace outdial::cli {
namespace {

using nlohmann::json;

/// Where people are looked up and forgotten: the running daemon, or the database itself.
class Records {
public:
    [[nodiscard]] static Outcome<Records> open(const CommonOptions& common, const config::DaemonConfig& config);

    [[nodiscard]] Outcome<json> find(const store::PersonKey& key) { return ask_about(key, true); }
    [[nodiscard]] Outcome<json> forget(const store::PersonKey& key) { return ask_about(key, false); }

private:
    Records(const CommonOptions& common, DatabaseAccess access) : common_(common), access_(std::move(access)) {}
    [[nodiscard]] Outcome<json> ask_about(const store::PersonKey& key, bool only_look);
    [[nodiscard]] Result<json> ask_store(const store::PersonKey& key, bool only_look);

    const CommonOptions& common_;
    DatabaseAccess access_;
};

Outcome<Records> Records::open(const CommonOptions& common, const config::DaemonConfig& config) {
    auto access = access_database(common, config, "the database be used");
    if (!access) {
        return tl::unexpected(access.error());
    }
    return Records{common, *std::move(access)};
}

Result<json> Records::ask_store(const store::PersonKey& key, bool only_look) {
    const Result<std::vector<store::PersonRecord>> people =
        only_look ? access_.store->find_people(key) : access_.store->forget(key, own_origin("forget"));
    if (!people) {
        return tl::unexpected(people.error());
    }
    json answer = {{"ok", true}, {"contacts", daemon::people_json(*people)}};
    if (!only_look) {
        answer["copies"] = store::to_text(access_.store->copies_of_the_forgotten());
    }
    return answer;
}

Outcome<json> Records::ask_about(const store::PersonKey& key, bool only_look) {
    if (access_.store) {
        Result<json> answer = ask_store(key, only_look);
        if (!answer) {
            return give_up(common_, ExitCode::failed, answer.error().message);
        }
        return *std::move(answer);
    }
    json request = {{"command", "forget"}, {"list", key.list}, {"dry_run", only_look}};
    if (key.e164.empty()) {
        request["external_id"] = key.external_id;
    } else {
        request["number"] = key.e164;
    }
    return ask(common_, *access_.client, request);
}

std::string description_of(const json& answer) {
    std::string text;
    for (const json& person : list_of(answer, "contacts")) {
        text += "  contact " + std::to_string(count_of(person, "contact_id")) + " of list " +
                printable(text_of(person, "list")) + ": " + counted(count_of(person, "numbers"), "number", "numbers") +
                ", " + counted(count_of(person, "attempts"), "attempt", "attempts") + "\n";
    }
    return text;
}

/// Whether the operator has typed yes.
bool confirmed(const json& found) {
    print(description_of(found) +
          "Numbers, key and attributes are removed for good; attempts stay under a pseudonym.\nType yes to go on: ");
    std::string answer;
    std::getline(std::cin, answer);
    return answer == "yes";
}

void report(const CommonOptions& common, const json& answer) {
    if (common.json) {
        return print_json(answer);
    }
    if (list_of(answer, "contacts").empty()) {
        print("Nobody with this number or key is on any list.\n");
    } else {
        print("Forgotten:\n" + description_of(answer));
    }
    const std::string copies = text_of(answer, "copies");
    if (copies == store::to_text(store::Copies::in_log)) {
        print_error(
            "outdial: a program that reads the database keeps its write-ahead log from being emptied, and an older "
            "copy of the data stands there until it is; end that program and give this command again.\n");
    }
    if (copies == store::to_text(store::Copies::in_file)) {
        print_error(
            "outdial: an older copy of the data stands in unused space of the database, which is too large to be "
            "rewritten while calls are made, or the disk too full; when nothing is dialed, stop the daemon, run VACUUM "
            "with sqlite3, and start it again.\n");
    }
}

}  // namespace

ExitCode forget(const CommonOptions& common, const ForgetCommand& command) {
    const auto config = daemon_config(common);
    if (!config) {
        return config.error();
    }
    const auto key = person_key(common, command.person);
    if (!key) {
        return key.error();
    }
    const bool can_ask = is_terminal(STDIN_FILENO) && !common.json;
    if (!command.yes && !can_ask) {
        return give_up(common, ExitCode::usage, "nobody can be asked here whether to go on; --yes says so").value();
    }
    auto records = Records::open(common, *config);
    if (!records) {
        return records.error();
    }
    if (!command.yes) {
        const auto found = records->find(*key);
        if (!found) {
            return found.error();
        }
        if (!list_of(*found, "contacts").empty() && !confirmed(*found)) {
            print("Nobody was forgotten.\n");
            return ExitCode::ok;
        }
    }
    const auto forgotten = records->forget(*key);
    if (!forgotten) {
        return forgotten.error();
    }
    report(common, *forgotten);
    return ExitCode::ok;
}

}  // namespace outdial::cli
