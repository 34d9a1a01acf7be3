// tests/data/config: valid/ is accepted by the loader and the JSON Schemas, broken/ refused by both. A broken file ends
// with what the loader must say of it, `# expect LINE:COLUMN part of the message`, a line for each problem and no
// other;
// `# loader-only: why` marks what a schema cannot see.
#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cstdio>
#include <map>
#include <sstream>
#include <vector>

#include "config/load.hpp"
#include "site.hpp"

namespace outdial::config {
namespace {

namespace fs = std::filesystem;

struct Expected {
    int line = 0;
    int column = 0;
    std::string part;
};

struct Sample {
    fs::path path;
    std::string text;
    std::vector<Expected> expected;
    bool loader_only = false;
};

std::vector<Sample> samples(const fs::path& folder) {
    std::vector<Sample> result;
    for (const auto& entry : fs::directory_iterator{folder}) {
        Sample sample{entry.path(), read_text(entry.path()), {}, false};
        std::istringstream lines{sample.text};
        for (std::string line; std::getline(lines, line);) {
            Expected expected;
            int read = 0;
            if (std::sscanf(line.c_str(), "# expect %d:%d %n", &expected.line, &expected.column, &read) == 2) {
                expected.part = line.substr(static_cast<std::size_t>(read));
                sample.expected.push_back(expected);
            }
            sample.loader_only = sample.loader_only || line.starts_with("# loader-only: ");
        }
        result.push_back(std::move(sample));
    }
    std::ranges::sort(result, {}, &Sample::path);
    return result;
}

bool is_rule_pack(const fs::path& path) { return path.filename().native().starts_with("pack"); }
bool is_daemon_file(const fs::path& path) { return path.filename().native().starts_with("outdial"); }

struct Verdict {
    std::vector<Problem> problems;
    std::vector<Problem> warnings;
};

Verdict verdict_on(const Sample& sample) {
    const std::string name = sample.path.native();
    if (is_daemon_file(sample.path)) {
        const LoadResult result = load_daemon(sample.text, name);
        return {result.problems, result.warnings};
    }
    if (is_rule_pack(sample.path)) return {load_rule_pack(sample.text, name).problems, {}};
    static const RulePacks packs = shipped_packs();
    const CampaignResult result = load_campaign(sample.text, name, test_site(), packs);
    return {result.problems, result.warnings};
}

/// schema_agreement.py's verdict by file name. A failure of the script itself fails the test.
std::map<std::string, bool> schema_verdicts(const std::vector<Sample>& files) {
    const fs::path script = source_dir / "tests/config/schema_agreement.py";
    std::string command = "/usr/bin/python3 '" + script.native() + "' '" + (source_dir / "schema").native() + "'";
    for (const Sample& sample : files) command += " '" + sample.path.native() + "'";
    FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
    REQUIRE(pipe != nullptr);
    std::string output;
    std::array<char, 4096> buffer;
    while (const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), pipe))
        output.append(buffer.data(), count);
    INFO(output);
    REQUIRE(::pclose(pipe) == 0);
    std::map<std::string, bool> verdicts;
    std::istringstream lines{output};
    for (std::string line; std::getline(lines, line);) {
        const std::size_t end = line.find("\", \"valid\": ");
        REQUIRE(end != std::string::npos);
        const std::string_view prefix = "{\"file\": \"";
        verdicts[line.substr(prefix.size(), end - prefix.size())] =
            line.find("\"valid\": true", end) != std::string::npos;
    }
    REQUIRE(verdicts.size() == files.size());
    return verdicts;
}

}  // namespace

TEST_CASE("each broken file is refused with exactly its problems, each at its place") {
    const auto files = samples(source_dir / "tests/data/config/broken");
    CHECK(files.size() >= 100);
    for (const Sample& sample : files) {
        const auto problems = verdict_on(sample).problems;
        std::string said;
        for (const Problem& problem : problems) said += to_text(problem) + '\n';
        INFO(sample.path.filename().native() << " is said to have:\n" << said);
        CHECK_FALSE(sample.expected.empty());
        CHECK(problems.size() == sample.expected.size());
        for (std::size_t i = 0; i < std::min(problems.size(), sample.expected.size()); ++i) {
            INFO("expected " << sample.expected[i].part);
            CHECK(problems[i].file == sample.path.native());
            CHECK(problems[i].line == sample.expected[i].line);
            CHECK(problems[i].column == sample.expected[i].column);
            CHECK(problems[i].message.find(sample.expected[i].part) != std::string::npos);
        }
    }
}

TEST_CASE("each valid file is accepted without problems and warnings") {
    const auto files = samples(source_dir / "tests/data/config/valid");
    CHECK(files.size() >= 6);
    for (const Sample& sample : files) {
        INFO(sample.path);
        std::string said;
        for (const Problem& problem : verdict_on(sample).problems) said += to_text(problem) + '\n';
        for (const Problem& warning : verdict_on(sample).warnings) said += to_text(warning) + '\n';
        CHECK(said == "");
    }
}

TEST_CASE("the JSON Schemas and the loader agree on every file, but for what only the loader can see") {
    auto files = samples(source_dir / "tests/data/config/broken");
    const auto verdicts = schema_verdicts(files);
    std::size_t agreed = 0;
    for (const Sample& sample : files) {
        INFO(sample.path.filename().native());
        CHECK(verdicts.at(sample.path.native()) == sample.loader_only);
        agreed += sample.loader_only ? 0 : 1;
    }
    CHECK(agreed >= 40);

    files = samples(source_dir / "tests/data/config/valid");
    for (const fs::path example : {"config/outdial.yaml", "config/campaigns.d/renewals.yaml"}) {
        files.push_back({source_dir / example, {}, {}, false});
    }
    std::ranges::move(samples(source_dir / "config/compliance"), std::back_inserter(files));
    std::erase_if(files, [](const Sample& sample) { return sample.path.extension() == ".md"; });
    for (const auto& [file, valid] : schema_verdicts(files)) {
        INFO(file);
        CHECK(valid);
    }
}

}  // namespace outdial::config
