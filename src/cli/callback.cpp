#include <fmt/chrono.h>

#include <ctime>
#include <nlohmann/json.hpp>

#include "base/printable.hpp"
#include "cli/commands.hpp"
#include "cli/environment.hpp"
#include "cli/json_fields.hpp"
#include "cli/person_key.hpp"
#include "cli/terminal.hpp"

namespace outdial::cli {

namespace {

using nlohmann::json;

Outcome<json> request_for(const CommonOptions& common, const CallbackCommand& command) {
    const auto person = person_key(common, command.person);
    if (!person) {
        return tl::unexpected(person.error());
    }
    json request = {
        {"command", "callback"}, {"order", command.cancel ? "cancel" : "make"}, {"campaign", command.campaign}};
    request[person->e164.empty() ? "external_id" : "number"] =
        person->e164.empty() ? person->external_id : person->e164;
    if (command.cancel) {
        return request;
    }
    request["at"] = command.zone.empty() ? command.at : command.at + " " + command.zone;
    request["agent"] = command.agent;
    request["note"] = command.note;
    return request;
}

std::string utc(const json& answer) {
    const auto at = number_of(answer, "at").value_or(0);
    return fmt::format("{:%Y-%m-%d %H:%M:%S} UTC", fmt::gmtime(static_cast<std::time_t>(at / 1000)));
}

bool holds(const json& answer, const char* key) { return answer.contains(key) && answer[key] == true; }

std::string text_for(const CallbackCommand& command, const json& answer) {
    if (command.cancel) {
        return "The callback of " + utc(answer) + " is canceled.\n";
    }
    std::string text = printable(text_of(answer, "number")) + " is called back at " + utc(answer) +
                       (command.agent.empty() ? "" : ", for " + printable(command.agent));
    text += holds(answer, "replaced") ? "; the callback that there was is canceled.\n" : ".\n";
    if (holds(answer, "in_call")) {
        text += "They are in a call just now.\n";
    }
    const std::string state = text_of(answer, "campaign_state");
    if (state != "running") {
        text += "But the campaign is " + printable(state) + ", and calls nobody before it runs: outdial campaign " +
                (state == "paused" ? "resume " : "start ") + printable(command.campaign) + "\n";
    }
    return text + "When exactly they may be called is told by: outdial explain " +
           printable(text_of(answer, "number")) + "\n";
}

}  // namespace

ExitCode callback(const CommonOptions& common, const CallbackCommand& command) {
    const auto request = request_for(common, command);
    if (!request) {
        return request.error();
    }
    const auto config = daemon_paths(common);
    if (!config) {
        return config.error();
    }
    auto client = daemon(common, *config);
    if (!client) {
        return client.error();
    }
    const auto answer = ask(common, *client, *request);
    if (!answer) {
        return answer.error();
    }
    if (common.json) {
        print_json(*answer);
    } else {
        print(text_for(command, *answer));
    }
    return ExitCode::ok;
}

}  // namespace outdial::cli
