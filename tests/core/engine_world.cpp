#include "core/engine_world.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace outdial::test {

namespace {

constexpr UtcTime first_utc = from_unix_ms(1'800'000'000'000);

std::vector<std::string> levels_of(const World::Call& call) {
    return {"all", "server " + call.server, "trunk " + call.trunk, fmt::format("campaign {}", call.campaign.value)};
}

}  // namespace

World::World(WorldOptions given) : options(std::move(given)), engine_(options.seed), random_(options.seed ^ 0xabcdef) {}

Now World::now() const {
    return {first_utc + std::chrono::duration_cast<Milliseconds>(time_.time_since_epoch()) + clock_shift, time_};
}

Microseconds World::between(Microseconds from, Microseconds to) {
    return from + Microseconds{random_.below(static_cast<std::uint64_t>((to - from).count()) + 1)};
}

void World::violate(const std::string& what) {
    if (violations.size() < 20)
        violations.push_back(fmt::format("at {} us: {}", time_.time_since_epoch().count(), what));
}

void World::add_people(int number, int count, int numbers) {
    Campaigned& campaign = campaigns_[campaign_id(number)];
    for (int i = 0; i < count; ++i) {
        Person person;
        person.contact.id = ContactId{next_contact_};
        for (int n = 0; n < numbers; ++n) {
            person.contact.numbers.push_back(
                {.e164 = fmt::format("+1{:010}{}", next_contact_, n), .country_code_digits = 1});
        }
        place_of_[person.contact.id] = campaign.people.size();
        ++next_contact_;
        campaign.ready.push_back(campaign.people.size());
        campaign.people.push_back(std::move(person));
    }
}

void World::start(const std::map<int, CampaignState>& states) {
    for (const auto& record : records_of(options.site, states)) campaigns_[record.id].state = record.state;
    give(SiteChanged{.site = options.site, .records = records_of(options.site, states)});
    give(AttemptsFound{
        .claims = {}, .not_earlier_than = options.not_earlier_than, .dialed_before = options.dialed_before});
    for (const Server& server : options.site.servers) server_up(server.name);
}

void World::at(Microseconds from_now, std::function<void()> action) {
    queue_.push({time_ + from_now, ++events_, std::move(action)});
}

void World::run_for(Microseconds duration) {
    const SteadyTime end = time_ + duration;
    while (true) {
        const SteadyTime wakeup = engine_.next_wakeup();
        const SteadyTime event = queue_.empty() ? SteadyTime::max() : queue_.top().at;
        if (std::min(wakeup, event) > end) break;
        if (event <= wakeup) {
            time_ = std::max(time_, event);
            auto action = queue_.top().action;
            queue_.pop();
            action();
            continue;
        }
        SteadyTime awake = std::max(time_, wakeup) + between(Microseconds{0}, options.wakeup_lateness);
        if (awake >= event) {
            time_ = std::max(time_, event);  // something else wakes the loop before the late timer does
            auto action = queue_.top().action;
            queue_.pop();
            action();
            continue;
        }
        time_ = awake;
        ++ticks;
        step(Tick{});
        if (engine_.next_wakeup() <= time_) violate("what was due is not done: the loop would spin");
    }
    time_ = std::max(time_, end);
}

void World::run_until_settled(Microseconds limit) {
    const SteadyTime end = time_ + limit;
    while (time_ < end) {
        run_for(seconds{5});
        if (unsettled() == 0 && engine_.live_attempts() == 0) return;
    }
}

void World::give(const Input& input) {
    const auto* forbidden = std::get_if<NumbersForbidden>(&input);
    if (forbidden != nullptr && forbidden->list == global_do_not_call_list) {
        forbidden_.insert(forbidden->numbers.begin(), forbidden->numbers.end());
    }
    step(input);
}

void World::order(int campaign, CampaignOrder order) { step(CampaignOrdered{campaign_id(campaign), order}); }

