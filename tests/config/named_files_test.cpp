// What `outdial check` sees of the files that outdial.yaml names.
#include "config/named_files.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "site.hpp"

namespace outdial::config {

using Catch::Contains;

namespace {

class Installation {
public:
    Installation() {
        write("pbx1.secret", "secret\n");
        write("ca.pem", "certificates\n");
        write("Master.csv", "");
        std::filesystem::create_directory(folder() / "campaigns.d");
    }
    [[nodiscard]] const std::filesystem::path& folder() const { return folder_.path(); }
    void write(const std::string& name, std::string_view content) const {
        std::ofstream{folder() / name} << content;
        REQUIRE(::chmod((folder() / name).c_str(), 0600) == 0);
    }
    /// What is found where `old` in outdial.yaml was replaced by `now`.
    [[nodiscard]] LoadResult examine(const std::string& old = "", const std::string& now = "") const {
        std::string text = R"(database: outdial.db
campaigns: campaigns.d
control: {socket: control.sock}
limits: {originates_per_second: 100, channels: 1000}
servers:
  pbx1: {host: 127.0.0.1, port: 5038, username: outdial, secret_file: pbx1.secret, originates_per_second: 50,
         channels: 500, tls: {ca_file: ca.pem}, cdr: {csv: Master.csv}}
trunks:
  carrier-a: {servers: [pbx1], dial: "PJSIP/{digits}@carrier-a", channels: 60, originates_per_second: 20,
              caller_ids: ["+18001234567"]}
)";
        if (!old.empty()) {
            REQUIRE(text.find(old) != std::string::npos);
            text.replace(text.find(old), old.size(), now);
        }
        write("outdial.yaml", text);
        LoadResult loaded = load(folder() / "outdial.yaml");
        for (const Problem& problem : loaded.problems) UNSCOPED_INFO(to_text(problem));
        REQUIRE(loaded.problems.empty());
        examine_named_files(folder() / "outdial.yaml", loaded);
        return loaded;
    }

private:
    TemporaryFolder folder_;
};

}  // namespace

TEST_CASE("files that are as they should be are passed over in silence") {
    const Installation installation;
    const LoadResult found = installation.examine();
    CHECK(found.configuration);
    CHECK(found.problems.empty());
    CHECK(found.warnings.empty());
}

TEST_CASE("what the daemon would stumble over is told at its place, with what to do") {
    const Installation installation;
    std::filesystem::create_directory(installation.folder() / "folder");
    std::filesystem::create_symlink("outdial.db", installation.folder() / "link.db");
    installation.write("empty.secret", "\n");
    installation.write("long.secret", std::string(600, 'x'));
    installation.write("open.secret", "secret\n");
    REQUIRE(::chmod((installation.folder() / "open.secret").c_str(), 0644) == 0);
    installation.write("open.db", "");
    REQUIRE(::chmod((installation.folder() / "open.db").c_str(), 0644) == 0);
    REQUIRE(::mkfifo((installation.folder() / "fifo").c_str(), 0600) == 0);
    struct Case {
        std::string old, now;
        int line, column;
        std::string message;
    };
    const Case cases[] = {
        {"database: outdial.db", "database: nowhere/outdial.db", 1, 11, "create it, and give it to the user"},
        {"database: outdial.db", "database: folder", 1, 11, "is no file"},
        {"database: outdial.db", "database: link.db", 1, 11, "symbolic link"},
        {"database: outdial.db", "database: open.db", 1, 11, "chmod o-rwx"},
        {"socket: control.sock", "socket: outdial.db", 3, 19, "is the database's path"},
        {"socket: control.sock", "socket: ca.pem", 3, 19, "is no socket"},
        {"pbx1.secret", "missing.secret", 6, 71, "cannot be opened"},
        {"pbx1.secret", "folder", 6, 71, "not a regular file"},
        {"pbx1.secret", "fifo", 6, 71, "not a regular file"},
        {"pbx1.secret", "empty.secret", 6, 71, "is empty"},
        {"pbx1.secret", "long.secret", 6, 71, "larger than 512 bytes"},
        {"pbx1.secret", "open.secret", 6, 71, "mode 0644"},
        {"ca.pem", "missing.pem", 7, 40, "name a file of certificates"},
        {"ca.pem", "folder", 7, 40, "is no file"},
        {"Master.csv", "fifo", 7, 60, "the one that Asterisk writes"},
        {"Master.csv", "nowhere/Master.csv", 7, 60, "the folder"},
    };
    for (const Case& wrong : cases) {
        INFO(wrong.now);
        const LoadResult found = installation.examine(wrong.old, wrong.now);
        CHECK_FALSE(found.configuration);
        REQUIRE(found.problems.size() == 1);
        CHECK(found.problems[0].line == wrong.line);
        CHECK(found.problems[0].column == wrong.column);
        CHECK_THAT(found.problems[0].message, Contains(wrong.message));
    }
}

TEST_CASE("what may come later, or is not for this user to see, is a warning") {
    const Installation installation;
    const LoadResult later = installation.examine("Master.csv", "later.csv");
    CHECK(later.configuration);
    REQUIRE(later.warnings.size() == 1);
    CHECK_THAT(later.warnings[0].message, Contains("not there yet"));
    CHECK(installation.examine("socket: control.sock", "socket: /run/nowhere/control.sock").warnings.size() == 1);
    CHECK(installation.examine("pbx1.secret", "\"credential:pbx1\"").warnings.empty());
}

}  // namespace outdial::config
