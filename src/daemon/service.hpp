#pragma once

#include <csignal>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <functional>
#include <memory>

#include "control/server.hpp"
#include "daemon/alerts.hpp"
#include "daemon/configuration_loader.hpp"
#include "daemon/control_commands.hpp"
#include "daemon/dialer.hpp"
#include "daemon/integrity_check.hpp"
#include "daemon/report_thread.hpp"
#include "daemon/serve.hpp"

namespace outdial::daemon {

/// The running service: the dialer, its control socket, signals, reload and systemd's watchdog. SIGHUP reloads, SIGTERM
/// and SIGINT stop (a second one at once).
class Service {
public:
    explicit Service(ServeOptions options) : options_(std::move(options)) {}

    /// Until it is told to stop. An error is why it could not start.
    /// `after_crash`: whether the database is to be looked through for damage.
    [[nodiscard]] Result<void> run(config::Configuration configuration, std::vector<ami::ServerSettings> servers,
                                   store::Store store, bool after_crash);

private:
    void wait_for_signal();
    void take_signal(int signal);
    void reload(store::Origin by, std::function<void(Result<void>)> done);
    void read_configuration();
    void take_over(LoadedConfiguration loaded);
    void reloaded(const Result<void>& result);
    void stop(const std::string& because);
    void stopped(store::Unwritten left);
    void check_database();
    void watch();

    ServeOptions options_;
    boost::asio::io_context io_{1};
    boost::asio::signal_set signals_{io_, SIGHUP, SIGTERM, SIGINT};
    boost::asio::steady_timer watchdog_{io_};
    std::uint64_t turns_seen_ = 0;
    bool stopping_ = false;
    Result<void> ended_;  // what run() returns
    Alerts alerts_;
    Dialer dialer_{io_, alerts_};
    std::unique_ptr<ReportThread> reports_;
    std::unique_ptr<IntegrityCheck> integrity_;
    ConfigurationLoader loader_{io_};
    struct OrderedReload {
        store::Origin by;
        std::function<void(Result<void>)> done;
    };
    std::deque<OrderedReload> reloads_;  // the first is under way
    std::unique_ptr<ControlCommands> commands_;
    std::unique_ptr<control::Server> control_;
};

}  // namespace outdial::daemon
