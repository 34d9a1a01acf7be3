#pragma once

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "store/callbacks.hpp"
#include "store/claims.hpp"
#include "store/configuration_files.hpp"
#include "store/explaining.hpp"
#include "store/file_watch.hpp"
#include "store/forgetting.hpp"
#include "store/migrations.hpp"
#include "store/run_guard.hpp"
#include "store/schema_guard.hpp"
#include "store/store.hpp"

namespace outdial::store {

/// In the order of their construction: the database outlives the statements of the others.
struct Store::Parts {
    explicit Parts(std::unique_ptr<Database> opened) : database(std::move(opened)) {}

    std::unique_ptr<Database> database;
    Campaigns campaigns{*database};
    Places places{*database};
    Contacts contacts{*database, places};
    Attempts attempts{*database, contacts};
    Audit audit{*database};
    DoNotCall do_not_call{*database, audit};
    ContactLimits contact_limits{*database};
    Callbacks callbacks{*database, contacts, places, audit};
    Claims claims{*database, campaigns, contacts, attempts, do_not_call, contact_limits, places, callbacks, audit};
    ConfigurationFiles configuration_files{*database, audit};
    Forgetting forgetting{*database, audit};
    Explaining explaining{*database, campaigns, contacts, attempts, do_not_call, contact_limits, places, callbacks};
    SchemaGuard schema{*database, embedded_migrations()};
};

/// Whether the database may be written. Outlives the connection.
struct Store::Condition {
    Condition(const std::filesystem::path& path, DatabaseOptions opened_with)
        : database(path), options(std::move(opened_with)), guard(path, options.vfs.empty()) {
        if (options.vfs.empty()) files.emplace(path);
    }

    void keep_in_mind(const ClaimResult& result) {
        for (const Claim& claim : result.claims) uncommitted.push_back(claim);
    }

    std::filesystem::path database;
    DatabaseOptions options;
    std::shared_ptr<const Geography> geography;
    std::optional<FileWatch> files;  // none on a file system other than the machine's
    RunGuard guard;
    bool suspect = false;            // the disk failed: the connection is to be opened anew
    std::optional<Error> condemned;  // for good
    Result<void> mirror;             // whether it could be written lately
    Milliseconds audit_keep = default_audit_keep;
    std::vector<Claim> uncommitted;  // of the group that is open
    /// Of commits that the disk failed: nobody was told of them, but SQLite may find them in its log later.
    std::vector<Claim> doubtful;
};

}  // namespace outdial::store
