#include "config/load.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <system_error>

#include "base/sha256.hpp"
#include "config/campaign_file.hpp"
#include "config/daemon_file.hpp"
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

/// The campaign files of the folder in the order of their names. Hidden files are left out: editors keep drafts there.
std::vector<fs::path> list_campaign_files(const fs::path& folder, Position named_at, Problems& problems) {
    std::vector<fs::path> files;
    std::error_code error;
    for (fs::directory_iterator it{folder, error}, end; !error && it != end; it.increment(error)) {
        const fs::path& path = it->path();
        if (path.filename().native().starts_with('.')) continue;
        if (path.extension() == ".yaml") files.push_back(path);
        if (path.extension() == ".yml") {
            problems.add(named_at, fmt::format("{} would not be read, since campaign files end in .yaml; rename it",
                                               in_quotes(path.native())));
        }
    }
    if (error) {
        problems.add(named_at, fmt::format("cannot list the campaigns folder {}: {}", in_quotes(folder.native()),
                                           error.message()));
    }
    if (files.size() > max_campaigns) {
        problems.add(named_at, fmt::format("{} campaign files in {}; at most {} are read", files.size(),
                                           in_quotes(folder.native()), max_campaigns));
        files.clear();
    }
    std::ranges::sort(files);
    return files;
}

std::string digest_of(const std::string& text) { return to_hex(Sha256{}.of(text)); }

void load_campaigns(const std::vector<fs::path>& files, const Site* site, const std::atomic<bool>* stop,
                    LoadResult& result, std::vector<Campaign>& campaigns, std::vector<FileDigest>& digests) {
    std::map<std::string, std::string> file_of_name;
    for (const fs::path& path : files) {
        if (stop != nullptr && *stop) return;
        Problems problems{path.native()};
        if (const auto text = read_config_file(path, problems)) {
            if (const auto root = parse_yaml(*text, problems)) {
                CampaignFile file = read_campaign_file(*root, site, problems);
                const std::string& name = file.campaign.name;
                const auto [first, added] = file_of_name.emplace(name, path.native());
                if (!added && !name.empty()) {
                    problems.add(file.name_at,
                                 fmt::format("a campaign named {} stands in {} already; rename one of them",
                                             in_quotes(name), in_quotes(first->second)));
                }
                const fs::path file_name = path.parent_path().filename() / path.filename();
                digests.push_back({file_name.native(), digest_of(*text)});
                file.campaign.rules = digests.back().digest.substr(0, rules_digits);
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
        campaign_files = list_campaign_files(file.configuration.daemon.campaigns_dir, *file.campaigns_at, problems);
    }
    result.problems = problems.take();
    result.warnings = problems.take_warnings();
    std::vector<Campaign> campaigns;
    load_campaigns(campaign_files, site, stop, result, campaigns, file.configuration.files);
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

CampaignResult load_campaign(std::string_view text, std::string_view name, const Site& site) {
    Problems problems{name};
    CampaignResult result;
    if (const auto root = parse_yaml(text, problems)) {
        Campaign campaign = read_campaign_file(*root, &site, problems).campaign;
        if (problems.none()) result.campaign = std::move(campaign);
    }
    result.problems = problems.take();
    result.warnings = problems.take_warnings();
    return result;
}

}  // namespace outdial::config
