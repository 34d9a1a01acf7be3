#include "cli/status_view.hpp"

#include <fmt/chrono.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/printable.hpp"
#include "cli/json_fields.hpp"
#include "cli/text.hpp"
#include "core/campaign.hpp"

namespace outdial::cli {
namespace {

using nlohmann::json;
using Align = Table::Align;

constexpr int bar_width = 16;
constexpr std::size_t alerts_shown = 5;

Tone tone_of(CampaignState state) {
    switch (state) {
        case CampaignState::draft: return Tone::plain;
        case CampaignState::running: return Tone::good;
        case CampaignState::paused:
        case CampaignState::draining: return Tone::warning;
        case CampaignState::finished: return Tone::faint;
    }
    return Tone::plain;
}

double share_done(const json& campaign) {
    const std::int64_t contacts = count_of(campaign, "contacts");
    return contacts == 0 ? 0.0 : static_cast<double>(count_of(campaign, "done")) / static_cast<double>(contacts);
}

/// Why this campaign starts no calls just now; empty where it does, or has nothing more to do.
std::string why_not_dialing(const json& campaign) {
    const std::string name = text_of(campaign, "name");
    const std::optional<CampaignState> state = campaign_state_from(text_of(campaign, "state"));
    if (!state) {
        return {};
    }
    switch (*state) {
        case CampaignState::draft: return "not started yet: outdial campaign start " + name;
        case CampaignState::running: {
            const std::string waiting_for = text_of(campaign, "waiting_for");
            return waiting_for.empty() ? std::string{} : "starts no calls just now: " + waiting_for;
        }
        case CampaignState::paused: return "paused: outdial campaign resume " + name;
        case CampaignState::draining: return "draining: no new calls, finished when those that are up have ended";
        case CampaignState::finished: return {};
    }
    return {};
}

std::string calls_of_cap(const json& capacity) {
    return grouped(count_of(capacity, "calls")) + " / " + grouped(count_of(capacity, "channels"));
}

std::string rate_of(const json& capacity) { return rate(number_of(capacity, "originates_per_second").value_or(0)); }

std::string server_table(const json& status, const Style& style) {
    Table table({{"SERVER"}, {"STATE"}, {"CALLS / CAP", Align::right}, {"CAP CALLS/S", Align::right}, {"VERSION"}});
    for (const json& server : list_of(status, "servers")) {
        const std::string state = text_of(server, "state");
        const std::string detail = text_of(server, "detail");
        const Tone tone = state == "ready" ? Tone::good : state == "down" ? Tone::bad : Tone::warning;
        table.add({text_of(server, "name"),
                   {state, tone},
                   calls_of_cap(server),
                   rate_of(server),
                   text_of(server, "version")});
        if (!detail.empty()) {
            table.note(detail, tone == Tone::good ? Tone::faint : tone);
        }
    }
    return table.text(style);
}

std::string trunk_table(const json& status, const Style& style) {
    Table table({{"TRUNK"}, {"CALLS / CAP", Align::right}, {"CAP CALLS/S", Align::right}});
    for (const json& trunk : list_of(status, "trunks")) {
        table.add({text_of(trunk, "name"), calls_of_cap(trunk), rate_of(trunk)});
    }
    return table.text(style);
}

/// UTC, as reports have it.
std::string time_of(const json& alert) {
    const json at = alert.value("at", json());
    if (!at.is_number_integer()) {
        return text_of(alert, "at");
    }
    return fmt::format("{:%Y-%m-%d %H:%M:%S}", fmt::gmtime(static_cast<std::time_t>(at.get<std::int64_t>() / 1000)));
}

std::string alert_table(const json& status, const Style& style) {
    const json& alerts = list_of(status, "alerts");
    if (alerts.empty()) {
        return {};
    }
    Table table({{"ALERT (UTC)"}, {"ABOUT"}, {"WHAT"}});
    const std::size_t shown = std::min(alerts.size(), alerts_shown);
    for (std::size_t i = alerts.size() - shown; i < alerts.size(); ++i) {
        table.add({time_of(alerts[i]), text_of(alerts[i], "about"), {text_of(alerts[i], "text"), Tone::warning}});
    }
    return "\n" + table.text(style);
}

std::string heading(const json& status, const Style& style) {
    std::string text = style(Tone::strong, "outdial " + printable(text_of(status, "version"))) + ", process " +
                       std::to_string(count_of(status, "pid")) + ", up " + duration(count_of(status, "uptime_ms")) +
                       ", database " + printable(text_of(status, "database")) + "\n";
    if (const std::string overload = text_of(status, "overload"); !overload.empty()) {
        text += style(Tone::warning, "Overloaded: " + printable(overload)) + "\n";
    }
    if (!status.value("dialing", json(true)).is_boolean() || status.value("dialing", true)) {
        return text;
    }
    return text + style(Tone::bad, "No campaign can dial: " + printable(text_of(status, "not_dialing_because"))) + "\n";
}

}  // namespace

const json* find_campaign(const json& status, std::string_view name) {
    for (const json& campaign : list_of(status, "campaigns")) {
        if (text_of(campaign, "name") == name) {
            return &campaign;
        }
    }
    return nullptr;
}

std::vector<std::string> campaign_names(const json& status) {
    std::vector<std::string> names;
    for (const json& campaign : list_of(status, "campaigns")) {
        names.push_back(text_of(campaign, "name"));
    }
    return names;
}

bool is_finished(const json& campaign) {
    return campaign_state_from(text_of(campaign, "state")) == CampaignState::finished;
}

CampaignTable::CampaignTable()
    : table_({{"CAMPAIGN"},
              {"STATE"},
              {"PROGRESS"},
              {"CONTACTS", Align::right},
              {"READY", Align::right},
              {"WAITING", Align::right},
              {"IN CALL", Align::right},
              {"DONE", Align::right},
              {"REACHED", Align::right},
              {"ATTEMPTS", Align::right},
              {"ANSWERED", Align::right}}) {}

void CampaignTable::add(const json& campaign) {
    const std::string state = text_of(campaign, "state");
    const double share = share_done(campaign);
    const auto count = [&](const char* key) { return grouped(count_of(campaign, key)); };
    const std::optional<double> answer_rate = number_of(campaign, "answer_rate");
    table_.add({text_of(campaign, "name"),
                {state, tone_of(campaign_state_from(state).value_or(CampaignState::draft))},
                bar(share, bar_width) + " " + percent(share),
                count("contacts"),
                count("ready"),
                count("waiting"),
                count("in_call"),
                count("done"),
                count("reached"),
                count("attempts"),
                count("answered") + (answer_rate ? " = " + percent(*answer_rate) : "")});
    if (const std::string why = why_not_dialing(campaign); !why.empty()) {
        table_.note(why, Tone::warning);
    }
}

std::string status_text(const json& status, std::string_view name, const Style& style) {
    CampaignTable campaigns;
    for (const json& campaign : list_of(status, "campaigns")) {
        if (name.empty() || text_of(campaign, "name") == name) {
            campaigns.add(campaign);
        }
    }
    std::string text = heading(status, style) + "\n";
    text += campaigns.empty() ? "No campaign is configured.\n" : campaigns.text(style);
    text += "\n" + trunk_table(status, style) + "\n" + server_table(status, style);
    return text + alert_table(status, style);
}

std::string progress_lines(const json& status, std::string_view name) {
    std::string lines;
    for (const json& campaign : list_of(status, "campaigns")) {
        if (!name.empty() && text_of(campaign, "name") != name) {
            continue;
        }
        lines += printable(text_of(campaign, "name")) + " " + printable(text_of(campaign, "state")) + ": " +
                 grouped(count_of(campaign, "done")) + " of " +
                 counted(count_of(campaign, "contacts"), "contact", "contacts") + " done, " +
                 grouped(count_of(campaign, "reached")) + " reached, " + grouped(count_of(campaign, "in_call")) +
                 " in call, " + counted(count_of(campaign, "attempts"), "attempt", "attempts");
        const std::string why = why_not_dialing(campaign);
        lines += (why.empty() ? "" : "; " + printable(why)) + "\n";
    }
    return lines;
}

}  // namespace outdial::cli
