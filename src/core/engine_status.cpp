#include <fmt/chrono.h>

#include <algorithm>
#include <array>
#include <ctime>

#include "core/engine_state.hpp"

namespace outdial {

namespace {

std::string utc_text(UtcTime at) {
    return fmt::format("{:%Y-%m-%d %H:%M:%S} UTC", fmt::gmtime(static_cast<std::time_t>(to_unix_ms(at) / 1000)));
}

}  // namespace

std::optional<CampaignRecord> Engine::campaign(std::string_view name) const {
    for (const auto& [id, campaign] : campaigns_) {
        if (campaign->configured && campaign->record.name == name) return campaign->record;
    }
    return std::nullopt;
}

EngineStatus Engine::status(const Now& now) const {
    const auto cap_of = [](const Capacity& capacity) {
        return Cap{.originates_per_second = capacity.originates_per_second(), .channels = capacity.channels()};
    };
    EngineStatus status;
    for (const auto& [id, campaign] : campaigns_) {
        if (!campaign->configured) continue;
        status.campaigns.push_back({.name = campaign->record.name,
                                    .state = campaign->record.state,
                                    .calls = campaign->capacity.occupied(),
                                    .waiting_for = waiting_for(now, *campaign),
                                    .limited_by = limited_by(*campaign)});
    }
    for (const auto& [name, trunk] : trunks_) {
        if (!trunk->configured) continue;
        status.trunks.push_back({.name = name, .calls = trunk->capacity.occupied(), .cap = cap_of(trunk->capacity)});
    }
    for (const auto& [name, server] : servers_) {
        if (!server->configured) continue;
        status.servers.push_back({.name = name,
                                  .calls = server->capacity.occupied(),
                                  .cap = cap_of(server->capacity),
                                  .ready = server->state == ServerRun::State::ready && !server->silent,
                                  .silent = server->silent});
    }
    status.all = {.name = "all", .calls = all_->occupied(), .cap = cap_of(*all_)};
    status.events_without_attempt = events_without_attempt_;
    status.overload = overload();
    status.clock_problem = clock_problem(now);
    return status;
}

// Of the rates that a call of the campaign must keep to, the lowest. Those of several trunks, or of their servers, add
// up.
std::string Engine::limited_by(const CampaignRun& campaign) const {
    double trunks = 0;
    double servers = 0;
    std::vector<const ServerRun*> counted;
    for_each_route(campaign, [&](const TrunkRun& trunk, const ServerRun& server) {
        if (std::ranges::find(counted, &server) != counted.end()) return;
        counted.push_back(&server);
        servers += server.capacity.originates_per_second();
        (void)trunk;
    });
    for (const std::string& name : campaign.campaign.trunks) {
        const auto trunk = trunks_.find(name);
        if (trunk != trunks_.end()) trunks += trunk->second->capacity.originates_per_second();
    }
    const std::array<std::pair<double, const char*>, 4> rates{
        {{campaign.capacity.originates_per_second(), "the campaign's own pacing"},
         {trunks, "the rate of its trunks"},
         {servers, "the rate of the servers that take calls"},
         {all_->originates_per_second(), "the rate of limits, for all campaigns together"}}};
    const auto lowest = std::ranges::min_element(rates, {}, [](const auto& rate) { return rate.first; });
    return fmt::format("{}: {:g} calls a second{}", lowest->second, lowest->first,
                       overload_.is_at_least(Overload::slowed) ? ", halved for " + overload() : "");
}

std::string Engine::waiting_for(const Now& now, const CampaignRun& campaign) const {
    const auto is_full = [](const Capacity& capacity) { return capacity.occupied() >= capacity.channels(); };
    if (!campaign.dials()) return fmt::format("the campaign is {}", to_text(campaign.record.state));
    if (stopping_) return "Outdial is stopping";
    if (std::string problem = clock_problem(now); !problem.empty()) return problem;
    if (overload_.is_at_least(Overload::no_claims)) return overload();
    if (now.steady < campaign.held_until) return campaign.held_because;
    if (!campaign.problem.empty()) return campaign.problem;
    if (!campaign.preparing.empty()) return campaign.preparing;
    if (is_full(campaign.capacity)) return "all channels of the campaign are in use";
    if (is_full(*all_)) return "all channels of limits are in use";
    const bool silent_route = std::ranges::any_of(campaign.campaign.trunks, [&](const std::string& name) {
        const auto trunk = trunks_.find(name);
        return trunk != trunks_.end() &&
               std::ranges::any_of(trunk->second->trunk.servers, [&](const std::string& server_name) {
                   const auto server = servers_.find(server_name);
                   return server != servers_.end() && server->second->silent;
               });
    });
    bool any_route = false;
    bool any_trunk_free = false;
    bool any_route_free = false;
    for_each_route(campaign, [&](const TrunkRun& trunk, const ServerRun& server) {
        any_route = true;
        any_trunk_free = any_trunk_free || !is_full(trunk.capacity);
        any_route_free = any_route_free || (!is_full(trunk.capacity) && !is_full(server.capacity));
    });
    if (!any_route && silent_route) return "an Asterisk of its trunks accepts calls and tells nothing of them";
    if (!any_route) return "no Asterisk of its trunks is ready and answers";
    if (!any_trunk_free) return "all channels of its trunks are in use";
    if (!any_route_free) return "all channels of the servers of its trunks are in use";
    if (now.utc < campaign.not_before && campaign.outside_hours) {
        return "it is outside the calling hours of everybody who is due; the next may be called at " +
               utc_text(campaign.not_before);
    }
    if (now.utc < campaign.not_before || now.steady < campaign.ask_again_at) return "no contact is due";
    return {};
}

}  // namespace outdial
