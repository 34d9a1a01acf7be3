#include "daemon/service.hpp"

#include <fmt/core.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "daemon/actor.hpp"
#include "daemon/audit_notes.hpp"
#include "daemon/clock.hpp"
#include "daemon/log.hpp"
#include "daemon/systemd.hpp"

namespace outdial::daemon {

namespace {

// A supervisor, or an operator at the keyboard, waits no longer than five seconds; the rest is for the last try.
constexpr auto longest_stop = std::chrono::milliseconds{4500};
constexpr std::size_t most_reloads = 20;  // ordered and not ended

// Nobody tells who sends a signal.
std::string actor_of_signal(int signal) {
    const char* name = signal == SIGHUP ? "SIGHUP" : signal == SIGINT ? "SIGINT" : "SIGTERM";
    return fmt::format("signal={}", name);
}

}  // namespace

Result<void> Service::run(config::Configuration configuration, std::vector<ami::ServerSettings> servers,
                          store::Store store, bool after_crash) {
    const auto database = configuration.daemon.database;
    const auto socket = configuration.daemon.control_socket;
    reports_ = std::make_unique<ReportThread>(io_, database);
    integrity_ = std::make_unique<IntegrityCheck>(io_, database);
    commands_ = std::make_unique<ControlCommands>(
        dialer_, alerts_, *reports_, [this](store::Origin by, auto done) { reload(std::move(by), std::move(done)); });
    control_ = std::make_unique<control::Server>(
        io_, socket, [this](const control::Peer& peer, const nlohmann::json& request, const control::Reply& reply) {
            commands_->handle(peer, request, reply);
        });
    const StartNote note{.after_unclean_stop = after_crash,
                         .trust_clock = options_.trust_clock,
                         .accept_rollback = options_.accept_rollback};
    const store::Origin by{read_clocks().utc, actor_of(::getuid(), ::getpid(), "serve")};
    if (auto noted = note_start(store, configuration, note, by); !noted) return noted;
    if (auto started =
            dialer_.start(std::move(configuration), std::move(servers), std::move(store), options_.trust_clock);
        !started)
        return started;
    if (auto listening = control_->start(); !listening) {
        (void)dialer_.close_at_once("the control socket cannot be had");  // nothing has been dialed
        return listening;
    }
    if (after_crash) check_database();
    wait_for_signal();
    watch();
    notify_ready();
    spdlog::info("ready database={} control={} servers={} campaigns={}", database.string(), socket.string(),
                 dialer_.links().size(), dialer_.configuration().site.campaigns.size());
    io_.run();
    return ended_;
}

void Service::check_database() {
    spdlog::info("the last run did not stop cleanly: looking through the database for damage, calls go on meanwhile");
    integrity_->start([this](Result<void> found) {
        if (found) return spdlog::info("the database is whole");
        dialer_.condemn_database(std::move(found.error()));
    });
}

void Service::wait_for_signal() {
    signals_.async_wait([this](const boost::system::error_code& error, int signal) {
        if (error) return;
        take_signal(signal);
        wait_for_signal();
    });
}

void Service::take_signal(int signal) {
    if (signal == SIGHUP) {
        // Those that wait read the files later than now, so one more would find nothing new.
        if (reloads_.size() > 1) return spdlog::info("SIGHUP: a reload waits already and serves for this one too");
        return reload({read_clocks().utc, actor_of_signal(signal)}, [](const Result<void>&) {});
    }
    if (stopping_) {
        spdlog::warn("second signal: stopping at once");
        return stopped(dialer_.close_at_once(actor_of_signal(signal)));
    }
    spdlog::info("stopping signal={}", signal);
    stop(actor_of_signal(signal));
}

void Service::stop(const std::string& because) {
    stopping_ = true;
    notify_stopping();
    control_->stop();
    const auto give_up_at = std::chrono::steady_clock::now() + longest_stop;
    dialer_.stop_dialing([this, give_up_at, because] {
        if (io_.stopped()) return;  // a second signal came first
        dialer_.close(give_up_at, because, [this](store::Unwritten left) { stopped(left); });
    });
}

void Service::stopped(store::Unwritten left) {
    io_.stop();
    if (left.outcomes > 0) {
        ended_ = fail(fmt::format(
            "stopped, and the outcomes of {} calls could not be stored: {}. The next start settles them by what "
            "Asterisk and its call detail records (servers.NAME.cdr) tell of them, else as lost",
            left.outcomes, dialer_.why_not_dialing()));
    }
    if (left.states > 0) {
        spdlog::error(
            "the database does not know of the last change of {} campaigns; look at `outdial campaign list` after the "
            "next start",
            left.states);
    }
    if (ended_) spdlog::info("stopped; calls that are up go on in Asterisk and are taken up by the next start");
}

// One after the other, each with the files as they are then.
void Service::reload(store::Origin by, std::function<void(Result<void>)> done) {
    if (stopping_) return done(fail("outdial is stopping"));
    if (reloads_.size() >= most_reloads) {
        return done(fail("too many reloads have been ordered already; try again when they have ended"));
    }
    reloads_.push_back({std::move(by), std::move(done)});
    if (reloads_.size() == 1) read_configuration();
}

void Service::read_configuration() {
    notify_reloading();
    loader_.start(options_.config, [this](LoadedConfiguration loaded) { take_over(std::move(loaded)); });
}

// All or nothing: whatever is wrong is said, and the configuration in force stays.
void Service::take_over(LoadedConfiguration loaded) {
    if (stopping_) return;
    std::string problems;
    for (const config::Problem& warning : loaded.files.warnings) {
        spdlog::warn("{}", one_line(config::to_text(warning)));
    }
    for (const config::Problem& problem : loaded.files.problems) {
        spdlog::error("configuration {}", one_line(config::to_text(problem)));
        problems += (problems.empty() ? "" : "\n") + config::to_text(problem);
    }
    if (!loaded.files.configuration) return reloaded(fail(problems));
    const auto& old = dialer_.configuration().daemon;
    const auto& next = loaded.files.configuration->daemon;
    if (old.database != next.database || old.control_socket != next.control_socket) {
        return reloaded(fail("`database` and `control` change only with a restart: systemctl restart outdial"));
    }
    if (!loaded.servers) return reloaded(tl::unexpected(loaded.servers.error()));
    dialer_.reload(std::move(*loaded.files.configuration), std::move(*loaded.servers), reloads_.front().by,
                   [this](const Result<void>& result) { reloaded(result); });
}

void Service::reloaded(const Result<void>& result) {
    notify_ready();
    if (result) {
        spdlog::info("reload done campaigns={}", dialer_.configuration().site.campaigns.size());
    } else {
        alerts_.raise(read_clocks().utc, "configuration",
                      "reload refused, the old configuration stays: " + result.error().message);
    }
    const auto done = std::move(reloads_.front().done);
    reloads_.pop_front();
    if (!reloads_.empty()) read_configuration();
    done(result);
}

// systemd hears of us only while both threads move.
void Service::watch() {
    const auto interval = watchdog_interval();
    if (!interval) return;
    watchdog_.expires_after(*interval / 3);
    watchdog_.async_wait([this](const boost::system::error_code& error) {
        if (error) return;
        if (const auto turns = dialer_.store_turns(); turns != turns_seen_) {
            turns_seen_ = turns;
            notify_watchdog();
        }
        watch();
    });
}

}  // namespace outdial::daemon
