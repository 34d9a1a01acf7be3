#include "cli/environment.hpp"

#include <nlohmann/json.hpp>

#include "cli/terminal.hpp"
#include "config/load.hpp"
#include "config/source.hpp"

namespace outdial::cli {

namespace {

// config/outdial.yaml and systemd/outdial.service
constexpr const char* usual_control_socket = "/run/outdial/control.sock";

Outcome<config::LoadResult> load_daemon(const CommonOptions& common) {
    const auto content = config::read_regular_file(common.config, config::max_file_bytes);
    if (!content) {
        return give_up(common, ExitCode::configuration,
                       "cannot read the configuration " + common.config.string() + ": " + content.error().message +
                           " (--config names another file)");
    }
    return config::load_daemon(content->bytes, common.config.string());
}

tl::unexpected<ExitCode> give_up_on(const CommonOptions& common, const std::vector<config::Problem>& problems) {
    std::string message = "the configuration is wrong:";
    for (const config::Problem& problem : problems) {
        message += "\n" + config::to_text(problem);
    }
    return give_up(common, ExitCode::configuration, message);
}

}  // namespace

Outcome<config::DaemonConfig> daemon_config(const CommonOptions& common) {
    Outcome<config::LoadResult> loaded = load_daemon(common);
    if (!loaded) {
        return tl::unexpected(loaded.error());
    }
    if (!loaded->configuration) {
        return give_up_on(common, loaded->problems);
    }
    return std::move(loaded->configuration->daemon);
}

Outcome<config::DaemonConfig> daemon_paths(const CommonOptions& common) {
    Outcome<config::LoadResult> loaded = load_daemon(common);
    if (!loaded) {
        return tl::unexpected(loaded.error());
    }
    if (loaded->configuration) {
        return std::move(loaded->configuration->daemon);
    }
    config::DaemonConfig config;
    config.database = loaded->database;
    config.control_socket = loaded->control_socket;
    // Of the usual file alone: that of another installation must not lead to this one's daemon.
    if (config.control_socket.empty() && common.config == CommonOptions{}.config) {
        config.control_socket = usual_control_socket;
    }
    if (config.control_socket.empty()) {
        return give_up_on(common, loaded->problems);
    }
    complain(
        "the configuration has become wrong, and a running daemon goes on with what it has read before (`outdial "
        "check` tells all): " +
        config::to_text(loaded->problems.front()));
    return config;
}

Outcome<control::Client> daemon(const CommonOptions& common, const config::DaemonConfig& config,
                                std::chrono::milliseconds time_limit) {
    Result<control::Client> client = control::Client::connect(config.control_socket, time_limit);
    if (!client) {
        return give_up(common, ExitCode::no_daemon, client.error().message);
    }
    return *std::move(client);
}

Outcome<nlohmann::json> ask(const CommonOptions& common, control::Client& client, const nlohmann::json& request) {
    Result<nlohmann::json> answer = client.call(request);
    if (!answer) {
        return give_up(common, ExitCode::no_daemon, answer.error().message);
    }
    if (!answer->at("ok").get<bool>()) {
        const auto error = answer->find("error");
        return give_up(common, answer->contains("configuration") ? ExitCode::configuration : ExitCode::failed,
                       error != answer->end() && error->is_string() ? error->get<std::string>()
                                                                    : "the daemon refused, and gave no reason");
    }
    return *std::move(answer);
}

tl::unexpected<ExitCode> give_up(const CommonOptions& common, ExitCode exit, std::string_view message) {
    if (common.json) {
        print_json({{"ok", false}, {"error", message}});
    }
    complain(message);
    return tl::unexpected(exit);
}

void print_json(const nlohmann::json& value) {
    print(value.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

}  // namespace outdial::cli
