#include "config/load.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <system_error>

#include "base/sha256.hpp"
#include "config/campaign_file.hpp"
#include "config/daemon_file.hpp"
#include "config/rule_pack.hpp"
#include "config/source.hpp"
#include "config/yaml.hpp"

namespace outdial::config {

namespace {

namespace fs = std::filesystem;

constexpr mode_t writable_by_all = 0002;
constexpr std::size_t rules_digits = 16;  // enough of a digest to name a file's content

void append(std::vector<Problem>& to, std::vector<Problem> more) { std::ranges::move(more, std::back_inserter(to)); }

/// The file's text, if it may be trusted; otherwise reports why not. Whoever can write it decides who is called.
std::optional<std::string> read_config_file(const fs::path& path, Problems& problems) {
    auto content = read_regular_file(path, max_file_bytes);
    if (!content) {
        problems.add({}, fmt::format("cannot read this file: {}", content.error().message));
        return std::nullopt;
    }
    if ((content->mode & writable_by_all) != 0) {
        problems.add({},
                     fmt::format("everybody may write this file (mode {:04o}); run chmod o-w on it", content->mode));
        return std::nullopt;
    }
    return std::move(content->bytes);
}

DaemonFile read_daemon_text(std::string_view text, std::string_view name, Problems& problems) {
    const auto root = parse_yaml(text, problems);
    return root ? read_daemon_file(*root, fs::path{name}.parent_path(), problems) : DaemonFile{};
}

/// What a folder holds, for messages.
struct FolderKind {
    std::string_view folder;  // "the campaigns folder"
    std::string_view files;   // "campaign files"
    std::size_t most;
};
constexpr FolderKind campaigns_folder{"the campaigns folder", "campaign files", max_campaigns};
constexpr FolderKind packs_folder{"the folder of rule packs", "rule packs", max_rule_packs};

/// The folder's *.yaml in the order of their names. Hidden files are left out: editors keep drafts there.
std::vector<fs::path> list_files(const fs::path& folder, const FolderKind& kind, Position named_at,
                                 Problems& problems) {
    std::vector<fs::path> files;
    std::error_code error;
    for (fs::directory_iterator it{folder, error}, end; !error && it != end; it.increment(error)) {
        const fs::path& path = it->path();
        if (path.filename().native().starts_with('.')) continue;
        if (path.extension() == ".yaml") files.push_back(path);
        if (path.extension() == ".yml") {
            problems.add(named_at, fmt::format("{} would not be read, since {} end in .yaml; rename it",
                                               in_quotes(path.native()), kind.files));
        }
    }
    if (error) {
        problems.add(named_at,
                     fmt::format("cannot list {} {}: {}", kind.folder, in_quotes(folder.native()), error.message()));
    }
    if (files.size() > kind.most) {
        problems.add(named_at, fmt::format("{} {} in {}; at most {} are read", files.size(), kind.files,
                                           in_quotes(folder.native()), kind.most));
        files.clear();
    }
    std::ranges::sort(files);
    return files;
}

std::string stem_of(std::string_view path) { return fs::path{path}.stem().native(); }

// "campaigns.d/renewals.yaml"
std::string name_with_folder(const fs::path& path) {
    return (path.parent_path().filename() / path.filename()).native();
}

std::string digest_of(const std::string& text) { return to_hex(Sha256{}.of(text)); }

std::string rules_of(const FileDigest& file, const Compliance& compliance) {
    std::string rules = file.digest.substr(0, rules_digits);
    for (const PackInUse& pack : compliance.packs) rules += fmt::format(", {} {}", pack.name, pack.version);
    return rules;
}

RulePacks load_rule_packs(const fs::path& folder, const std::vector<fs::path>& files, LoadResult& result,
                          std::vector<FileDigest>& digests) {
    RulePacks packs{folder.native(), {}};
    for (const fs::path& path : files) {
        Problems problems{path.native()};
        if (const auto text = read_config_file(path, problems)) {
            digests.push_back({name_with_folder(path), digest_of(*text)});
            if (const auto root = parse_yaml(*text, problems)) {
                packs.packs.push_back(read_rule_pack(*root, stem_of(path.native()), problems));
            }
        }
        append(result.problems, problems.take());
    }
    return packs;
}

void load_campaigns(const std::vector<fs::path>& files, const Site* site, const RulePacks& packs,
                    const std::atomic<bool>* stop, LoadResult& result, std::vector<Campaign>& campaigns,
                    std::vector<FileDigest>& digests) {
    std::map<std::string, std::string> file_of_name;
    for (const fs::path& path : files) {
        if (stop != nullptr && *stop) return;
        Problems problems{path.native()};
        if (const auto text = read_config_file(path, problems)) {
            if (const auto root = parse_yaml(*text, problems)) {
                CampaignFile file = read_campaign_file(*root, site, packs, problems);
                const std::string& name = file.campaign.name;
                const auto [first, added] = file_of_name.emplace(name, path.native());
                if (!added && !name.empty()) {
                    problems.add(file.name_at,
                                 fmt::format("a campaign named {} stands in {} already; rename one of them",
                                             in_quotes(name), in_quotes(first->second)));
                }
                digests.push_back({name_with_folder(path), digest_of(*text)});
                file.campaign.rules = rules_of(digests.back(), file.campaign.compliance);
                campaigns.push_back(std::move(file.campaign));
            }
        }
        append(result.problems, problems.take());
        append(result.warnings, problems.take_warnings());
    }
}

}  // namespace

LoadResult load(const fs::path& outdial_yaml, const std::atomic<bool>* stop) {
    LoadResult result;
    Problems problems{outdial_yaml.native()};
    DaemonFile file;
    if (const auto text = read_config_file(outdial_yaml, problems)) {
        file = read_daemon_text(*text, outdial_yaml.native(), problems);
        file.configuration.files.push_back({outdial_yaml.filename().native(), digest_of(*text)});
    }
    // Campaign files are examined even if outdial.yaml is wrong, but for the names that they take from it.
    const Site* site = problems.none() ? &file.configuration.site : nullptr;
    std::vector<fs::path> campaign_files;
    if (file.campaigns_at) {
        campaign_files =
            list_files(file.configuration.daemon.campaigns_dir, campaigns_folder, *file.campaigns_at, problems);
    }
    // An installation without packs is one, as long as nobody asks for them.
    const fs::path& packs_dir = file.configuration.daemon.rule_packs_dir;
    std::vector<fs::path> pack_files;
    std::error_code unreadable;
    if (file.rule_packs_at || fs::exists(packs_dir, unreadable)) {
        pack_files = list_files(packs_dir, packs_folder, file.rule_packs_at.value_or(Position{}), problems);
    }
    result.problems = problems.take();
    result.warnings = problems.take_warnings();
    const RulePacks packs = load_rule_packs(packs_dir, pack_files, result, file.configuration.files);
    std::vector<Campaign> campaigns;
    load_campaigns(campaign_files, site, packs, stop, result, campaigns, file.configuration.files);
    if (!result.problems.empty() || (stop != nullptr && *stop)) return result;
    file.configuration.site.campaigns = std::move(campaigns);
    result.configuration = std::move(file.configuration);
    return result;
}

LoadResult load_daemon(std::string_view text, std::string_view name) {
    Problems problems{name};
    DaemonFile file = read_daemon_text(text, name, problems);
    LoadResult result;
    result.database = file.configuration.daemon.database;
    result.control_socket = file.configuration.daemon.control_socket;
    result.problems = problems.take();
    result.warnings = problems.take_warnings();
    if (result.problems.empty()) result.configuration = std::move(file.configuration);
    return result;
}

CampaignResult load_campaign(std::string_view text, std::string_view name, const Site& site, const RulePacks& packs) {
    Problems problems{name};
    CampaignResult result;
    if (const auto root = parse_yaml(text, problems)) {
        Campaign campaign = read_campaign_file(*root, &site, packs, problems).campaign;
        if (problems.none()) result.campaign = std::move(campaign);
    }
    result.problems = problems.take();
    result.warnings = problems.take_warnings();
    return result;
}

RulePackResult load_rule_pack(std::string_view text, std::string_view name) {
    Problems problems{name};
    RulePackResult result;
    if (const auto root = parse_yaml(text, problems)) {
        RulePack pack = read_rule_pack(*root, stem_of(name), problems);
        if (problems.none()) result.pack = std::move(pack);
    }
    result.problems = problems.take();
    return result;
}

void warn_of_ending_holidays(LoadResult& loaded, UtcTime now) {
    if (!loaded.configuration) return;
    std::set<std::string> told;
    for (const Campaign& campaign : loaded.configuration->site.campaigns) {
        for (const PackInUse& pack : campaign.compliance.packs) {
            const std::string warning = holidays_warning(pack, now);
            if (warning.empty() || !told.insert(pack.name).second) continue;
            const fs::path file = loaded.configuration->daemon.rule_packs_dir / (pack.name + ".yaml");
            loaded.warnings.push_back({.file = file.native(), .line = 1, .column = 1, .message = warning});
        }
    }
}

}  // namespace outdial::config
