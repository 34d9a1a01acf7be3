#include <csignal>
#include <ctime>
#include <nlohmann/json.hpp>

#include "base/printable.hpp"
#include "cli/commands.hpp"
#include "cli/environment.hpp"
#include "cli/screen.hpp"
#include "cli/status_view.hpp"
#include "cli/terminal.hpp"
#include "cli/text.hpp"

namespace outdial::cli {
namespace {

using nlohmann::json;

/// While watching, Ctrl-C waits for the answer, so that one must not be long in coming.
constexpr std::chrono::seconds watch_time_limit{10};
constexpr timespec watch_interval{1, 0};

/// The status, in which the named campaign is sure to be.
Outcome<json> ask_status(const CommonOptions& common, control::Client& client, const std::string& name) {
    Outcome<json> answer = ask(common, client, {{"command", "status"}});
    if (!answer) {
        return answer;
    }
    json status = answer->value("status", json::object());
    if (!name.empty() && find_campaign(status, name) == nullptr) {
        std::string known;
        for (const std::string& other : campaign_names(status)) {
            known += (known.empty() ? "" : ", ") + printable(other);
        }
        return give_up(common, ExitCode::failed,
                       "the daemon knows no campaign '" + printable(name) + "'; it knows: " +
                           (known.empty() ? "none" : known) + " (a new campaign file needs 'outdial reload')");
    }
    return status;
}

/// Paints one status after another: on a terminal in place, otherwise a line for each change.
class Watch {
public:
    Watch(const CommonOptions& common, const StatusCommand& command)
        : common_(common), name_(command.name), on_terminal_(is_terminal(1) && !common.json) {}

    void show(const json& status) {
        if (common_.json) {
            print(status.dump(-1, ' ', false, json::error_handler_t::replace) + "\n");
        } else if (on_terminal_) {
            if (!screen_) {
                screen_.emplace();
            }
            last_ = status_text(status, name_, Style::of(1));
            screen_->paint(last_);
        } else if (std::string lines = progress_lines(status, name_); lines != last_) {
            print(lines);
            last_ = std::move(lines);
        }
    }
    /// Back to the normal screen, where the last picture stays.
    void end() {
        if (screen_) {
            screen_.reset();
            print(last_);
        }
    }

private:
    const CommonOptions& common_;
    const std::string& name_;
    bool on_terminal_;
    std::optional<Screen> screen_;
    std::string last_;
};

ExitCode watch(const CommonOptions& common, const StatusCommand& command, const config::DaemonConfig& config) {
    sigset_t ending;
    sigemptyset(&ending);
    sigaddset(&ending, SIGINT);
    sigaddset(&ending, SIGTERM);
    sigaddset(&ending, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &ending, nullptr);  // taken by sigtimedwait below, so that the terminal is left in order

    auto client = daemon(common, config, watch_time_limit);
    if (!client) {
        return client.error();
    }
    Watch picture(common, command);
    while (true) {
        const Outcome<json> status = ask_status(common, *client, command.name);
        if (!status) {
            picture.end();
            return status.error();
        }
        picture.show(*status);
        const bool finished = !command.name.empty() && is_finished(*find_campaign(*status, command.name));
        if (finished || output_failed() || sigtimedwait(&ending, nullptr, &watch_interval) > 0) {
            picture.end();
            return ExitCode::ok;
        }
    }
}

}  // namespace

ExitCode status(const CommonOptions& common, const StatusCommand& command) {
    const auto config = daemon_paths(common);
    if (!config) {
        return config.error();
    }
    if (command.watch) {
        return watch(common, command, *config);
    }
    auto client = daemon(common, *config);
    if (!client) {
        return client.error();
    }
    const Outcome<json> status = ask_status(common, *client, command.name);
    if (!status) {
        return status.error();
    }
    if (common.json) {
        print_json(command.name.empty() ? *status : *find_campaign(*status, command.name));
    } else {
        print(status_text(*status, command.name, Style::of(1)));
    }
    return ExitCode::ok;
}

}  // namespace outdial::cli
