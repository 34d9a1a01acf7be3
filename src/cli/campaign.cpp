#include <nlohmann/json.hpp>

#include "base/printable.hpp"
#include "cli/commands.hpp"
#include "cli/environment.hpp"
#include "cli/json_fields.hpp"
#include "cli/terminal.hpp"
#include "cli/text.hpp"

namespace outdial::cli {

ExitCode order_campaign(const CommonOptions& common, const CampaignOrderCommand& command) {
    const auto config = daemon_paths(common);
    if (!config) {
        return config.error();
    }
    auto client = daemon(common, *config);
    if (!client) {
        return client.error();
    }
    const auto answer =
        ask(common, *client, {{"command", "campaign"}, {"name", command.name}, {"order", to_text(command.order)}});
    if (!answer) {
        return answer.error();
    }
    if (common.json) {
        print_json(*answer);
        return ExitCode::ok;
    }
    const std::int64_t contacts = count_of(*answer, "contacts");
    print(printable(command.name) + " is " + printable(text_of(*answer, "state")) + ": " +
          counted(contacts, "contact", "contacts") + ", " + grouped(count_of(*answer, "ready")) +
          " ready to be dialed\n");
    if (command.order == CampaignOrder::start && contacts == 0) {
        print("Its list is empty: fill it with 'outdial import'.\n");
    }
    return ExitCode::ok;
}

ExitCode reload(const CommonOptions& common) {
    const auto config = daemon_paths(common);
    if (!config) {
        return config.error();
    }
    auto client = daemon(common, *config);
    if (!client) {
        return client.error();
    }
    const auto answer = ask(common, *client, {{"command", "reload"}});
    if (!answer) {
        return answer.error();
    }
    if (common.json) {
        print_json(*answer);
    } else {
        print("The daemon runs with the configuration as it is now.\n");
    }
    return ExitCode::ok;
}

}  // namespace outdial::cli
