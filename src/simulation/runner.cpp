#include "simulation/runner.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <deque>
#include <optional>
#include <vector>

#include "base/check.hpp"
#include "simulation/simulation.hpp"

namespace outdial::simulation {

namespace {

constexpr std::size_t trace_lines = 400;

void print(const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
}

std::string replay(const MainOptions& options, std::uint64_t seed) {
    std::string command = fmt::format("outdial-sim --seed {} --trace", seed);
    if (options.plan.faults.text() != FaultSet::all().text()) command += " --faults " + options.plan.faults.text();
    if (options.plan.calls > 0) command += fmt::format(" --calls {}", options.plan.calls);
    return command;
}

void print_trace(const PlanOptions& plan) {
    std::deque<std::string> lines;
    Simulation simulation{plan, [&](const std::string& line) {
                              lines.push_back(line);
                              if (lines.size() > trace_lines) lines.pop_front();
                          }};
    (void)simulation.run();
    for (const std::string& line : lines) print("  " + line + "\n");
}

/// A child process with some of the seeds.
struct Worker {
    pid_t pid = 0;
    int results = -1;  // a pipe; one Report after each seed
    std::deque<std::uint64_t> seeds;
};
struct Report {
    std::uint64_t seed;
    Totals totals;
};

void start(const MainOptions& options, Worker& worker) {
    int ends[2];
    OUTDIAL_CHECK(::pipe(ends) == 0);
    std::fflush(stdout);
    worker.pid = ::fork();
    OUTDIAL_CHECK(worker.pid >= 0);
    if (worker.pid == 0) {
        ::close(ends[0]);
        for (const std::uint64_t seed : worker.seeds) {
            const Report report{seed, run_seed(options, seed)};
            if (::write(ends[1], &report, sizeof report) != sizeof report) break;
        }
        ::_exit(0);
    }
    ::close(ends[1]);
    worker.results = ends[0];
}

void add(Totals& totals, const Totals& more) {
    totals.done += more.done;
    totals.violations += more.violations;
    totals.calls += more.calls;
    totals.starts += more.starts;
    totals.virtual_ms += more.virtual_ms;
}

// The worker has ended: with the last of its seeds, or in the middle of one.
void bury(const MainOptions& options, Worker& worker, Totals& totals) {
    ::close(worker.results);
    worker.results = -1;
    int status = 0;
    ::waitpid(worker.pid, &status, 0);
    if (worker.seeds.empty()) return;
    const std::uint64_t seed = worker.seeds.front();
    worker.seeds.pop_front();
    ++totals.done;
    ++totals.violations;
    print(
        fmt::format("seed {}: the process ended with status {}\n  replay: {}\n", seed, status, replay(options, seed)));
    if (!worker.seeds.empty()) start(options, worker);
}

}  // namespace

Totals run_seed(const MainOptions& options, std::uint64_t seed) {
    PlanOptions plan = options.plan;
    plan.seed = seed;
    const bool whole_trace = options.trace && options.first == options.last && options.seeds.empty();
    std::function<void(const std::string&)> trace;
    if (whole_trace) trace = [](const std::string& line) { print(line + "\n"); };
    Simulation simulation{plan, trace};
    const Outcome outcome = simulation.run();
    if (options.hash) print(fmt::format("seed {} hash {:016x}\n", seed, outcome.hash));
    if (outcome.violation) {
        print(fmt::format("seed {}: {}\n  faults: {}\n  replay: {}\n", seed, *outcome.violation,
                          simulation.plan().faults.text(), replay(options, seed)));
        if (options.trace && !whole_trace) print_trace(plan);
    }
    return {.done = 1,
            .violations = outcome.violation ? 1U : 0U,
            .calls = outcome.calls,
            .starts = outcome.starts,
            .virtual_ms = outcome.virtual_ms};
}

Totals run_seeds(const MainOptions& options) {
    const auto seeds = options.all_seeds();
    std::vector<Worker> workers(std::min<std::size_t>(static_cast<std::size_t>(options.jobs), seeds.size()));
    for (std::size_t i = 0; i < seeds.size(); ++i) workers[i % workers.size()].seeds.push_back(seeds[i]);
    for (Worker& worker : workers) start(options, worker);
    Totals totals;
    while (true) {
        std::vector<pollfd> waits;
        for (const Worker& worker : workers) waits.push_back({worker.results, POLLIN, 0});
        if (std::ranges::all_of(workers, [](const Worker& worker) { return worker.results < 0; })) return totals;
        ::poll(waits.data(), waits.size(), -1);
        for (std::size_t i = 0; i < workers.size(); ++i) {
            if (workers[i].results < 0 || waits[i].revents == 0) continue;
            Report report{};
            if (::read(workers[i].results, &report, sizeof report) == sizeof report) {
                OUTDIAL_CHECK(report.seed == workers[i].seeds.front());
                workers[i].seeds.pop_front();
                add(totals, report.totals);
            } else {
                bury(options, workers[i], totals);
            }
        }
    }
}

}  // namespace outdial::simulation
