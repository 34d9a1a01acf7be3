#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace outdial::sim {
struct SandboxOptions;
}

namespace outdial::cli {

/// `outdial sandbox` as it was typed.
struct SandboxCommand {
    std::uint16_t port = 5038;  // 0: the system chooses
    std::string port_file;
    std::string version = "22";
    std::uint64_t seed = 1;
    std::string username = "outdial";
    std::string secret_file;         // empty: the secret is `sandbox`
    std::string answer;              // share of calls that are answered: 0.4 or 40%; empty: as `fates` says
    std::vector<std::string> fates;  // "busy=10"
    bool by_number = false;
    std::string ring;  // spreads; empty: the world's own
    std::string talk;
    std::string refuse;
    double speed = 1;
    bool all_events = false;
    std::vector<std::string> endpoints;
    std::string witness;
};

/// Errors name the option.
[[nodiscard]] Result<sim::SandboxOptions> sandbox_options(const SandboxCommand& command);

}  // namespace outdial::cli