void World::reload(const Site& site) {
    options.site = site;
    reloaded_at_ = time_;
    std::map<int, CampaignState> states;
    for (const auto& [id, campaign] : campaigns_) states[static_cast<int>(id.value)] = campaign.state;
    step(SiteChanged{.site = site, .records = records_of(site, states)});
}

void World::server_up(const std::string& server) {
    servers_[server] = {.link = true};
    step(ServerUp{.server = server});
}

void World::server_down(const std::string& server, bool calls_survive) {
    servers_[server] = {};
    std::erase_if(awaiting_response_, [&](const AttemptId& id) { return call_of_.at(id)->server == server; });
    if (!calls_survive) {
        for (Call& call : calls) {
            if (call.server == server) end_call(call);
        }
    }
    step(ServerDown{.server = server});
}

void World::server_draining(const std::string& server) {
    servers_[server].draining = true;
    step(ServerDraining{.server = server});
}

int World::sent(int campaign) const {
    return static_cast<int>(std::ranges::count(calls, campaign_id(campaign), &Call::campaign));
}

int World::sent_between(int campaign, Microseconds from, Microseconds to) const {
    const SteadyTime origin{seconds{1000}};
    return static_cast<int>(std::ranges::count_if(calls, [&](const Call& call) {
        return call.campaign == campaign_id(campaign) && call.sent_at >= origin + from && call.sent_at < origin + to;
    }));
}

int World::count(Disposition disposition) const {
    return static_cast<int>(
        std::ranges::count_if(settlements, [&](const auto& entry) { return entry.second.disposition == disposition; }));
}

CampaignStatus World::status(int number) const {
    const EngineStatus status = engine_.status(now());
    const std::string& name = options.site.campaigns.at(static_cast<std::size_t>(number - 1)).name;
    return *std::ranges::find(status.campaigns, name, &CampaignStatus::name);
}

void World::step(const Input& input) {
    ++steps;
    const auto commands = engine_.step(now(), input);
    for (const Command& command : commands) carry_out(command);
    if (options.check_slots) check_slots();
}

void World::carry_out(const Command& command) {
    if (const auto* request = std::get_if<ClaimRequest>(&command)) {
        claim_requests.push_back(*request);
        for (const Slot& slot : request->slots) {
            occupied_[slot.attempt] = slot;
            occupied_by_[slot.attempt] = request->campaign;
            claimed_by_[slot.attempt] = *request;
        }
        store([this, request = *request] { claim(request); }, between(options.commit_from, options.commit_to));
    } else if (const auto* order = std::get_if<OriginateOrder>(&command)) {
        originate(*order);
    } else if (const auto* hangup = std::get_if<HangUp>(&command)) {
        hang_up(*hangup);
    } else if (const auto* settlement = std::get_if<Settlement>(&command)) {
        if (!settlements.emplace(settlement->attempt, *settlement).second) violate("an attempt is settled twice");
        occupied_.erase(settlement->attempt);
        store([this, settlement = *settlement] { apply(settlement); }, Microseconds{0});
    } else if (const auto* changed = std::get_if<CampaignStateChanged>(&command)) {
        campaigns_[changed->campaign].state = changed->state;
    } else if (const auto* list = std::get_if<ListChannels>(&command)) {
        list_channels(list->server);
    } else if (const auto* reconnect = std::get_if<ReconnectServer>(&command)) {
        reconnected.push_back(reconnect->server);
    } else if (const auto* opt_out = std::get_if<OptedOut>(&command)) {
        opt_outs.push_back(*opt_out);
    } else if (std::holds_alternative<ProgressMade>(command)) {
        ++progress_made;
    } else if (const auto* alert = std::get_if<Alert>(&command)) {
        alerts.push_back(*alert);
    }
}

// --- the store: first come, first served, one after the other

void World::store(std::function<void()> action, Microseconds latency) {
    store_free_at_ = std::max(store_free_at_, time_) + latency;
    at(store_free_at_ - time_, std::move(action));
}

