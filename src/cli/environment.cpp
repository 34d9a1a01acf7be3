#include "cli/environment.hpp"

#include <nlohmann/json.hpp>

#include "cli/terminal.hpp"
#include "config/load.hpp"
#include "config/source.hpp"

namespace outdial::cli {

Outcome<config::DaemonConfig> daemon_config(const CommonOptions& common) {
    const auto content = config::read_regular_file(common.config, config::max_file_bytes);
    if (!content) {
        return give_up(common, ExitCode::configuration,
                       "cannot read the configuration " + common.config.string() + ": " + content.error().message +
                           " (--config names another file)");
    }
    config::LoadResult loaded = config::load_daemon(content->bytes, common.config.string());
    if (!loaded.configuration) {
        std::string message = "the configuration is wrong:";
        for (const config::Problem& problem : loaded.problems) {
            message += "\n" + config::to_text(problem);
        }
        return give_up(common, ExitCode::configuration, message);
    }
    return std::move(loaded.configuration->daemon);
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
        return give_up(common, ExitCode::failed,
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
