#include "cli/database_access.hpp"

#include <unistd.h>

#include <memory>

#include "cli/act_as_owner.hpp"
#include "daemon/actor.hpp"
#include "daemon/clock.hpp"
#include "zone/atlas.hpp"

namespace outdial::cli {

// The user who called, not the database's owner as whom the program may act.
store::Origin own_origin(std::string_view command) {
    return {daemon::read_clocks().utc, daemon::actor_of(::getuid(), ::getpid(), command)};
}

Outcome<DatabaseAccess> access_database(const CommonOptions& common, const config::DaemonConfig& config,
                                        std::string_view without_daemon) {
    DatabaseAccess access;
    Result<control::Client> client = control::Client::connect(config.control_socket);
    if (client) {
        access.client = *std::move(client);
        return access;
    }
    const ActAsOwner owner(config.database.parent_path());
    Result<FileLock> lock = FileLock::acquire(database_lock_file(config.database));
    if (!lock) {
        return give_up(common, ExitCode::no_daemon,
                       client.error().message + "\nNor can " + std::string{without_daemon} +
                           " without a daemon: " + lock.error().message);
    }
    access.lock = *std::move(lock);
    Result<store::Store> store = store::Store::open(config.database);
    if (!store) {
        return give_up(common, ExitCode::failed, store.error().message);
    }
    // Without it the places of new contacts are looked up later, by the claim.
    if (auto atlas = zone::Atlas::load()) store->set_geography(std::make_shared<const zone::Atlas>(std::move(*atlas)));
    access.store = *std::move(store);
    return access;
}

}  // namespace outdial::cli
