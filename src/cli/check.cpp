#include <fmt/core.h>

#include <nlohmann/json.hpp>
#include <set>

#include "base/printable.hpp"
#include "cli/commands.hpp"
#include "cli/environment.hpp"
#include "cli/terminal.hpp"
#include "cli/text.hpp"
#include "config/load.hpp"
#include "config/named_files.hpp"
#include "daemon/clock.hpp"

namespace outdial::cli {
namespace {

nlohmann::json as_json(const std::vector<config::Problem>& problems) {
    nlohmann::json list = nlohmann::json::array();
    for (const config::Problem& problem : problems) {
        list.push_back(
            {{"file", problem.file}, {"line", problem.line}, {"column", problem.column}, {"message", problem.message}});
    }
    return list;
}

std::int64_t files_of(const std::vector<config::Problem>& problems) {
    std::set<std::string> files;
    for (const config::Problem& problem : problems) {
        files.insert(problem.file);
    }
    return static_cast<std::int64_t>(files.size());
}

void print_problems(const config::LoadResult& result) {
    const Style style = Style::of(1);
    for (const config::Problem& problem : result.warnings) {
        print(style(Tone::warning, "warning: ") + printable(config::to_text(problem)) + "\n");
    }
    for (const config::Problem& problem : result.problems) {
        print(printable(config::to_text(problem)) + "\n");
    }
}

constexpr const char* disclaimer = "help, not legal advice";

nlohmann::json as_json(const Campaign& campaign) {
    nlohmann::json packs = nlohmann::json::array();
    for (const PackInUse& pack : campaign.compliance.packs) {
        packs.push_back({{"pack", pack.name},
                         {"version", pack.version},
                         {"rules", pack.rules},
                         {"not_verified", pack.not_verified}});
    }
    nlohmann::json duties = nlohmann::json::array();
    for (const Duty& duty : campaign.compliance.duties) {
        duties.push_back(
            {{"rule", duty.rule}, {"text", duty.text}, {"source", duty.source}, {"verified", duty.verified}});
    }
    nlohmann::json overrides = nlohmann::json::array();
    for (const RuleOverride& off : campaign.compliance.overrides) {
        overrides.push_back({{"rule", off.rule}, {"reason", off.reason}, {"by", off.by}});
    }
    return {{"campaign", campaign.name}, {"packs", packs}, {"duties", duties}, {"overrides", overrides}};
}

nlohmann::json compliance_json(const std::vector<Campaign>& campaigns) {
    nlohmann::json list = nlohmann::json::array();
    for (const Campaign& campaign : campaigns) {
        if (!campaign.compliance.packs.empty()) list.push_back(as_json(campaign));
    }
    return list;
}

// What the packs ask of people stands under their campaign, because no program does it for them.
void print_compliance(const std::vector<Campaign>& campaigns) {
    const Style style = Style::of(1);
    for (const Campaign& campaign : campaigns) {
        for (const PackInUse& pack : campaign.compliance.packs) {
            print(printable(fmt::format("campaign {}: {} of {}, {} rules, {} not verified; {}", campaign.name,
                                        pack.name, pack.version, pack.rules, pack.not_verified, disclaimer)) +
                  "\n");
        }
        for (const Duty& duty : campaign.compliance.duties) {
            print(style(Tone::warning, "  you must ") +
                  printable(fmt::format("{} ({}{}: {})", duty.text, duty.rule, duty.verified ? "" : ", not verified",
                                        duty.source)) +
                  "\n");
        }
    }
}

}  // namespace

ExitCode check(const CommonOptions& common) {
    config::LoadResult result = config::load(common.config);
    config::examine_named_files(common.config, result);
    config::warn_of_ending_holidays(result, daemon::read_clocks().utc);
    const bool good = result.configuration.has_value();
    const std::int64_t files = good ? 1 + static_cast<std::int64_t>(result.configuration->site.campaigns.size()) : 0;
    if (common.json) {
        nlohmann::json answer = {
            {"ok", good}, {"problems", as_json(result.problems)}, {"warnings", as_json(result.warnings)}};
        if (good) {
            answer["files"] = files;
            answer["compliance"] = compliance_json(result.configuration->site.campaigns);
        }
        print_json(answer);
    } else {
        print_problems(result);
        if (good) print_compliance(result.configuration->site.campaigns);
        const auto problems = static_cast<std::int64_t>(result.problems.size());
        print(good ? counted(files, "file", "files") + ", all good\n"
                   : counted(problems, "problem", "problems") + " in " +
                         counted(files_of(result.problems), "file", "files") + "\n");
    }
    return good ? ExitCode::ok : ExitCode::configuration;
}

}  // namespace outdial::cli
