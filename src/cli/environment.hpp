#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "cli/exit_code.hpp"
#include "cli/options.hpp"
#include "config/configuration.hpp"
#include "control/client.hpp"

namespace outdial::cli {

/// A value, or how the program ends; what was wrong has been said then.
template <class T>
using Outcome = tl::expected<T, ExitCode>;

/// outdial.yaml without its campaigns: where the database and the control socket are. A mistake in a campaign must not
/// keep anybody from looking at the others.
[[nodiscard]] Outcome<config::DaemonConfig> daemon_config(const CommonOptions& common);

/// The same for commands that need only the database and the control socket of a daemon that may be running. Where
/// outdial.yaml has become wrong since the daemon read it, that is said, and these two are given alone: an operator
/// must be able to stop calls.
[[nodiscard]] Outcome<config::DaemonConfig> daemon_paths(const CommonOptions& common);

/// The running daemon.
[[nodiscard]] Outcome<control::Client> daemon(
    const CommonOptions& common, const config::DaemonConfig& config,
    std::chrono::milliseconds time_limit = control::Client::default_time_limit);

/// The daemon's answer to one request, refusals reported.
[[nodiscard]] Outcome<nlohmann::json> ask(const CommonOptions& common, control::Client& client,
                                          const nlohmann::json& request);

/// Says on standard error what failed; with --json also on standard output, as {"ok": false, "error": ...}.
[[nodiscard]] tl::unexpected<ExitCode> give_up(const CommonOptions& common, ExitCode exit, std::string_view message);

void print_json(const nlohmann::json& value);

}  // namespace outdial::cli
