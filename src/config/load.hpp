#pragma once

#include <atomic>
#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

#include "config/compliance_section.hpp"
#include "config/configuration.hpp"
#include "config/problem.hpp"

namespace outdial::config {

inline constexpr std::size_t max_campaigns = 1000;
inline constexpr std::size_t max_rule_packs = 100;

/// All or nothing: a configuration if there are no problems, otherwise all problems of all files. Warnings are about
/// what works, but hardly as it was meant; they come with either.
struct LoadResult {
    std::optional<Configuration> configuration;
    /// Where outdial.yaml says that they are, even if it is wrong elsewhere; empty where it does not say it rightly.
    std::filesystem::path database;
    std::filesystem::path control_socket;
    std::vector<Problem> problems;
    std::vector<Problem> warnings;
};

/// Reads outdial.yaml, and every rule pack and campaign (`*.yaml`, hidden files left out) of the folders that it names.
/// Files that everybody may write are refused. Problems come file by file, each file's in the order of its lines. Once
/// `*stop` is set, no further file is read, and there is no configuration.
[[nodiscard]] LoadResult load(const std::filesystem::path& outdial_yaml, const std::atomic<bool>* stop = nullptr);

/// outdial.yaml from memory; `name` is the path that problems name and that relative paths are relative to. The
/// configuration has no campaigns.
[[nodiscard]] LoadResult load_daemon(std::string_view text, std::string_view name);

struct CampaignResult {
    std::optional<Campaign> campaign;
    std::vector<Problem> problems;
    std::vector<Problem> warnings;
};

/// One campaign file from memory, checked against the trunks of `site` and the packs.
[[nodiscard]] CampaignResult load_campaign(std::string_view text, std::string_view name, const Site& site,
                                           const RulePacks& packs = {});

struct RulePackResult {
    std::optional<RulePack> pack;
    std::vector<Problem> problems;
};

/// One rule pack from memory; `name` is its file's path.
[[nodiscard]] RulePackResult load_rule_pack(std::string_view text, std::string_view name);

/// Warns of packs in use that know no holidays soon, or do not any more.
void warn_of_ending_holidays(LoadResult& loaded, UtcTime now);

}  // namespace outdial::config
