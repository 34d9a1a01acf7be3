#pragma once

#include <cstdint>
#include <string>

#include "simulation/main_options.hpp"

namespace outdial::simulation {

struct Totals {
    std::uint64_t done = 0;
    std::uint64_t violations = 0;
    std::uint64_t calls = 0;
    std::uint64_t starts = 0;
    std::int64_t virtual_ms = 0;
};

/// One run, its report on standard output.
[[nodiscard]] Totals run_seed(const MainOptions& options, std::uint64_t seed);

/// All of them, in as many processes as there are jobs: so a failed check, which ends a process, is a broken rule like
/// any other.
[[nodiscard]] Totals run_seeds(const MainOptions& options);

}  // namespace outdial::simulation
