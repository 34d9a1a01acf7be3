#include "daemon/control_commands.hpp"

#include <fmt/core.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "config/rules.hpp"
#include "control/protocol.hpp"
#include "core/callback.hpp"
#include "daemon/actor.hpp"
#include "daemon/clock.hpp"
#include "daemon/do_not_call_order.hpp"
#include "daemon/explanations_json.hpp"
#include "daemon/log.hpp"
#include "daemon/people_json.hpp"
#include "daemon/version.hpp"

namespace outdial::daemon {

namespace {

using nlohmann::json;

json ok() { return {{"ok", true}}; }

store::Origin origin_of(const control::Peer& peer, std::string_view command) {
    return {read_clocks().utc, actor_of(peer.uid, peer.pid, command)};
}

// A member of the request as text; empty when it is missing or something else.
std::string text_in(const json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

std::string_view word_for(ami::ServerStatus::State state, bool ready) {
    switch (state) {
        case ami::ServerStatus::State::down: return "down";
        case ami::ServerStatus::State::draining: return "draining";
        case ami::ServerStatus::State::up: return ready ? "ready" : "reconciling";
    }
    return "down";
}

json servers_json(const ServerLinks& links, const EngineStatus& engine, SteadyTime now) {
    json result = json::array();
    for (std::size_t i = 0; i < links.size(); ++i) {
        const ami::ServerStatus link = links.status(i);
        const auto found = std::ranges::find(engine.servers, link.name, &CapacityStatus::name);
        if (found == engine.servers.end()) continue;
        result.push_back({{"name", link.name},
                          {"state", word_for(link.state, found->ready)},
                          {"detail", link.why},
                          {"version", link.info.asterisk_version},
                          {"since_ms", std::chrono::duration_cast<Milliseconds>(now - link.since).count()},
                          {"calls", found->calls},
                          {"channels", found->cap.channels},
                          {"originates_per_second", found->cap.originates_per_second},
                          {"events", link.counters.events},
                          {"unanswered", link.counters.unanswered},
                          {"skipped_messages", link.counters.skipped_messages}});
    }
    return result;
}

json trunks_json(const EngineStatus& engine) {
    json result = json::array();
    for (const CapacityStatus& trunk : engine.trunks) {
        result.push_back({{"name", trunk.name},
                          {"calls", trunk.calls},
                          {"channels", trunk.cap.channels},
                          {"originates_per_second", trunk.cap.originates_per_second}});
    }
    return result;
}

json to_json(const store::Cell& cell) {
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

// The row of the view campaign_progress, every column by its name; only "campaign" when there is none.
json progress_of(const std::string& campaign, const store::Table& table) {
    json result{{"campaign", campaign}};
    const auto name_column = std::ranges::find(table.columns, "campaign") - table.columns.begin();
    for (const auto& row : table.rows) {
        const auto* name = std::get_if<std::string>(&row[static_cast<std::size_t>(name_column)]);
        if (name == nullptr || *name != campaign) continue;
        for (std::size_t i = 0; i < row.size(); ++i) result[table.columns[i]] = to_json(row[i]);
    }
    return result;
}

json campaigns_json(const EngineStatus& engine, const Site& site, const store::Table& table) {
    json result = json::array();
    for (const CampaignStatus& campaign : engine.campaigns) {
        json entry = progress_of(campaign.name, table);
        entry.erase("campaign");
        entry["name"] = campaign.name;
        const auto configured = std::ranges::find(site.campaigns, campaign.name, &Campaign::name);
        if (configured != site.campaigns.end()) entry["list"] = configured->list;
        entry["state"] = to_text(campaign.state);
        entry["calls"] = campaign.calls;
        entry["waiting_for"] = campaign.waiting_for;
        entry["limited_by"] = campaign.limited_by;
        result.push_back(std::move(entry));
    }
    return result;
}

json alerts_json(const Alerts& alerts) {
    json result = json::array();
    for (const AlertEntry& entry : alerts.newest_last()) {
        result.push_back({{"at", to_unix_ms(entry.at)}, {"about", entry.about}, {"text", one_line(entry.text)}});
    }
    return result;
}

// Whom a request means.
Result<store::PersonKey> person_key_in(const json& request) {
    store::PersonKey key{.e164 = text_in(request, "number"),
                         .external_id = text_in(request, "external_id"),
                         .list = text_in(request, "list")};
    if (key.e164.empty() == key.external_id.empty() || (!key.e164.empty() && !is_e164(key.e164))) {
        return fail("either a \"number\", such as +12125550100, or an \"external_id\"");
    }
    return key;
}

Result<NewContact> contact_from(const json& object, std::size_t index) {
    const auto wrong = [index](std::string_view what) {
        return fail(fmt::format("contact {} of the request: {}", index, what));
    };
    if (!object.is_object()) return wrong("not an object");
    NewContact contact;
    contact.external_id = text_in(object, "external_id");
    const auto numbers = object.find("numbers");
    if (numbers == object.end() || !numbers->is_array() || numbers->empty()) return wrong("it has no numbers");
    for (const json& number : *numbers) {
        const auto digits = number.find("country_code_digits");
        if (!number.is_object() || digits == number.end() || !digits->is_number_integer())
            return wrong("a number is not complete");
        contact.numbers.push_back({.e164 = text_in(number, "e164"), .country_code_digits = digits->get<int>()});
    }
    const auto attributes = object.find("attributes");
    if (attributes == object.end()) return contact;
    if (!attributes->is_array()) return wrong("attributes is not a list of pairs");
    for (const json& pair : *attributes) {
        if (!pair.is_array() || pair.size() != 2 || !pair[0].is_string() || !pair[1].is_string())
            return wrong("an attribute is not a pair of texts");
        contact.attributes.emplace_back(pair[0].get<std::string>(), pair[1].get<std::string>());
    }
    return contact;
}

}  // namespace

ControlCommands::ControlCommands(Dialer& dialer, Alerts& alerts, ReportThread& reports, Reload reload)
    : dialer_(dialer),
      alerts_(alerts),
      reports_(reports),
      reload_(std::move(reload)),
      started_at_(read_clocks().steady) {}

void ControlCommands::handle(const control::Peer& peer, const json& request, const control::Reply& reply) {
    const std::string command = text_in(request, "command");
    if (command == "status") return status(reply);
    if (command == "campaign") return campaign(peer, request, reply);
    if (command == "add_contacts") return add_contacts(peer, request, reply);
    if (command == "dnc") return do_not_call(peer, request, reply);
    if (command == "callback") return callback(peer, request, reply);
    if (command == "forget") return forget(peer, request, reply);
    if (command == "why") return why(request, reply);
    if (command == "explain") return explain(request, reply);
    if (command == "reload") {
        spdlog::info("reload ordered uid={} pid={}", peer.uid, peer.pid);
        return reload_(origin_of(peer, "reload"), [reply](const Result<void>& result) {
            json answer = result ? ok() : control::refusal(result.error().message);
            if (!result) answer["configuration"] = "refused";  // and not just the request
            reply(std::move(answer));
        });
    }
    reply(control::refusal(
        "unknown command; this daemon knows status, why, explain, campaign, add_contacts, callback, dnc, forget and "
        "reload"));
}

void ControlCommands::status(const control::Reply& reply) {
    reports_.campaign_progress([this, reply](const Result<store::Table>& table) {
        const SteadyTime now = read_clocks().steady;
        const EngineStatus engine = dialer_.status();
        const std::string& why_not = dialer_.why_not_dialing();
        json status{
            {"version", version},
            {"pid", getpid()},
            {"uptime_ms", std::chrono::duration_cast<Milliseconds>(now - started_at_).count()},
            {"database", dialer_.configuration().daemon.database.string()},
            {"dialing", why_not.empty()},
            {"not_dialing_because", one_line(why_not)},
            {"calls", engine.all.calls},
            {"channels", engine.all.cap.channels},
            {"overload", engine.overload},
            {"events_without_attempt", engine.events_without_attempt},
            {"servers", servers_json(dialer_.links(), engine, now)},
            {"trunks", trunks_json(engine)},
            {"campaigns", campaigns_json(engine, dialer_.configuration().site, table ? *table : store::Table{})},
            {"alerts", alerts_json(alerts_)}};
        if (!table) status["report_error"] = one_line(table.error().message);
        json answer = ok();
        answer["status"] = std::move(status);
        reply(std::move(answer));
    });
}

void ControlCommands::campaign(const control::Peer& peer, const json& request, const control::Reply& reply) {
    const std::string name = text_in(request, "name");
    const auto order = campaign_order_from(text_in(request, "order"));
    if (!order)
        return reply(control::refusal("unknown order; a campaign can be told start, pause, resume, drain and stop"));
    spdlog::info("campaign order asked for campaign={} order={} uid={} pid={}", one_line(name), to_text(*order),
                 peer.uid, peer.pid);
    dialer_.order(name, *order, origin_of(peer, "campaign"), [this, name, reply](const Result<CampaignState>& state) {
        if (!state) return reply(control::refusal(state.error().message));
        reports_.campaign_progress([name, state = *state, reply](const Result<store::Table>& table) {
            json answer = table ? progress_of(name, *table) : json::object();
            answer.erase("campaign");
            answer["ok"] = true;
            answer["name"] = name;
            answer["state"] = to_text(state);
            reply(std::move(answer));
        });
    });
}

void ControlCommands::add_contacts(const control::Peer& peer, const json& request, const control::Reply& reply) {
    const std::string list = text_in(request, "list");
    if (!config::is_name(list))
        return reply(control::refusal("add_contacts needs a \"list\": " + std::string{config::name_rule.expected}));
    const auto given = request.find("contacts");
    if (given == request.end() || !given->is_array() || given->size() > control::max_contacts_per_request) {
        return reply(control::refusal(
            fmt::format("add_contacts needs \"contacts\", at most {} of them", control::max_contacts_per_request)));
    }
    std::vector<NewContact> contacts;
    contacts.reserve(given->size());
    for (const json& object : *given) {
        auto contact = contact_from(object, contacts.size());
        if (!contact) return reply(control::refusal(contact.error().message));
        contacts.push_back(std::move(*contact));
    }
    const auto answer_of = [reply](const Result<store::AddedContacts>& added) {
        if (!added) return reply(control::refusal(added.error().message));
        json answer = ok();
        answer["accepted"] = added->accepted;
        answer["duplicates"] = json::array();
        for (const auto& duplicate : added->duplicates) {
            const bool by_id = duplicate.same == store::AddedContacts::Same::external_id;
            answer["duplicates"].push_back(
                {{"index", duplicate.index},
                 {"of",
                  fmt::format("same {} as contact {}", by_id ? "external_id" : "number", duplicate.existing.value)}});
        }
        answer["rejected"] = json::array();
        for (const auto& rejected : added->rejected)
            answer["rejected"].push_back({{"index", rejected.index}, {"reason", rejected.reason}});
        reply(std::move(answer));
    };
    dialer_.add_contacts(list, std::move(contacts), origin_of(peer, "import"), answer_of);
}

void ControlCommands::do_not_call(const control::Peer& peer, const json& request, const control::Reply& reply) {
    using Kind = DoNotCallOrder::Kind;
    const auto order = do_not_call_order(request);
    if (!order) return reply(control::refusal(order.error().message));
    const auto answer = [reply](const auto& result) {
        if (!result) return reply(control::refusal(result.error().message));
        reply(to_json(*result));
    };
    if (order->kind == Kind::lists) return dialer_.do_not_call_lists(answer);
    spdlog::info("do-not-call order={} list={} numbers={} uid={} pid={}", text_in(request, "order"), order->list,
                 order->numbers.size(), peer.uid, peer.pid);
    const store::Origin by = origin_of(peer, "dnc");
    if (order->kind == Kind::add) return dialer_.forbid(order->list, order->numbers, by, answer);
    if (order->kind == Kind::remove) return dialer_.permit(order->list, order->texts(), by, answer);
    dialer_.set_copied_at(order->list, order->copied_at, by, [reply](const Result<void>& result) {
        reply(result ? ok() : control::refusal(result.error().message));
    });
}

void ControlCommands::why(const json& request, const control::Reply& reply) {
    const std::string name = text_in(request, "campaign");
    const EngineStatus engine = dialer_.status();
    const auto campaign = std::ranges::find(engine.campaigns, name, &CampaignStatus::name);
    if (campaign == engine.campaigns.end()) {
        return reply(control::refusal("no campaign '" + one_line(name) + "' is loaded"));
    }
    const std::string stopped = dialer_.why_not_dialing();
    reports_.read(
        store::Report::why_not, name, [status = *campaign, stopped, reply](const Result<store::Table>& table) {
            if (!table) return reply(control::refusal(table.error().message));
            json answer = ok();
            answer["campaign"] = status.name;
            answer["state"] = to_text(status.state);
            answer["calls"] = status.calls;
            answer["waiting_for"] =
                stopped.empty() || status.state != CampaignState::running ? status.waiting_for : one_line(stopped);
            answer["limited_by"] = status.limited_by;
            answer["reasons"] = json::array();
            for (const auto& row : table->rows) {
                json reason;
                for (std::size_t i = 1; i < row.size(); ++i) reason[table->columns[i]] = to_json(row[i]);
                answer["reasons"].push_back(std::move(reason));
            }
            reply(std::move(answer));
        });
}

// {"order": "make", "campaign": ..., "number" or "external_id": ..., "at": "2026-11-24T15:00", perhaps "agent" and
// "note"}; {"order": "cancel"} needs no more than the first three.
void ControlCommands::callback(const control::Peer& peer, const json& request, const control::Reply& reply) {
    const std::string order = text_in(request, "order");
    const std::string campaign = text_in(request, "campaign");
    const auto person = person_key_in(request);
    if (order != "make" && order != "cancel") {
        return reply(control::refusal("a callback is ordered by \"order\": \"make\" or \"cancel\""));
    }
    if (!person) return reply(control::refusal("a callback needs " + person.error().message));
    spdlog::info("callback order={} campaign={} uid={} pid={}", order, one_line(campaign), peer.uid, peer.pid);
    const auto answer_of = [reply](const Result<store::CallbackMade>& made) {
        if (!made) return reply(control::refusal(made.error().message));
        json answer = ok();
        answer["contact_id"] = made->contact.value;
        answer["number"] = made->number;
        answer["at"] = to_unix_ms(made->at);
        answer["replaced"] = made->replaced;
        answer["in_call"] = made->in_call;
        answer["campaign_state"] = to_text(made->campaign);
        reply(std::move(answer));
    };
    const store::Origin by = origin_of(peer, "callback");
    if (order == "cancel") return dialer_.cancel_callback(campaign, *person, by, answer_of);
    store::CallbackOrder made{.campaign = {},
                              .person = *person,
                              .at = text_in(request, "at"),
                              .otherwise = {},
                              .agent = text_in(request, "agent"),
                              .note = text_in(request, "note")};
    if (!made.agent.empty() && !is_agent(made.agent)) {
        return reply(control::refusal(
            fmt::format("an agent's name has letters, digits and -_.@/ alone, at most {}", max_agent_bytes)));
    }
    if (made.note.size() > store::max_callback_note_bytes) {
        return reply(control::refusal(fmt::format("a note has at most {} bytes", store::max_callback_note_bytes)));
    }
    dialer_.call_back(std::move(made), campaign, by, answer_of);
}

// As forget.
void ControlCommands::explain(const json& request, const control::Reply& reply) {
    const auto key = person_key_in(request);
    if (!key) return reply(control::refusal("explain needs " + key.error().message));
    dialer_.explain(*key, [this, reply](const Result<std::vector<Explanation>>& found) {
        if (!found) return reply(control::refusal(found.error().message));
        json answer = ok();
        answer["explanations"] = explanations_json(*found, dialer_.status());
        reply(std::move(answer));
    });
}

// {"number": "+12125550100"} or {"external_id": "..."}, perhaps with "list"; "dry_run": true only looks.
void ControlCommands::forget(const control::Peer& peer, const json& request, const control::Reply& reply) {
    const auto asked = person_key_in(request);
    if (!asked) return reply(control::refusal("forget needs " + asked.error().message));
    store::PersonKey key = *asked;
    const auto dry_run = request.find("dry_run");
    if (dry_run != request.end() && *dry_run == true) {
        return dialer_.find_people(std::move(key), [reply](const Result<std::vector<store::PersonRecord>>& found) {
            if (!found) return reply(control::refusal(found.error().message));
            json answer = ok();
            answer["contacts"] = people_json(*found);
            reply(std::move(answer));
        });
    }
    dialer_.forget(
        std::move(key), origin_of(peer, "forget"), [peer, reply](const Result<Dialer::Forgotten>& forgotten) {
            if (!forgotten) return reply(control::refusal(forgotten.error().message));
            for (const store::PersonRecord& person : forgotten->people) {
                spdlog::info("forgotten contact_id={} list={} attempts={} uid={} pid={}", person.contact.value,
                             one_line(person.list), person.attempts, peer.uid, peer.pid);
            }
            json answer = ok();
            answer["contacts"] = people_json(forgotten->people);
            answer["copies"] = store::to_text(forgotten->copies);
            reply(std::move(answer));
        });
}

}  // namespace outdial::daemon