void World::claim(const ClaimRequest& request) {
    if (store_fails > 0) {
        --store_fails;
        for (const Slot& slot : request.slots) occupied_.erase(slot.attempt);
        return step(ClaimFailed{.request = request});
    }
    Campaigned& campaign = campaigns_[request.campaign];
    ClaimResult result{.campaign = request.campaign, .claims = {}, .unused = {}, .next_due_at = {}};
    if (!claim_problem.empty()) {
        for (const Slot& slot : request.slots) occupied_.erase(slot.attempt);
        result.unused = request.slots;
        result.problem = claim_problem;
        return step(result);
    }
    if (request.at >= closes_at && request.at < opens_at) {
        for (const Slot& slot : request.slots) occupied_.erase(slot.attempt);
        result.unused = request.slots;
        result.next_due_at = opens_at;
        result.outside_hours = true;
        return step(result);
    }
    while (!campaign.waiting.empty() && campaign.waiting.begin()->first <= now().utc) {
        campaign.ready.push_back(campaign.waiting.begin()->second);
        campaign.waiting.erase(campaign.waiting.begin());
    }
    for (const Slot& slot : request.slots) {
        if (campaign.ready.empty()) {
            result.unused.push_back(slot);
            occupied_.erase(slot.attempt);
            continue;
        }
        Person& person = campaign.people[campaign.ready.front()];
        campaign.ready.pop_front();
        if (person.history.charged >= request.max_attempts) violate("a contact over its budget is still due");
        person.state = Person::State::in_call;
        ++person.attempts;
        ++campaign.in_call;
        const Claim claim{.slot = slot,
                          .campaign = request.campaign,
                          .contact = person.contact,
                          .position = person.position,
                          .history = person.history,
                          .claimed_at = request.at,
                          .facts = {},
                          .send_before = request.at < closes_at ? closes_at : UtcTime::max()};
        if ((person.history.invalid_positions >> person.position) & 1U) violate("an invalid number is claimed again");
        claims_.emplace(slot.attempt, claim);
        result.claims.push_back(claim);
    }
    if (!result.unused.empty()) {
        if (!campaign.waiting.empty()) result.next_due_at = campaign.waiting.begin()->first;
        result.exhausted = campaign.ready.empty() && campaign.waiting.empty() && campaign.in_call == 0;
    }
    step(result);
}

void World::apply(const Settlement& settlement) {
    Campaigned& campaign = campaigns_[settlement.campaign];
    const std::size_t place = place_of_.at(settlement.contact);
    Person* person = &campaign.people.at(place);
    if (person->state != Person::State::in_call) {
        return violate("a settlement for somebody who is not in a call");
    }
    --campaign.in_call;
    AttemptHistory& history = person->history;
    if (settlement.next.charged) ++history.charged;
    ++history.outcomes[static_cast<std::size_t>(settlement.disposition)];
    if (settlement.disposition == Disposition::invalid_number) history.invalid_positions |= 1U << person->position;
    person->reason = settlement.next.reason;
    if (settlement.next.kind == NextStep::Kind::done) {
        person->state = Person::State::done;
        return;
    }
    person->state = Person::State::waiting;
    person->due_at = settlement.next.due_at;
    person->position = settlement.next.position;
    campaign.waiting.emplace(person->due_at, place);
}

// --- our own account

void World::check_slots() {
    const EngineStatus status = engine_.status(now());
    const auto compare = [&](const std::string& what, int engine, auto&& counts) {
        const auto ours = std::ranges::count_if(occupied_, counts);
        if (engine != ours) violate(fmt::format("{} has {} slots by the engine, {} by us", what, engine, ours));
    };
    compare("all", status.all.calls, [](const auto&) { return true; });
    for (const auto& trunk : status.trunks) {
        compare(trunk.name, trunk.calls, [&](const auto& entry) { return entry.second.trunk == trunk.name; });
    }
    for (const auto& server : status.servers) {
        compare(server.name, server.calls, [&](const auto& entry) { return entry.second.server == server.name; });
    }
    for (const auto& campaign : status.campaigns) {
        const CampaignId id = engine_.campaign(campaign.name)->id;
        compare(campaign.name, campaign.calls, [&](const auto& entry) { return occupied_by_.at(entry.first) == id; });
    }
}

