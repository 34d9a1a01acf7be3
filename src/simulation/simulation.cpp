#include "simulation/simulation.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.hpp"

namespace outdial::simulation {

namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr UtcTime first_utc = from_unix_ms(1'800'000'000'000);
constexpr SteadyTime first_steady{seconds{1'000}};
/// So many steps without any time passing are a loop.
constexpr std::uint64_t most_steps_at_once = 1'000'000;
constexpr auto look_every = seconds{5};
constexpr auto audit_every = seconds{60};
// systemd starts it again (RestartSec) so soon.
constexpr auto restart_after = seconds{2};
// After this time no call that was up when the faults stopped has not ended: the longest ring and talk, two lists.
constexpr auto all_old_calls_are_over_after = seconds{300};
// Above this many calls the whole database is looked through at the end only.
constexpr std::size_t many_calls = 5'000;

std::map<std::string, std::vector<Person>> all_people(const Plan& plan) {
    auto people = plan.lists;
    for (const auto& [list, more] : plan.later) people[list].insert(people[list].end(), more.begin(), more.end());
    return people;
}

}  // namespace

Simulation::Simulation(const PlanOptions& options, std::function<void(const std::string&)> trace)
    : plan_(draw_plan(options)),
      trace_(std::move(trace)),
      random_(options.seed * 2 + 2),
      hours_(options.seed * 2 + 1'000'004),
      orders_(options.seed * 2 + 1'000'005),
      time_(first_steady),
      files_(plan_.site),
      checker_(plan_.site, all_people(plan_)),
      disk_(
          options.seed, [this] { return now().utc; }, [this] { return survives("a write"); }) {
    for (const auto& [name, cap] : plan_.site.servers) {
        server_names_.push_back(name);
        servers_.push_back(std::make_unique<SimulatedServer>(servers_.size(), plan_, random_.next(), now(), *this));
    }
}

Simulation::~Simulation() = default;

Now Simulation::now() const {
    const auto since = std::chrono::duration_cast<Milliseconds>(time_ - first_steady);
    return {first_utc + since + clock_shift_, time_};
}

Instant Simulation::instant() const { return {time_.time_since_epoch().count(), to_unix_ms(now().utc)}; }

Outcome Simulation::run() {
    say(fmt::format("faults: {}", plan_.faults.text()));
    if (!plan_.events_are_whole) checker_.events_get_lost();
    import_lists();
    start_process();
    for (const auto& [name, rules] : plan_.site.campaigns) {
        at(some(100, 3'000), [this, campaign = name] { give(campaign, CampaignOrder::start); });
    }
    plan_trouble();
    const SteadyTime trouble_ends = time_ + plan_.trouble;
    run_until(trouble_ends, [] { return false; });
    heal();
    run_until(time_ + plan_.patience(), [this] { return all_is_over(); });
    if (!checker_.violation() && !all_is_over()) violate("liveness", why_not_over());
    if (!checker_.violation()) checker_.audit_end();
    daemon_.reset();
    return {.violation = checker_.violation(),
            .hash = hash_,
            .calls = checker_.calls(),
            .starts = starts_,
            .virtual_ms = std::chrono::duration_cast<Milliseconds>(time_ - first_steady).count()};
}

void Simulation::violate(const std::string& rule, const std::string& what) {
    if (checker_.violation()) return;
    checker_.violate(rule, what);
    say(*checker_.violation());
}

// FNV-1a.
void Simulation::effect(std::string_view what) {
    const auto mix = [this](std::uint64_t byte) {
        hash_ ^= byte;
        hash_ *= 1'099'511'628'211ULL;
    };
    mix(static_cast<std::uint64_t>(time_.time_since_epoch().count()));
    for (const char c : what) mix(static_cast<unsigned char>(c));
}

void Simulation::say(const std::string& text) {
    effect(text);
    show(text);
}

void Simulation::show(const std::string& text) const {
    if (trace_) trace_(fmt::format("{:>12.6f} {}", std::chrono::duration<double>{time_ - first_steady}.count(), text));
}

// --- time

void Simulation::at(Microseconds from_now, std::function<void()> action) {
    events_.push({time_ + from_now, ++last_event_, std::move(action)});
}

void Simulation::after(Microseconds delay, std::function<void()> action) {
    at(delay, [this, life = life_, action = std::move(action)] {
        if (life == life_ && daemon_lives()) action();
    });
}

void Simulation::run_until(SteadyTime end, const std::function<bool()>& done) {
    SteadyTime next_look = time_ + look_every;
    SteadyTime next_audit = time_ + audit_every;
    while (time_ < end && !checker_.violation()) {
        run_one(std::min(end, next_look));
        if (died_) process_died();
        if (time_ < next_look) continue;
        next_look = time_ + look_every;
        if (healed_) check_stragglers();
        if (time_ >= next_audit && checker_.calls() < many_calls) {
            next_audit = time_ + audit_every;
            checker_.audit();
        }
        if (done()) return;
    }
}

// The next thing that happens, wherever; or time passes to the end.
void Simulation::run_one(SteadyTime end) {
    const SteadyTime event = events_.empty() ? SteadyTime::max() : events_.top().at;
    SteadyTime daemon = SteadyTime::max();
    if (daemon_) {
        const SteadyTime wakeup = daemon_->next_wakeup();
        if (wakeup != SteadyTime::max()) daemon = std::max(time_, wakeup + lateness_);
    }
    SteadyTime soonest = std::min(event, daemon);
    SimulatedServer* server = nullptr;
    for (const auto& each : servers_) {
        const SteadyTime next = each->next_event();
        if (next >= soonest) continue;
        soonest = next;
        server = each.get();
    }
    if (soonest > end) {
        time_ = std::max(time_, end);
        return;
    }
    steps_at_this_instant_ = soonest > time_ ? 0 : steps_at_this_instant_ + 1;
    if (steps_at_this_instant_ > most_steps_at_once) return violate("liveness", "time stands still");
    time_ = std::max(time_, soonest);
    if (server != nullptr) return server->run(time_);
    if (event <= daemon) {
        const auto action = events_.top().action;
        events_.pop();
        return action();
    }
    lateness_ = Microseconds{random_.below(1'000)};
    daemon_->tick();
}

// --- the process

void Simulation::import_lists() {
    auto store = disk_.open_store();
    OUTDIAL_CHECK(store.has_value());
    for (const auto& [list, people] : plan_.lists) {
        const auto added = store->add_contacts(list, to_contacts(people), now().utc);
        OUTDIAL_CHECK(added.has_value());
        checker_.imported(list, static_cast<std::int64_t>(added->accepted), static_cast<std::int64_t>(added->accepted));
    }
}

void Simulation::start_process() {
    ++life_;
    ++starts_;
    auto store = disk_.open_store();
    if (died_) return;
    if (!store) {
        say("the database cannot be opened: " + store.error().message);
        return at(restart_after, [this] { start_process(); });
    }
    store->keep_audit_for(plan_.audit_keep);
    daemon_ = std::make_unique<VirtualDaemon>(*this, random_.next());
    checker_.in_force(files_);
    say("the process starts");
    if (auto started = daemon_->start(to_site(files_, plan_.call_records), std::move(*store)); !started) {
        say("it cannot start: " + started.error().message);
        died_ = true;
    }
    if (died_) return;
    view_ = disk_.open_view();
    checker_.look_at(view_.get());
    checker_.process_started(instant());
}

void Simulation::process_died() {
    died_ = false;
    effects_to_live_ = 0;
    say(power_lost_ ? "the power is lost" : "the process is dead");
    // What it does on its way down is not seen by the next one.
    if (power_lost_) disk_.lose_power(random_);
    if (!power_lost_) disk_.end_of_process();
    checker_.look_at(nullptr);
    view_.reset();
    daemon_.reset();
    for (const auto& server : servers_) {
        if (power_lost_) server->forget_client(time_);
        server->disconnect();
    }
    checker_.all_disturbed(instant());
    // `systemctl restart` does not wait.
    const Microseconds pause = power_lost_ ? some(5'000, 60'000)
                               : stopped_  ? some(10, 1'000)
                                           : restart_after + some(0, 3'000);
    power_lost_ = stopped_ = false;
    at(pause, [this] { start_process(); });
}

bool Simulation::survives(const char* effect_name) {
    if (died_) return false;
    if (effects_to_live_ == 0 || --effects_to_live_ > 0) return true;
    say(fmt::format("dies at: {}", effect_name));
    died_ = true;
    return false;
}

Microseconds Simulation::commit_time() {
    return time_ < slow_until_ ? some(50, 2'500) : Microseconds{500 + random_.below(6'000)};
}

// --- the end

void Simulation::heal() {
    if (checker_.violation()) return;
    say("faults stop");
    healed_ = true;
    healed_at_ = time_;
    effects_to_live_ = 0;
    disk_.heal();
    slow_until_ = time_;
    loaded_until_ = time_;
    for (const auto& server : servers_) server->heal(time_);
    for (const std::string& name : server_names_) checker_.server_disturbed(name, instant());
    files_ = plan_.site;
    at(seconds{10}, [this] { reload_with(plan_.site); });
    for (int i = 1; i <= 8; ++i) at(i * seconds{20}, [this] { keep_campaigns_running(); });
}

bool Simulation::all_is_over() {
    if (!daemon_lives() || view_ == nullptr || time_ < healed_at_ + minutes{2}) return false;
    const auto campaigns = view_->campaigns();
    return std::ranges::all_of(campaigns, [this](const CampaignRow& row) { return is_over(row); }) &&
           view_->live_attempts() == 0 && checker_.live() == 0;
}

// Whose call ended while the campaign's file was gone is left alone for a day, which no run waits for.
bool Simulation::is_over(const CampaignRow& row) {
    if (row.state == "finished" && row.done == row.contacts) return true;
    if (!plan_.has(Fault::reload) || row.ready + row.in_call > 0) return false;
    return view_->due_from(row.name, to_unix_ms(now().utc + hours{20})) == row.waiting;
}

void Simulation::check_stragglers() {
    if (stragglers_checked_ || time_ < healed_at_ + all_old_calls_are_over_after || view_ == nullptr) return;
    stragglers_checked_ = true;
    if (plan_.has(Fault::clock)) return;  // what was claimed when cannot be told by the wall clock
    const std::int64_t before_ms =
        to_unix_ms(now().utc) - std::chrono::duration_cast<milliseconds>(time_ - healed_at_).count();
    view_->each_attempt([&](const AttemptRow& row) {
        if (row.ended_at || row.claimed_at > before_ms) return;
        violate("liveness", fmt::format("{} has not ended {} s after the last fault", row.attempt,
                                        std::chrono::duration_cast<seconds>(time_ - healed_at_).count()));
    });
}

std::string Simulation::why_not_over() {
    std::string why = fmt::format("not over {} min after the last fault",
                                  std::chrono::duration_cast<minutes>(time_ - healed_at_).count());
    if (!daemon_lives()) return why + ": no process";
    for (const CampaignRow& row : view_->campaigns()) {
        why += fmt::format("; {} {}: {} ready, {} waiting, {} in call, {} done", row.name, row.state, row.ready,
                           row.waiting, row.in_call, row.done);
    }
    for (const CampaignStatus& status : daemon_->engine().status(now()).campaigns) {
        why += fmt::format("; {} waits for '{}'", status.name, status.waiting_for);
    }
    return why + fmt::format("; {} calls live; pending, at {}: {}", checker_.live(), to_unix_ms(now().utc),
                             view_->some_pending());
}

}  // namespace outdial::simulation
