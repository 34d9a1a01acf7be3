#include "config/load.hpp"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <map>

#include "base/sha256.hpp"
#include "site.hpp"

namespace outdial::config {
namespace {

/// A folder with a working outdial.yaml and one campaign.
struct Installation {
    TemporaryFolder folder;
    std::filesystem::path yaml;

    Installation() {
        std::string text = read_text(source_dir / "tests/data/config/valid/outdial-minimal.yaml");
        const std::string_view absolute = "/etc/outdial/campaigns.d";
        text.replace(text.find(absolute), absolute.size(), "campaigns.d");
        yaml = folder.write("outdial.yaml", text);
        add("a.yaml", "one");
    }
    std::filesystem::path add(const std::string& file, const std::string& name, unsigned mode = 0644) const {
        return folder.write("campaigns.d/" + file,
                            "name: " + name +
                                "\nlist: customers\ntrunks: [carrier-a]\non_answer: {queue: sales}\n"
                                "pacing: {mode: rate, originates_per_second: 1, channels: 1}\n",
                            mode);
    }
    /// The problems without the folder's name.
    [[nodiscard]] std::vector<std::string> problems() const {
        const LoadResult result = load(yaml);
        CHECK(result.configuration.has_value() == result.problems.empty());
        std::vector<std::string> texts;
        for (const Problem& problem : result.problems) {
            std::string text = to_text(problem);
            for (std::size_t at; (at = text.find(folder.path().native() + "/")) != std::string::npos;) {
                text.erase(at, folder.path().native().size() + 1);
            }
            texts.push_back(text);
        }
        return texts;
    }
};

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("the example configuration loads without problems and warnings") {
    const TemporaryFolder folder;  // a checkout may have any mode
    const auto yaml = folder.write("outdial.yaml", read_text(source_dir / "config/outdial.yaml"));
    folder.write("campaigns.d/renewals.yaml", read_text(source_dir / "config/campaigns.d/renewals.yaml"));
    const LoadResult result = load(yaml);
    for (const Problem& problem : result.problems) UNSCOPED_INFO(to_text(problem));
    REQUIRE(result.configuration);
    CHECK(result.warnings.empty());
    CHECK(result.configuration->daemon.servers.at(0).secret_file == "/etc/outdial/pbx1.secret");
    REQUIRE(result.configuration->site.campaigns.size() == 1);
    CHECK(result.configuration->site.campaigns[0].name == "renewals");
}

TEST_CASE("every *.yaml of the campaigns folder is a campaign, in the order of the file names, but for hidden ones") {
    Installation site;
    site.add("c.yaml", "three");
    site.add("b.yaml", "two");
    site.add(".d.yaml", "hidden");
    site.add("notes.txt", "none");
    site.add("e.yaml~", "backup");
    const LoadResult result = load(site.yaml);
    REQUIRE(result.configuration);
    std::vector<std::string> names;
    for (const Campaign& campaign : result.configuration->site.campaigns) names.push_back(campaign.name);
    CHECK(names == Texts{"one", "two", "three"});
    CHECK(result.configuration->daemon.campaigns_dir == site.folder.path() / "campaigns.d");
}

TEST_CASE("files are named by the SHA-256 of their bytes, and a campaign's rules by its file's") {
    const Installation installation;
    const auto digests = [&] {
        std::map<std::string, std::string> found;
        const LoadResult result = load(installation.yaml);
        for (const FileDigest& file : result.configuration->files) found[file.name] = file.digest;
        REQUIRE(result.configuration->site.campaigns.size() == 1);
        CHECK(result.configuration->site.campaigns[0].rules == found["campaigns.d/a.yaml"].substr(0, 16));
        return found;
    };
    const auto before = digests();
    CHECK(before.size() == 2);
    CHECK(before.at("outdial.yaml") == to_hex(Sha256{}.of(read_text(installation.yaml))));
    const auto campaign = installation.folder.path() / "campaigns.d/a.yaml";
    installation.folder.write("campaigns.d/a.yaml", read_text(campaign) + "# a word more\n");
    const auto after = digests();
    CHECK(after.at("outdial.yaml") == before.at("outdial.yaml"));
    CHECK(after.at("campaigns.d/a.yaml") != before.at("campaigns.d/a.yaml"));
}

TEST_CASE("two campaigns of one name are refused, and both files are named") {
    Installation site;
    site.add("b.yaml", "one");
    CHECK(site.problems() == Texts{"campaigns.d/b.yaml:1:7: a campaign named 'one' stands in 'campaigns.d/a.yaml' "
                                   "already; rename one of them"});
}

TEST_CASE("the problems of all files come at once, and one bad file keeps the whole configuration back") {
    Installation site;
    site.add("b.yaml", "Two");
    site.add("c.yaml", "three");
    site.add("d.yaml", "Four");
    const auto problems = site.problems();
    REQUIRE(problems.size() == 2);
    CHECK(problems[0].starts_with("campaigns.d/b.yaml:1:7: 'name' must be"));
    CHECK(problems[1].starts_with("campaigns.d/d.yaml:1:7: 'name' must be"));
}

TEST_CASE("campaigns are examined even if outdial.yaml is wrong, but not blamed for its trunks") {
    Installation site;
    std::string text = read_text(site.yaml);
    text.replace(text.find("  carrier-a:"), 12, "  Carrier-A:");
    site.folder.write("outdial.yaml", text);
    site.add("b.yaml", "Two");
    const auto problems = site.problems();
    REQUIRE(problems.size() == 2);
    CHECK(problems[0].starts_with("outdial.yaml:13:3: 'Carrier-A' cannot name a trunk"));
    CHECK(problems[1].starts_with("campaigns.d/b.yaml:1:7: 'name' must be"));
}

TEST_CASE("files and folders that are missing are named") {
    Installation site;
    std::filesystem::remove_all(site.folder.path() / "campaigns.d");
    CHECK(site.problems() ==
          Texts{"outdial.yaml:2:12: cannot list the campaigns folder 'campaigns.d': No such file or directory"});
    std::filesystem::remove(site.yaml);
    CHECK(site.problems() ==
          Texts{"outdial.yaml:1:1: cannot read this file: it cannot be opened: No such file or directory"});
}

TEST_CASE("a file that everybody may write is refused: who writes it decides who is called") {
    Installation site;
    site.add("b.yaml", "two", 0646);
    CHECK(site.problems() ==
          Texts{"campaigns.d/b.yaml:1:1: everybody may write this file (mode 0646); run chmod o-w on it"});
}

TEST_CASE("a campaign file that would be passed over for its ending is refused") {
    Installation site;
    site.add("b.yml", "two");
    CHECK(site.problems() ==
          Texts{"outdial.yaml:2:12: 'campaigns.d/b.yml' would not be read, since campaign files end in "
                ".yaml; rename it"});
}

TEST_CASE("links are followed, but only regular files of limited size are read") {
    Installation site;
    const auto elsewhere = site.add("../elsewhere", "two");
    std::filesystem::create_symlink(elsewhere, site.folder.path() / "campaigns.d/b.yaml");
    CHECK(load(site.yaml).configuration->site.campaigns.size() == 2);

    const auto fifo = site.folder.path() / "campaigns.d/c.yaml";
    REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
    std::filesystem::create_symlink("/dev/zero", site.folder.path() / "campaigns.d/d.yaml");
    std::filesystem::create_directory(site.folder.path() / "campaigns.d/e.yaml");
    site.folder.write("campaigns.d/f.yaml", std::string(50'000'000, 'x'));
    CHECK(
        site.problems() ==
        Texts{"campaigns.d/c.yaml:1:1: cannot read this file: it is not a regular file",
              "campaigns.d/d.yaml:1:1: cannot read this file: it is not a regular file",
              "campaigns.d/e.yaml:1:1: cannot read this file: it is not a regular file",
              "campaigns.d/f.yaml:1:1: cannot read this file: it is larger than 1048576 bytes, the most that is read"});
}

}  // namespace outdial::config