void World::check_channels(const Call& call) {
    if (call.sent_at <= reloaded_at_) return;  // it was sent under the former caps
    const Site& site = options.site;
    const auto check = [&](const std::string& level, const Cap& cap) {
        if (channels_[level] > cap.channels) violate(fmt::format("{} has {} channels", level, channels_[level]));
    };
    check("all", site.limits);
    for (const Server& server : site.servers) {
        if (server.name == call.server) check("server " + server.name, server.cap);
    }
    for (const Trunk& trunk : site.trunks) {
        if (trunk.name == call.trunk) check("trunk " + trunk.name, trunk.cap);
    }
    for (std::size_t i = 0; i < site.campaigns.size(); ++i) {
        const auto& pacing = site.campaigns[i].pacing;
        if (campaign_id(static_cast<int>(i) + 1) == call.campaign) {
            check(fmt::format("campaign {}", i + 1), {pacing.originates_per_second, pacing.channels});
        }
    }
}

void World::check_rates() {
    std::map<std::string, std::vector<SteadyTime>> sends;
    for (const Call& call : calls) {
        for (const auto& level : levels_of(call)) sends[level].push_back(call.sent_at);
    }
    const auto check = [&](const std::string& level, double per_second) {
        const auto most = static_cast<std::size_t>(std::ceil(per_second));
        const auto& times = sends[level];
        for (std::size_t i = most; i < times.size(); ++i) {
            if (times[i] - times[i - most] <= seconds{1}) {
                return violate(fmt::format("{} began more than {} calls in a second", level, most));
            }
        }
    };
    check("all", options.site.limits.originates_per_second);
    for (const Server& server : options.site.servers) check("server " + server.name, server.cap.originates_per_second);
    for (const Trunk& trunk : options.site.trunks) check("trunk " + trunk.name, trunk.cap.originates_per_second);
    for (std::size_t i = 0; i < options.site.campaigns.size(); ++i) {
        check(fmt::format("campaign {}", i + 1), options.site.campaigns[i].pacing.originates_per_second);
    }
}

// --- sites

Site small_site(double originates_per_second, int channels) {
    const Cap cap{originates_per_second, channels};
    return {.limits = {1000, 10000},
            .servers = {{"s", {1000, 10000}}},
            .trunks = {a_trunk("t", {"s"}, {1000, 10000})},
            .campaigns = {a_campaign("c", {"t"}, cap.originates_per_second, cap.channels)}};
}

Trunk a_trunk(const std::string& name, std::vector<std::string> servers, Cap cap) {
    return {.name = name,
            .servers = std::move(servers),
            .dial = *Template::parse("PJSIP/{digits}@" + name, Template::Allow::number_only),
            .cap = cap,
            .caller_ids = {}};
}

Campaign a_campaign(const std::string& name, std::vector<std::string> trunks, double per_second, int channels) {
    Campaign campaign;
    campaign.name = name;
    campaign.list = "list-" + name;
    campaign.trunks = std::move(trunks);
    campaign.ring_timeout = seconds{20};
    campaign.on_answer = DialplanDestination{
        .context = "outbound", .exten = *Template::parse("{digits}", Template::Allow::number_only), .priority = 1};
    campaign.pacing = {.originates_per_second = per_second, .channels = channels};
    campaign.retry.max_attempts = 1;
    return campaign;
}

std::vector<CampaignRecord> records_of(const Site& site, const std::map<int, CampaignState>& states) {
    std::vector<CampaignRecord> records;
    for (std::size_t i = 0; i < site.campaigns.size(); ++i) {
        const int number = static_cast<int>(i) + 1;
        const auto state = states.find(number);
        records.push_back({.id = campaign_id(number),
                           .name = site.campaigns[i].name,
                           .list = site.campaigns[i].list,
                           .state = state == states.end() ? CampaignState::running : state->second});
    }
    return records;
}

}  // namespace outdial::test
