// A whole world in virtual time: the real daemon (engine, store, AMI sessions), simulated Asterisks with people behind
// them, operators, a disk, and everything that goes wrong. One seed is one run, bit by bit.
//
// First the faults happen (plan.trouble), then they stop, and everything must come to its end by itself within
// Plan::patience(). All that time the checker looks on.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <unordered_map>
#include <vector>

#include "simulation/checker.hpp"
#include "simulation/disk.hpp"
#include "simulation/plan.hpp"
#include "simulation/simulated_server.hpp"
#include "simulation/virtual_daemon.hpp"

namespace outdial::simulation {

struct Outcome {
    std::optional<std::string> violation;
    std::uint64_t hash = 0;  // of all effects
    std::size_t calls = 0;
    std::size_t starts = 0;  // of the process
    std::int64_t virtual_ms = 0;
};

class Simulation final : public Outside, public ServerWitness {
public:
    /// Each line of the run's log is given to `trace`, which may be empty.
    Simulation(const PlanOptions& options, std::function<void(const std::string&)> trace);
    ~Simulation();
    Simulation(const Simulation&) = delete;
    Simulation& operator=(const Simulation&) = delete;

    [[nodiscard]] Outcome run();
    [[nodiscard]] const Plan& plan() const { return plan_; }

private:
    struct Event {
        SteadyTime at;
        std::uint64_t number;
        std::function<void()> action;
        bool operator>(const Event& other) const { return std::tie(at, number) > std::tie(other.at, other.number); }
    };

    // simulation.cpp: time, and the process's life
    void run_until(SteadyTime end, const std::function<bool()>& done);
    void run_one(SteadyTime end);
    void at(Microseconds from_now, std::function<void()> action);
    void import_lists();
    void start_process();
    void process_died();
    void heal();
    [[nodiscard]] bool all_is_over();
    [[nodiscard]] bool is_over(const CampaignRow& row);
    void check_stragglers();
    [[nodiscard]] std::string why_not_over();
    void violate(const std::string& rule, const std::string& what);
    void effect(std::string_view what);
    void show(const std::string& text) const;  // in the log, and of no effect

    // simulation_trouble.cpp: what goes wrong, and what operators do
    void plan_trouble();
    void repeat(Fault fault, void (Simulation::*what)());
    void strike();
    void lose_power();
    void upgrade();
    void freeze();
    void cut();
    void make_unreachable();
    void restart_server();
    void refuse();
    void mute();
    void step_clock();
    void fail_disk();
    void lock_database();
    void slow_down();
    void overload();
    void give_order();
    void give(const std::string& campaign, CampaignOrder order);
    void reload();
    void reload_with(SiteRules rules);
    void import_more();
    void forbid_some();
    void call_somebody_back();
    void keep_campaigns_running();
    [[nodiscard]] std::size_t any_server();
    void disturb(std::size_t server, Microseconds duration);
    [[nodiscard]] Microseconds some(int from_ms, int to_ms);
    [[nodiscard]] bool daemon_lives() const { return daemon_ != nullptr && !died_; }

    // Outside
    [[nodiscard]] Now now() const override;
    void after(Microseconds delay, std::function<void()> action) override;
    [[nodiscard]] bool survives(const char* effect) override;
    [[nodiscard]] Microseconds commit_time() override;
    [[nodiscard]] double load_share() override { return time_ < loaded_until_ ? load_share_ : 0.0; }
    [[nodiscard]] std::vector<AttemptEvent> call_records(const std::vector<AttemptId>& attempts) override;
    void connect(std::size_t server) override;
    void disconnect(std::size_t server) override;
    void send(std::size_t server, const std::string& bytes) override;
    void say(const std::string& text) override;
    void ordered(const std::string& campaign, CampaignState state) override;
    void state_changed(const std::string& campaign, CampaignState state) override;

    // ServerWitness
    void call_taken_up(std::size_t server, const std::string& attempt) override;
    void call_ended(std::size_t server, const sim::WitnessRow& row) override;
    void link_made(std::size_t server) override;
    void link_said(std::size_t server, const std::string& bytes) override;
    void link_lost(std::size_t server) override;

    [[nodiscard]] Instant instant() const;

    const Plan plan_;
    const std::function<void(const std::string&)> trace_;
    Random random_;
    Random hours_;   // of the hours that a reload brings
    Random orders_;  // likewise
    SteadyTime time_{};
    Milliseconds clock_shift_{};
    std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
    std::uint64_t last_event_ = 0;
    std::uint64_t steps_at_this_instant_ = 0;

    SiteRules files_;  // the configuration as it is on the disk
    Checker checker_;
    Disk disk_;
    std::vector<std::string> server_names_;
    std::unordered_map<std::string, std::int64_t> answered_calls_;  // that are over: when they ended (UTC)
    std::vector<std::unique_ptr<SimulatedServer>> servers_;
    std::unique_ptr<DatabaseView> view_;
    std::unique_ptr<VirtualDaemon> daemon_;
    std::uint64_t life_ = 0;  // of the process; what a former one left undone is void
    std::size_t starts_ = 0;
    bool died_ = false;  // and is still to be buried
    bool power_lost_ = false;
    bool stopped_ = false;     // it died because it was told to
    int effects_to_live_ = 0;  // 0: for ever
    Microseconds lateness_{};  // of the daemon's timer
    SteadyTime slow_until_{};
    SteadyTime loaded_until_{};
    double load_share_ = 0;
    bool healed_ = false;
    SteadyTime healed_at_{};
    bool stragglers_checked_ = false;
    std::uint64_t hash_ = 14'695'981'039'346'656'037ULL;
};

}  // namespace outdial::simulation
