#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "simulation/plan.hpp"

namespace outdial::simulation {

struct MainOptions {
    std::uint64_t first = 1;
    std::uint64_t last = 100;
    std::vector<std::uint64_t> seeds;  // instead, one by one
    PlanOptions plan;
    int jobs = 1;
    std::string row;
    bool hash = false;
    bool trace = false;
    bool help = false;

    [[nodiscard]] std::vector<std::uint64_t> all_seeds() const;
};

[[nodiscard]] Result<MainOptions> parse_options(const std::vector<std::string>& arguments);
/// One a line, with a comment after `#`.
[[nodiscard]] Result<std::vector<std::uint64_t>> read_seeds(const std::string& path);

inline constexpr const char* usage =
    "usage: outdial-sim [--seed N | --seeds A..B | --seeds-file FILE] [options]\n"
    "\n"
    "Runs the daemon in virtual time against simulated Asterisks, people, operators and faults, and judges it from\n"
    "outside. A seed is a run, bit by bit.\n"
    "\n"
    "  --seed N           one run\n"
    "  --seeds A..B       these runs (default 1..100)\n"
    "  --seeds-file FILE  the runs that FILE names, one a line, with comments after #\n"
    "  --calls N          about so many calls in each; above 2000 one big campaign with roomy caps\n"
    "  --faults LIST      what may happen: all (default), none, or words with commas between them\n"
    "  --jobs N           so many runs at once\n"
    "  --trace            the end of the log of each run that breaks a rule (with --seed: all of it)\n"
    "  --hash             a hash of all effects of each run\n"
    "  --row NAME         the line of JSON at the end that scripts/soak counts by\n"
    "\n"
    "Exit codes: 0 no rule was broken, 1 one was, 64 usage.\n";

}  // namespace outdial::simulation
