// What goes wrong in a run, and what operators do meanwhile.
#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>

#include "simulation/simulation.hpp"

namespace outdial::simulation {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// From the last sign of trouble with a server on, so long nothing that is told of its calls can be relied on.
constexpr auto aftermath = seconds{30};
// The process dies at one of its next effects: a commit has about ten, each of its writes is one.
constexpr std::uint64_t effects_until_death = 60;

}  // namespace

Microseconds Simulation::some(int from_ms, int to_ms) {
    return milliseconds{from_ms} + Microseconds{random_.below(static_cast<std::uint64_t>(to_ms - from_ms) * 1'000 + 1)};
}

std::size_t Simulation::any_server() { return random_.below(servers_.size()); }

void Simulation::repeat(Fault fault, void (Simulation::*what)()) {
    if (!plan_.has(fault)) return;
    const auto mean = static_cast<double>(plan_.every.at(fault).count());
    const Microseconds wait{static_cast<std::int64_t>(mean * (0.1 + 1.8 * random_.unit()))};
    at(wait, [this, fault, what] {
        if (healed_) return;
        (this->*what)();
        repeat(fault, what);
    });
}

void Simulation::plan_trouble() {
    repeat(Fault::kill, &Simulation::strike);
    repeat(Fault::power, &Simulation::lose_power);
    repeat(Fault::upgrade, &Simulation::upgrade);
    repeat(Fault::freeze, &Simulation::freeze);
    repeat(Fault::cut, &Simulation::cut);
    repeat(Fault::outage, &Simulation::make_unreachable);
    repeat(Fault::restart, &Simulation::restart_server);
    repeat(Fault::refuse, &Simulation::refuse);
    repeat(Fault::mute, &Simulation::mute);
    repeat(Fault::clock, &Simulation::step_clock);
    repeat(Fault::disk, &Simulation::fail_disk);
    repeat(Fault::lock, &Simulation::lock_database);
    repeat(Fault::slow, &Simulation::slow_down);
    repeat(Fault::load, &Simulation::overload);
    repeat(Fault::orders, &Simulation::give_order);
    repeat(Fault::reload, &Simulation::reload);
    repeat(Fault::forbid, &Simulation::forbid_some);
    repeat(Fault::callback, &Simulation::call_somebody_back);
    if (plan_.has(Fault::import)) at(plan_.trouble / 3, [this] { import_more(); });
}

// --- the machine

// Somewhere in what comes next.
void Simulation::strike() {
    if (daemon_lives()) effects_to_live_ = 1 + static_cast<int>(random_.below(effects_until_death));
}

void Simulation::lose_power() {
    if (!daemon_lives()) return;
    power_lost_ = true;
    effects_to_live_ = 1 + static_cast<int>(random_.below(effects_until_death));
}

void Simulation::upgrade() {
    if (!daemon_lives()) return;
    say("the daemon is told to stop");
    daemon_->stop_dialing();
    after(some(20, 2'000), [this] {
        daemon_->close();
        died_ = true;
        stopped_ = true;
    });
}

void Simulation::step_clock() {
    const Milliseconds step = std::chrono::duration_cast<Milliseconds>(some(100, 120'000));
    clock_shift_ += random_.below(2) == 0 ? step : -step;
    checker_.clock_stepped(step.count());
    say(fmt::format("the wall clock is off by {} ms", clock_shift_.count()));
}

void Simulation::fail_disk() {
    using sim::DiskOperation;
    const bool full = random_.below(2) == 0;
    sim::DiskFault fault{.operation = std::nullopt, .after = random_.below(40)};
    if (full) fault.operation = DiskOperation::write;
    if (!full && random_.below(2) == 0) fault.operation = DiskOperation::sync;
    fault.code = full ? SQLITE_FULL : 0;
    fault.times = random_.below(2) == 0 ? 1 + random_.below(5) : sim::DiskFault::for_ever;
    const Microseconds duration = some(100, 30'000);
    say(fmt::format("the disk {} for {} ms", full ? "is full" : "fails", duration.count() / 1'000));
    disk_.fail(fault);
    at(duration, [this] { disk_.clear_faults(); });
}

void Simulation::lock_database() {
    if (!disk_.hold_lock()) return;
    const Microseconds duration = some(100, 20'000);
    say(fmt::format("another program locks the database for {} ms", duration.count() / 1'000));
    at(duration, [this] { disk_.release_lock(); });
}

void Simulation::slow_down() {
    slow_until_ = time_ + some(1'000, 15'000);
    say("commits are slow");
}

void Simulation::overload() {
    load_share_ = 0.4 + random_.unit() * 0.7;
    loaded_until_ = time_ + some(200, 30'000);
    say(fmt::format("{:.0f} % of something is in use", load_share_ * 100));
}

// --- servers

// What is told of the server's calls cannot be relied on for so long.
void Simulation::disturb(std::size_t server, Microseconds duration) {
    for (Microseconds when{}; when < duration + aftermath; when += seconds{1}) {
        at(when, [this, server] { checker_.server_disturbed(server_names_[server], instant()); });
    }
}

void Simulation::freeze() {
    const std::size_t server = any_server();
    const Microseconds duration = random_.below(2) == 0 ? some(200, 9'000) : some(9'000, 30'000);
    say(fmt::format("{} answers nothing for {} ms", server_names_[server], duration.count() / 1'000));
    servers_[server]->freeze(time_ + duration);
    disturb(server, duration);
}

void Simulation::cut() {
    const std::size_t server = any_server();
    say(fmt::format("the link to {} breaks", server_names_[server]));
    disturb(server, {});
    servers_[server]->cut(time_);
}

void Simulation::make_unreachable() {
    const std::size_t server = any_server();
    const Microseconds duration = some(2'000, 120'000);
    say(fmt::format("{} is unreachable for {} ms", server_names_[server], duration.count() / 1'000));
    disturb(server, duration);
    servers_[server]->be_unreachable(time_, time_ + duration);
}

void Simulation::restart_server() {
    const std::size_t server = any_server();
    const int how = static_cast<int>(random_.below(3));
    say(fmt::format("{} restarts, {}", server_names_[server],
                    how == 0   ? "gracefully"
                    : how == 1 ? "at once"
                               : "without a word"));
    disturb(server, seconds{30});
    servers_[server]->restart(time_, how);
}

void Simulation::refuse() {
    const std::size_t server = any_server();
    say(fmt::format("{} refuses calls", server_names_[server]));
    servers_[server]->refuse_calls(time_ + some(500, 20'000));
}

void Simulation::mute() {
    const std::size_t server = any_server();
    const Microseconds duration = some(1'000, 40'000);
    say(fmt::format("{} tells nothing of its calls for {} ms", server_names_[server], duration.count() / 1'000));
    servers_[server]->be_mute(time_ + duration);
    disturb(server, duration);
}

// --- operators

void Simulation::give(const std::string& campaign, CampaignOrder order) {
    if (!daemon_lives()) {
        if (!healed_) at(seconds{3}, [this, campaign, order] { give(campaign, order); });
        return;
    }
    const auto stored = [this, campaign, order, number = checker_.next_order(campaign)] {
        say(fmt::format("campaign {}: {} is stored", campaign, to_text(order)));
        checker_.stored(campaign, number);
    };
    const auto state = daemon_->order(campaign, order, stored);
    if (!state) say(fmt::format("campaign {}: {} is refused: {}", campaign, to_text(order), state.error().message));
}

void Simulation::give_order() {
    constexpr std::array orders{CampaignOrder::pause, CampaignOrder::resume, CampaignOrder::resume,
                                CampaignOrder::drain, CampaignOrder::stop,   CampaignOrder::start,
                                CampaignOrder::start, CampaignOrder::resume};
    auto campaign = plan_.site.campaigns.begin();
    std::advance(campaign, random_.below(plan_.site.campaigns.size()));
    give(campaign->first, orders[random_.below(orders.size())]);
}

void Simulation::keep_campaigns_running() {
    if (!daemon_lives()) return;
    for (const auto& [name, rules] : plan_.site.campaigns) {
        const auto record = daemon_->engine().campaign(name);
        if (!record) continue;
        switch (record->state) {
            case CampaignState::paused: give(name, CampaignOrder::resume); break;
            case CampaignState::draft:
            case CampaignState::finished: give(name, CampaignOrder::start); break;
            case CampaignState::draining: give(name, CampaignOrder::stop); break;
            case CampaignState::running: break;
        }
    }
}

void Simulation::reload() {
    SiteRules rules = plan_.site;
    const auto change = [this](LevelCap& cap) {
        if (random_.below(2) == 0) return;
        cap.per_second = std::max(0.3, cap.per_second * (0.2 + 1.5 * random_.unit()));
        cap.channels = 1 + static_cast<int>(random_.below(static_cast<std::uint64_t>(cap.channels) * 2));
    };
    change(rules.all);
    for (auto& [name, cap] : rules.servers) change(cap);
    for (auto& [name, trunk] : rules.trunks) change(trunk.cap);
    for (auto& [name, campaign] : rules.campaigns) {
        change(campaign.cap);
        if (hours_.below(2) == 0) campaign.hours = draw_hours(hours_);
        if (plan_.has_orders && orders_.below(4) == 0) campaign.order = draw_order(orders_);
    }
    if (rules.trunks.size() > 1 && random_.below(3) == 0) {
        const std::string gone = rules.trunks.begin()->first;
        rules.trunks.erase(gone);
        for (auto& [name, campaign] : rules.campaigns) {
            std::erase(campaign.trunks, gone);
            if (campaign.trunks.empty()) campaign.trunks.push_back(rules.trunks.begin()->first);
        }
    }
    if (random_.below(4) == 0) rules.campaigns.erase(rules.campaigns.begin());
    reload_with(std::move(rules));
}

void Simulation::reload_with(SiteRules rules) {
    files_ = rules;
    if (!daemon_lives()) return;
    say(fmt::format("the configuration is read anew: {} trunks, {} campaigns", rules.trunks.size(),
                    rules.campaigns.size()));
    daemon_->reload(to_site(rules, plan_.call_records), [this, rules](const Result<void>& done) {
        if (done) checker_.in_force(rules);
        if (!done && healed_) at(seconds{1}, [this, rules] { reload_with(rules); });
    });
}

// A person, and now and then several, of those whom the campaigns call.
void Simulation::forbid_some() {
    if (!daemon_lives()) return;
    auto list = plan_.lists.begin();
    std::advance(list, random_.below(plan_.lists.size()));
    std::vector<std::string> numbers;
    const std::uint64_t most = 1 + random_.below(4);
    for (std::uint64_t i = 0; i < most; ++i) {
        const Person& person = list->second[random_.below(list->second.size())];
        numbers.push_back(person.numbers[random_.below(person.numbers.size())]);
    }
    // Somebody whose call is about to leave, or rings.
    if (const std::string number = view_ == nullptr ? "" : view_->newest_number(); !number.empty()) numbers[0] = number;
    say(fmt::format("{} numbers come onto the do-not-call list", numbers.size()));
    daemon_->forbid(numbers, [this, numbers](const Result<void>& done) {
        if (!done) return say("they do not: " + done.error().message);
        for (const std::string& number : numbers) checker_.forbidden(number);
    });
}

// In some seconds, or minutes; also who was reached already, has used up their attempts, or is in a call.
void Simulation::call_somebody_back() {
    if (!daemon_lives() || files_.campaigns.empty()) return;
    auto campaign = files_.campaigns.begin();
    std::advance(campaign, random_.below(files_.campaigns.size()));
    const std::vector<Person>& people = plan_.lists.at(campaign->second.list);
    const std::string contact = people[random_.below(people.size())].external_id;
    const auto delay = seconds{1 + random_.below(random_.below(2) == 0 ? 10 : 200)};
    say(fmt::format("{}: {} wants to be called back in {} s", campaign->first, contact, delay.count()));
    checker_.callback_ordered(campaign->first, contact, to_unix_ms(now().utc + delay));
    daemon_->call_back(campaign->first, contact, fmt::format("+{}s", delay.count()),
                       [this, name = campaign->first, contact](const Result<store::CallbackMade>& made) {
                           if (!made) return say("it is not kept: " + made.error().message);
                           if (!made->in_call) checker_.callback_promised(name, contact, to_unix_ms(made->at));
                       });
}

void Simulation::import_more() {
    if (!daemon_lives()) return at(seconds{2}, [this] { import_more(); });
    for (const auto& [list, people] : plan_.later) {
        const auto most = static_cast<std::int64_t>(people.size());
        // Until its answer has come, any number of them may be there.
        checker_.imported(list, 0, most);
        daemon_->add_contacts(list, to_contacts(people),
                              [this, list = list, most](const Result<store::AddedContacts>& added) {
                                  if (!added) return say("import failed: " + added.error().message);
                                  const auto count = static_cast<std::int64_t>(added->accepted);
                                  say(fmt::format("{} people are imported into {}", count, list));
                                  checker_.imported(list, count, count - most);
                              });
    }
}

}  // namespace outdial::simulation
