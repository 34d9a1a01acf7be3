#include "cli/dnc.hpp"

#include <fmt/chrono.h>
#include <unistd.h>

#include <iostream>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/printable.hpp"
#include "cli/commands.hpp"
#include "cli/json_fields.hpp"
#include "cli/table.hpp"
#include "cli/terminal.hpp"
#include "cli/text.hpp"
#include "cli/utc_text.hpp"
#include "daemon/clock.hpp"
#include "daemon/do_not_call_order.hpp"
#include "number/normaliser.hpp"

namespace outdial::cli {

using nlohmann::json;

Outcome<json> change_lists(const CommonOptions& common, DatabaseAccess& access, const json& request) {
    if (access.client) {
        return ask(common, *access.client, request);
    }
    const auto order = daemon::do_not_call_order(request);
    if (!order) {
        return give_up(common, ExitCode::failed, order.error().message);
    }
    const auto answer = daemon::carry_out(*access.store, *order, own_origin("dnc"));
    if (!answer) {
        return give_up(common, ExitCode::failed, answer.error().message);
    }
    return *answer;
}

namespace {

/// As E.164; a number may be written as people write it, and one of a plan newer than ours is taken too.
Outcome<std::vector<std::string>> numbers_of(const CommonOptions& common, const DncChangeCommand& command) {
    std::vector<std::string> numbers;
    const number::Normaliser normaliser{number::Check::length};
    for (const std::string& written : command.numbers) {
        if (is_e164(written)) {
            numbers.push_back(written);
            continue;
        }
        const auto number = normaliser.normalise(written, command.region);
        if (!number) {
            return give_up(common, ExitCode::usage,
                           "the number '" + printable(written) + "' cannot be read: " + number.error().message +
                               " (write it as +12125550100, or name its country with --region); nothing was changed");
        }
        numbers.push_back(number->phone.e164);
    }
    return numbers;
}

bool confirmed(const DncChangeCommand& command) {
    print("They may be called again by every campaign that keeps to the list '" + command.list +
          "', unless another list forbids it.\nType yes to go on: ");
    std::string answer;
    std::getline(std::cin, answer);
    return answer == "yes";
}

Outcome<json> request_for(const CommonOptions& common, const DncChangeCommand& command) {
    const auto numbers = numbers_of(common, command);
    if (!numbers) {
        return tl::unexpected(numbers.error());
    }
    json request = {{"command", "dnc"},     {"order", command.remove ? "remove" : "add"},
                    {"list", command.list}, {"numbers", *numbers},
                    {"source", "operator"}, {"reason", command.reason}};
    if (!command.until.empty()) {
        const auto until = utc_day(command.until);
        if (!until || *until <= daemon::read_clocks().utc) {
            return give_up(common, ExitCode::usage,
                           "--until must be a day to come, such as 2027-05-31; nothing was changed");
        }
        request["expires_at"] = to_unix_ms(*until);
    }
    return request;
}

}  // namespace

ExitCode change_dnc(const CommonOptions& common, const DncChangeCommand& command) {
    const auto config = daemon_paths(common);
    if (!config) {
        return config.error();
    }
    const auto request = request_for(common, command);
    if (!request) {
        return request.error();
    }
    if (command.remove && !command.yes) {
        if (!is_terminal(STDIN_FILENO) || common.json) {
            return give_up(common, ExitCode::usage, "nobody can be asked here whether to go on; --yes says so").value();
        }
        if (!confirmed(command)) {
            print("Nothing was changed.\n");
            return ExitCode::ok;
        }
    }
    auto access = access_database(common, *config, "the database be used");
    if (!access) {
        return access.error();
    }
    const auto answer = change_lists(common, *access, *request);
    if (!answer) {
        return answer.error();
    }
    if (common.json) {
        print_json(*answer);
        return ExitCode::ok;
    }
    const auto changed = count_of(*answer, "changed");
    const auto same = count_of(*answer, "same");
    std::string text = counted(changed, "number", "numbers") + (command.remove ? " removed from" : " added to") +
                       " the do-not-call list '" + command.list + "'";
    if (same > 0) {
        text += ", " + grouped(same) + (command.remove ? " not on it" : " on it already");
    }
    print(text + ".\n");
    return ExitCode::ok;
}

ExitCode list_dnc(const CommonOptions& common) {
    const auto config = daemon_paths(common);
    if (!config) {
        return config.error();
    }
    auto access = access_database(common, *config, "the database be used");
    if (!access) {
        return access.error();
    }
    const auto answer = change_lists(common, *access, {{"command", "dnc"}, {"order", "lists"}});
    if (!answer) {
        return answer.error();
    }
    if (common.json) {
        print_json(*answer);
        return ExitCode::ok;
    }
    Table table({{"LIST"}, {"NUMBERS", Table::Align::right}, {"COPY OF (UTC)"}});
    for (const json& list : list_of(*answer, "lists")) {
        const auto copied_at = number_of(list, "copied_at");
        std::string copied;
        if (copied_at) {
            copied = fmt::format("{:%Y-%m-%d}", fmt::gmtime(static_cast<std::time_t>(*copied_at / 1000)));
        }
        table.add({text_of(list, "list"), grouped(count_of(list, "numbers")), copied});
    }
    print(table.text(Style::of(STDOUT_FILENO)));
    return ExitCode::ok;
}

}  // namespace outdial::cli
