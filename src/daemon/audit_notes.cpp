#include "daemon/audit_notes.hpp"

#include <nlohmann/json.hpp>

#include "daemon/version.hpp"

namespace outdial::daemon {

namespace {

using nlohmann::json;
using store::AuditKind;

Result<std::size_t> note_files(store::Store& store, const config::Configuration& configuration,
                               const store::Origin& by) {
    std::vector<store::ConfigurationFile> files;
    for (const config::FileDigest& file : configuration.files) files.push_back({file.name, file.digest});
    return store.note_configuration(files, by);
}

}  // namespace

Result<void> note_start(store::Store& store, const config::Configuration& configuration, const StartNote& note,
                        const store::Origin& by) {
    json detail{{"version", version}, {"after_unclean_stop", note.after_unclean_stop}};
    if (note.trust_clock) detail["trust_clock"] = true;
    if (note.accept_rollback) detail["accept_rollback"] = true;
    if (auto noted = store.note(AuditKind::start, by, detail.dump()); !noted) return noted;
    if (auto changed = note_files(store, configuration, by); !changed) return tl::unexpected(changed.error());
    return {};
}

Result<void> note_reload(store::Store& store, const config::Configuration& configuration, const store::Origin& by) {
    const auto changed = note_files(store, configuration, by);
    if (!changed) return tl::unexpected(changed.error());
    const json detail{{"files", configuration.files.size()}, {"changed", *changed}};
    return store.note(AuditKind::reload, by, detail.dump());
}

Result<void> note_stop(store::Store& store, const store::Origin& by) {
    return store.note(AuditKind::stop, by, json{{"version", version}}.dump());
}

}  // namespace outdial::daemon
