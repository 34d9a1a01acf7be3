#pragma once

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "config/load.hpp"
#include "core/site.hpp"
#include "source_dir.hpp"

namespace outdial::config {

inline const std::filesystem::path source_dir = OUTDIAL_SOURCE_DIR;

inline std::string read_text(const std::filesystem::path& path) {
    std::ifstream stream{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{stream}, {}};
}

/// The trunks that the campaigns of tests/data/config refer to: `bare` has no caller ids.
inline Site test_site() {
    Site site;
    site.servers = {{"pbx1", {50, 500}}};
    site.trunks.resize(2);
    site.trunks[0].name = "carrier-a";
    site.trunks[0].cap = {20, 60};
    site.trunks[0].caller_ids = {"+18001234567"};
    site.trunks[1].name = "bare";
    site.trunks[1].cap = {20, 60};
    return site;
}

/// config/compliance
inline RulePacks shipped_packs() {
    RulePacks packs{"config/compliance", {}};
    for (const auto& entry : std::filesystem::directory_iterator{source_dir / "config/compliance"}) {
        if (entry.path().extension() != ".yaml") continue;
        const auto result = load_rule_pack(read_text(entry.path()), entry.path().native());
        if (result.pack) packs.packs.push_back(*result.pack);
    }
    std::ranges::sort(packs.packs, {}, &RulePack::name);
    return packs;
}

/// A folder of its own, gone with the object.
class TemporaryFolder {
public:
    TemporaryFolder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "outdial-config-XXXXXX").native();
        path_ = ::mkdtemp(pattern.data());
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder() { std::filesystem::remove_all(path_); }

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    std::filesystem::path write(const std::string& name, std::string_view text, unsigned mode = 0644) const {
        const std::filesystem::path file = path_ / name;
        std::filesystem::create_directories(file.parent_path());
        std::ofstream{file, std::ios::binary} << text;
        std::filesystem::permissions(file, static_cast<std::filesystem::perms>(mode));
        return file;
    }

private:
    std::filesystem::path path_;
};

}  // namespace outdial::config
