#include "store/configuration_files.hpp"

#include <map>

#include "store/json_object.hpp"

namespace outdial::store {

std::size_t ConfigurationFiles::note(std::span<const ConfigurationFile> files, const Origin& by) {
    std::map<std::string, std::string> before;
    {
        Rows rows = all_.rows();
        while (rows.next()) before.emplace(rows.text(0), rows.text(1));
    }
    std::size_t changed = 0;
    for (const ConfigurationFile& file : files) {
        const auto known = before.extract(file.name);
        const std::string digest = known.empty() ? std::string{} : known.mapped();
        if (digest == file.digest) continue;
        ++changed;
        put_.run(file.name, file.digest);
        audit(file.name, digest, file.digest, by);
    }
    for (const auto& [name, digest] : before) {
        ++changed;
        remove_.run(name);
        audit(name, digest, {}, by);
    }
    return changed;
}

void ConfigurationFiles::audit(std::string_view file, std::string_view before, std::string_view after,
                               const Origin& by) {
    const std::string detail =
        JsonObject{}.text("file", file).text_if_any("before", before).text_if_any("after", after).take();
    audit_.append({.kind = AuditKind::configuration, .at = by.at, .actor = by.actor, .detail = detail});
}

}  // namespace outdial::store
