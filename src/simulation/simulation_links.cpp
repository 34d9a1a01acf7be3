// The run between the daemon and the servers: bytes go to and fro, and the checker is shown each of them.
#include <fmt/format.h>

#include "simulation/simulation.hpp"
#include "simulation/wire.hpp"

namespace outdial::simulation {

void Simulation::connect(std::size_t server) {
    if (!died_) servers_[server]->connect(time_);
}

void Simulation::disconnect(std::size_t server) {
    if (died_) return;
    checker_.server_disturbed(server_names_[server], instant());  // also where it does so of its own accord
    servers_[server]->disconnect();
}

// One message after the other: the process may die before and after each.
void Simulation::send(std::size_t server, const std::string& bytes) {
    std::string_view rest = bytes;
    while (!rest.empty()) {
        const std::string_view frame = first_frame(rest);
        if (frame.empty()) return violate("wire", fmt::format("no whole message: {}", rest));
        const bool is_call = read_call(frame).has_value();
        if (is_call && !survives("originate")) return;
        if (died_) return;
        effect(frame);
        if (trace_ && is_call) {
            const auto call = read_call(frame);
            show(fmt::format("-> {} originate {} {} {} {}", server_names_[server], call->attempt, call->campaign,
                             call->contact, call->number));
        }
        checker_.left(server_names_[server], frame, instant());
        servers_[server]->send(std::string{frame}, time_);
        if (is_call && servers_[server]->disturbed(time_)) checker_.server_disturbed(server_names_[server], instant());
        rest.remove_prefix(frame.size());
        if (is_call && !survives("originated")) return;
    }
}

void Simulation::ordered(const std::string& campaign, CampaignState state) {
    say(fmt::format("campaign {} is ordered to be {}", campaign, to_text(state)));
    checker_.ordered(campaign, state == CampaignState::running);
}

void Simulation::state_changed(const std::string& campaign, CampaignState state) {
    say(fmt::format("campaign {} is {}", campaign, to_text(state)));
    if (state != CampaignState::running) checker_.stopped_itself(campaign);
}

std::vector<AttemptEvent> Simulation::call_records(const std::vector<AttemptId>& attempts) {
    using Kind = ChannelEvent::Kind;
    constexpr int normal_clearing = 16;
    std::vector<AttemptEvent> events;
    for (const AttemptId& attempt : attempts) {
        const auto found = answered_calls_.find(std::string{attempt.view()});
        if (found == answered_calls_.end()) continue;
        const UtcTime at = from_unix_ms(found->second);
        events.push_back({.attempt = attempt,
                          .event = {.kind = Kind::answered, .at = at, .cause = {}, .tech_cause = {}, .text = {}}});
        events.push_back(
            {.attempt = attempt,
             .event = {.kind = Kind::hung_up, .at = at, .cause = normal_clearing, .tech_cause = {}, .text = {}}});
    }
    return events;
}

void Simulation::call_taken_up(std::size_t server, const std::string& attempt) {
    say(fmt::format("   {} takes up {}", server_names_[server], attempt));
    checker_.taken_up(attempt, instant());
    if (!servers_[server]->model().booted()) {
        checker_.violate("boot",
                         fmt::format("{} reached {} before that was fully booted", attempt, server_names_[server]));
    }
    if (servers_[server]->disturbed(time_)) checker_.server_disturbed(server_names_[server], instant());
}

void Simulation::call_ended(std::size_t server, const sim::WitnessRow& row) {
    const std::string fate{row.fate ? sim::name(*row.fate) : std::string_view{}};
    say(fmt::format("   {} ends {} {} {}", server_names_[server], row.channel_id, name(row.end), fate));
    if (row.answered_at && plan_.call_records) answered_calls_.emplace(row.channel_id, to_unix_ms(now().utc));
    checker_.ended(row.channel_id,
                   {.answered = row.answered_at.has_value(),
                    .rang = row.ringing_at.has_value(),
                    .end = std::string{name(row.end)},
                    .fate = fate},
                   instant());
}

void Simulation::link_made(std::size_t server) {
    say(fmt::format("   {} is connected", server_names_[server]));
    if (daemon_lives()) daemon_->connected(server);
}

void Simulation::link_said(std::size_t server, const std::string& bytes) {
    if (trace_) {
        std::string_view rest = bytes;
        while (!rest.empty()) {
            const std::string_view frame = first_frame(rest);
            if (frame.empty()) break;
            rest.remove_prefix(frame.size());
            const std::string_view event = header(frame, "Event");
            const std::string_view id = header(frame, event == "OriginateResponse" ? "ActionID" : "Uniqueid");
            if (id.size() == 32)
                show(
                    fmt::format("<- {} {} {} {}", server_names_[server], event, id, header(frame, "ChannelStateDesc")));
        }
    }
    if (daemon_lives()) daemon_->received(server, bytes);
}

void Simulation::link_lost(std::size_t server) {
    say(fmt::format("   {} is disconnected", server_names_[server]));
    checker_.server_disturbed(server_names_[server], instant());
    if (daemon_lives()) daemon_->closed(server, "connection lost");
}

}  // namespace outdial::simulation
