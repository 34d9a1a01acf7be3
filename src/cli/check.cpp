#include <nlohmann/json.hpp>
#include <set>

#include "base/printable.hpp"
#include "cli/commands.hpp"
#include "cli/environment.hpp"
#include "cli/terminal.hpp"
#include "cli/text.hpp"
#include "config/load.hpp"
#include "config/named_files.hpp"

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

}  // namespace

ExitCode check(const CommonOptions& common) {
    config::LoadResult result = config::load(common.config);
    config::examine_named_files(common.config, result);
    const bool good = result.configuration.has_value();
    const std::int64_t files = good ? 1 + static_cast<std::int64_t>(result.configuration->site.campaigns.size()) : 0;
    if (common.json) {
        nlohmann::json answer = {
            {"ok", good}, {"problems", as_json(result.problems)}, {"warnings", as_json(result.warnings)}};
        if (good) {
            answer["files"] = files;
        }
        print_json(answer);
    } else {
        print_problems(result);
        const auto problems = static_cast<std::int64_t>(result.problems.size());
        print(good ? counted(files, "file", "files") + ", all good\n"
                   : counted(problems, "problem", "problems") + " in " +
                         counted(files_of(result.problems), "file", "files") + "\n");
    }
    return good ? ExitCode::ok : ExitCode::configuration;
}

}  // namespace outdial::cli
