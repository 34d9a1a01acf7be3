// The simulation as a program: see usage in main_options.hpp.
#include <fmt/format.h>

#include <chrono>
#include <cstdio>

#include "simulation/runner.hpp"

int main(int count, char** arguments) {
    using namespace outdial::simulation;
    const auto options = parse_options({arguments + 1, arguments + count});
    if (!options) {
        fmt::print(stderr, "{}\n", options.error().message);
        return 64;
    }
    if (options->help) {
        fmt::print("{}", usage);
        return 0;
    }
    const auto begin = std::chrono::steady_clock::now();
    const Totals totals = run_seeds(*options);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    fmt::print(
        "{} runs, {} broke a rule; {} calls, {} starts of the process, {:.1f} hours of virtual time in {:.1f} s\n",
        totals.done, totals.violations, totals.calls, totals.starts,
        static_cast<double>(totals.virtual_ms) / 3'600'000.0, seconds);
    if (!options->row.empty()) {
        fmt::print("{{\"row\": \"{}\", \"done\": {}, \"violations\": {}}}\n", options->row, totals.done,
                   totals.violations);
    }
    return totals.violations == 0 ? 0 : 1;
}
