#include <fmt/chrono.h>

#include <algorithm>
#include <ctime>
#include <nlohmann/json.hpp>

#include "base/printable.hpp"
#include "cli/commands.hpp"
#include "cli/environment.hpp"
#include "cli/json_fields.hpp"
#include "cli/person_key.hpp"
#include "cli/table.hpp"
#include "cli/terminal.hpp"
#include "cli/text.hpp"

namespace outdial::cli {
namespace {

using nlohmann::json;

std::string utc(const json& object, const char* key) {
    const auto at = number_of(object, key);
    if (!at) {
        return {};
    }
    return fmt::format("{:%Y-%m-%d %H:%M:%S} UTC", fmt::gmtime(static_cast<std::time_t>(*at / 1000)));
}

bool permits(const json& rule) { return rule.is_object() && rule.contains("permits") && rule["permits"] == true; }

/// A rule's word as people read it: calling_hours -> calling hours
std::string words(std::string text) {
    std::ranges::replace(text, '_', ' ');
    return text;
}

std::string verdict_on(const json& explanation) {
    const std::string next = utc(explanation, "next_at");
    const std::string waits_for = text_of(explanation, "campaign_waits_for");
    if (std::ranges::all_of(list_of(explanation, "rules"), permits)) {
        return waits_for.empty() ? "may be called now" : "may be called now, but the campaign waits: " + waits_for;
    }
    return next.empty() ? "is not called until something of this is changed" : "may be called from " + next;
}

std::string shown(const json& explanation, const Style& style) {
    std::string who = text_of(explanation, "number");
    const std::string key = text_of(explanation, "external_id");
    if (who.empty()) {
        who = "contact " + std::to_string(count_of(explanation, "contact_id"));
    }
    if (!key.empty()) {
        who += " (" + key + ")";
    }
    const std::string text = printable(who) + ", list " + printable(text_of(explanation, "list")) + ", campaign " +
                             printable(text_of(explanation, "campaign")) + ": " + printable(verdict_on(explanation)) +
                             "\n";
    Table table({{"now"}, {"rule"}, {"verdict"}});
    for (const json& rule : list_of(explanation, "rules")) {
        table.add({{permits(rule) ? "yes" : "no", permits(rule) ? Tone::good : Tone::bad},
                   words(text_of(rule, "rule")),
                   text_of(rule, "text")});
    }
    return text + table.text(style);
}

Outcome<json> ask_daemon(const CommonOptions& common, const json& request) {
    const auto config = daemon_paths(common);
    if (!config) {
        return tl::unexpected(config.error());
    }
    auto client = daemon(common, *config);
    if (!client) {
        return tl::unexpected(client.error());
    }
    return ask(common, *client, request);
}

}  // namespace

ExitCode explain(const CommonOptions& common, const ExplainCommand& command) {
    const auto key = person_key(common, command.person);
    if (!key) {
        return key.error();
    }
    json request = {{"command", "explain"}, {"list", key->list}};
    if (key->e164.empty()) {
        request["external_id"] = key->external_id;
    } else {
        request["number"] = key->e164;
    }
    const auto answer = ask_daemon(common, request);
    if (!answer) {
        return answer.error();
    }
    if (common.json) {
        print_json(*answer);
        return ExitCode::ok;
    }
    const json& explanations = list_of(*answer, "explanations");
    if (explanations.empty()) {
        print("Nobody with this number or key is on the list of any campaign.\n");
    }
    const char* gap = "";
    for (const json& explanation : explanations) {
        print(gap + shown(explanation, Style::of(1)));
        gap = "\n";
    }
    return ExitCode::ok;
}

ExitCode why(const CommonOptions& common, const WhyCommand& command) {
    const auto answer = ask_daemon(common, {{"command", "why"}, {"campaign", command.name}});
    if (!answer) {
        return answer.error();
    }
    if (common.json) {
        print_json(*answer);
        return ExitCode::ok;
    }
    const std::string waiting_for = text_of(*answer, "waiting_for");
    print(printable(command.name) + " is " + printable(text_of(*answer, "state")) + ", with " +
          counted(count_of(*answer, "calls"), "call", "calls") + " up. " +
          printable(waiting_for.empty()
                        ? "It starts calls; what keeps it from more is " + text_of(*answer, "limited_by")
                        : "It starts no calls just now: " + waiting_for) +
          ".\n");
    Table table({{"state"}, {"reason"}, {"contacts", Table::Align::right}, {"the first may be called"}});
    for (const json& reason : list_of(*answer, "reasons")) {
        const std::string next = text_of(reason, "next_at");
        table.add({text_of(reason, "state"), words(text_of(reason, "reason")), grouped(count_of(reason, "contacts")),
                   next.empty() ? "" : next.substr(0, next.find('.')) + " UTC"});
    }
    print(table.empty() ? "Its list is empty: fill it with 'outdial import'.\n" : "\n" + table.text(Style::of(1)));
    return ExitCode::ok;
}

}  // namespace outdial::cli
