#include "daemon/serve.hpp"

#include <spdlog/spdlog.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <csignal>
#include <memory>

#include "base/file_lock.hpp"
#include "config/load.hpp"
#include "daemon/clock.hpp"
#include "daemon/log.hpp"
#include "daemon/service.hpp"
#include "zone/atlas.hpp"

namespace outdial::daemon {

namespace {

constexpr int exit_ok = 0;
constexpr int exit_failed = 1;
constexpr int exit_configuration = 78;  // sysexits.h EX_CONFIG

// How long a start waits for an operator's shell or a backup to let the database go.
constexpr auto lock_patience = std::chrono::seconds{30};

// The process's memory holds secrets and people's numbers: no core dump, and nobody else's debugger.
void forbid_core_dumps() {
    prctl(PR_SET_DUMPABLE, 0);
    const rlimit none{0, 0};
    setrlimit(RLIMIT_CORE, &none);
}

// What is logged last is what tells why.
struct FlushedLog {
    FlushedLog() = default;
    FlushedLog(const FlushedLog&) = delete;
    FlushedLog& operator=(const FlushedLog&) = delete;
    ~FlushedLog() { flush_log(); }
};

int failed(int status, const Error& error) {
    spdlog::error("{}", one_line(error.message));
    return status;
}

}  // namespace

int serve(const ServeOptions& options) {
    open_log();
    const FlushedLog at_the_end;
    std::signal(SIGPIPE, SIG_IGN);  // a log whose reader ends must not end the tracking of calls
    forbid_core_dumps();

    config::LoadResult loaded = config::load(options.config);
    config::warn_of_ending_holidays(loaded, read_clocks().utc);
    for (const config::Problem& warning : loaded.warnings) spdlog::warn("{}", one_line(config::to_text(warning)));
    for (const config::Problem& problem : loaded.problems) spdlog::error("{}", one_line(config::to_text(problem)));
    if (!loaded.configuration) return exit_configuration;

    auto servers = server_settings(loaded.configuration->daemon);
    if (!servers) return failed(exit_configuration, servers.error());
    const auto lock = FileLock::acquire(database_lock_file(loaded.configuration->daemon.database));
    if (!lock) return failed(exit_failed, lock.error());
    const std::filesystem::path database = loaded.configuration->daemon.database;
    auto store = store::Store::open(
        database, {}, {.longest = lock_patience, .tell = [database](const std::string& holder) {
                           spdlog::warn("database {}: {} holds its write lock; waiting for it, {} s at most",
                                        database.native(), holder, lock_patience.count());
                       }});
    if (!store) return failed(exit_failed, store.error());

    const auto run = store->start_run({.accept_rollback = options.accept_rollback});
    if (!run) return failed(exit_failed, run.error());
    for (const std::string& warning : run->warnings) spdlog::warn("{}", one_line(warning));

    if (auto atlas = zone::Atlas::load()) {
        store->set_geography(std::make_shared<const zone::Atlas>(std::move(*atlas)));
    } else {
        spdlog::error("{}", one_line(atlas.error().message));
    }

    Service service{options};
    const auto ran =
        service.run(std::move(*loaded.configuration), std::move(*servers), std::move(*store), run->after_unclean_stop);
    return ran ? exit_ok : failed(exit_failed, ran.error());
}

}  // namespace outdial::daemon
