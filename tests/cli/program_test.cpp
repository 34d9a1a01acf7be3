// The built program, run as a user runs it.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "fake_daemon.hpp"
#include "program.hpp"

namespace outdial::cli {
namespace {

using Catch::Contains;
using nlohmann::json;

TEST_CASE("The version and the help go to standard output and end with 0") {
    const TemporaryFolder folder;
    const Finished version = run_outdial(folder, "--version");
    CHECK(version.exit == 0);
    CHECK_THAT(version.output, Catch::Matches("outdial [0-9]+\\.[0-9]+\\.[0-9]+\n"));
    CHECK(run_outdial(folder, "--help").exit == 0);
}

TEST_CASE("Wrong usage goes to standard error and ends with 64") {
    const TemporaryFolder folder;
    const Finished wrong = run_outdial(folder, "status --no-such-option");
    CHECK(wrong.exit == 64);
    CHECK(wrong.output.empty());
    CHECK_THAT(wrong.error, Contains("--no-such-option") && Contains("See 'outdial status --help'"));
}

TEST_CASE("Standard output that cannot be written is a failure") {
    const TemporaryFolder folder;
    const Finished full = run_outdial(folder, "--help >/dev/full");
    CHECK(full.exit == 1);
    CHECK_THAT(full.error, Contains("standard output cannot be written"));
}

TEST_CASE("Without a configuration every command says which file it looked for, and ends with 78") {
    const TemporaryFolder folder;
    for (const char* command : {"status", "check", "campaign list", "report x", "reload", "campaign start x"}) {
        const Finished missing = run_outdial(folder, std::string{command} + " --config missing.yaml");
        INFO(command);
        CHECK(missing.exit == 78);
        CHECK_THAT(missing.output + missing.error, Contains("missing.yaml"));
    }
}

TEST_CASE("A good configuration is counted, a bad one told problem by problem") {
    const TemporaryFolder folder;
    write_configuration(folder);
    const Finished good = run_outdial(folder, "check --config outdial.yaml");
    CHECK(good.exit == 0);
    CHECK_THAT(good.output, Catch::EndsWith("2 files, all good\n"));

    folder.write("campaigns.d/broken.yaml", "name: broken\nname: twice\nlist: customers\ntrunks: [nowhere]\n");
    folder.write("campaigns.d/worse.yaml", "name: [\n");
    const Finished bad = run_outdial(folder, "check --config outdial.yaml");
    CHECK(bad.exit == 78);
    CHECK_THAT(bad.output, Contains("broken.yaml:2:1: ") && Contains("nowhere") && Contains("worse.yaml:"));
    CHECK_THAT(bad.output, Catch::EndsWith(" in 2 files\n"));

    const Finished as_json = run_outdial(folder, "check --json --config outdial.yaml");
    CHECK(as_json.exit == 78);
    const json answer = json::parse(as_json.output);
    CHECK(answer["ok"] == false);
    CHECK(answer["problems"].size() >= 3);
    const auto duplicate = std::ranges::find_if(answer["problems"], [](const json& problem) {
        return problem["line"] == 2 && problem["column"] == 1 &&
               problem["file"].get<std::string>().ends_with("campaigns.d/broken.yaml");
    });
    REQUIRE(duplicate != answer["problems"].end());
    CHECK_THAT((*duplicate)["message"].get<std::string>(), Contains("name"));
}

TEST_CASE("A mistake in a campaign does not keep anybody from asking the daemon") {
    const TemporaryFolder folder;
    write_configuration(folder);
    folder.write("campaigns.d/worse.yaml", "name: [\n");
    CHECK(run_outdial(folder, "status --config outdial.yaml").exit == 69);
}

TEST_CASE("A mistake in outdial.yaml does not keep anybody from stopping calls") {
    const TemporaryFolder folder;
    write_configuration(folder);
    const std::string good = folder.read("outdial.yaml");
    folder.write("outdial.yaml", good + "colour: blue\n");
    const FakeDaemon daemon(folder.path(), [](const json& request) -> json {
        return {{"ok", true}, {"name", request["name"]}, {"state", "paused"}, {"contacts", 5}, {"ready", 5}};
    });
    const Finished paused = run_outdial(folder, "campaign pause renewals --config outdial.yaml");
    CHECK(paused.exit == 0);
    CHECK_THAT(paused.output, Contains("renewals is paused"));
    CHECK_THAT(paused.error, Contains("goes on with what it has read before"));
    CHECK_THAT(paused.error, Contains("outdial.yaml:") && Contains("colour"));
    CHECK(daemon.requests().size() == 1);
    // What makes a change of its own wants all of it.
    folder.write("people.csv", "phone\n+12125550100\n");
    CHECK(run_outdial(folder, "import customers people.csv --config outdial.yaml").exit == 78);
    // Where the socket cannot be read from the file, nobody guesses whose daemon is meant.
    folder.write("outdial.yaml", "control: [\n");
    CHECK(run_outdial(folder, "campaign pause renewals --config outdial.yaml").exit == 78);
    CHECK(daemon.requests().size() == 1);
}

TEST_CASE("Without a daemon what needs one ends with 69 and says how to look for it") {
    const TemporaryFolder folder;
    write_configuration(folder);
    for (const char* command : {"status", "status renewals --watch", "reload", "campaign start renewals"}) {
        const Finished none = run_outdial(folder, std::string{command} + " --config outdial.yaml");
        INFO(command);
        CHECK(none.exit == 69);
        CHECK(none.output.empty());
        CHECK_THAT(none.error, Contains("is outdial.service running? (systemctl status outdial)"));
    }
    const Finished for_programs = run_outdial(folder, "status --json --config outdial.yaml");
    CHECK(for_programs.exit == 69);
    CHECK(json::parse(for_programs.output)["ok"] == false);
}

TEST_CASE("An order goes to the daemon, and its answer comes back in words or as JSON") {
    const TemporaryFolder folder;
    write_configuration(folder);
    const FakeDaemon daemon(folder.path(), [](const json& request) -> json {
        if (request["name"] == "nothing") {
            return {{"ok", false}, {"error", "no campaign is called nothing"}};
        }
        return {{"ok", true}, {"name", request["name"]}, {"state", "running"}, {"contacts", 1200}, {"ready", 1100}};
    });
    const Finished started = run_outdial(folder, "campaign start renewals --config outdial.yaml");
    CHECK(started.exit == 0);
    CHECK(started.output == "renewals is running: 1,200 contacts, 1,100 ready to be dialed\n");
    const Finished as_json = run_outdial(folder, "campaign pause renewals --json --config outdial.yaml");
    CHECK(json::parse(as_json.output)["contacts"] == 1200);
    const Finished refused = run_outdial(folder, "campaign stop nothing --config outdial.yaml");
    CHECK(refused.exit == 1);
    CHECK(refused.error == "outdial: no campaign is called nothing\n");
    REQUIRE(daemon.requests().size() == 3);
    CHECK(daemon.requests()[0] == json{{"command", "campaign"}, {"name", "renewals"}, {"order", "start"}});
    CHECK(daemon.requests()[1]["order"] == "pause");
    CHECK(daemon.requests()[2]["order"] == "stop");
}

TEST_CASE("A reload that the configuration does not permit ends with 78") {
    const TemporaryFolder folder;
    write_configuration(folder);
    const FakeDaemon daemon(folder.path(), [](const json&) -> json {
        return {
            {"ok", false}, {"error", "a\x1b[31m.yaml:1:1: wrong\nb.yaml:2:2: wrong too"}, {"configuration", "refused"}};
    });
    const Finished refused = run_outdial(folder, "reload --config outdial.yaml");
    CHECK(refused.exit == 78);
    CHECK_THAT(refused.error, Contains("a\\x1b[31m.yaml:1:1: wrong\nb.yaml:2:2: wrong too\n"));
}

TEST_CASE("A reload that the daemon could not take up, whatever the files say, ends with 1") {
    const TemporaryFolder folder;
    write_configuration(folder);
    const FakeDaemon daemon(folder.path(), [](const json&) -> json {
        return {{"ok", false}, {"error", "the control socket has 64 connections already"}};
    });
    CHECK(run_outdial(folder, "reload --config outdial.yaml").exit == 1);
}

TEST_CASE("Watching a campaign ends when it is finished, and tells each change once") {
    const TemporaryFolder folder;
    write_configuration(folder);
    int asked = 0;
    const FakeDaemon daemon(folder.path(), [&asked](const json&) -> json {
        ++asked;
        const bool finished = asked > 2;
        return {{"ok", true},
                {"status",
                 {{"campaigns",
                   {{{"name", "renewals"},
                     {"state", finished ? "finished" : "running"},
                     {"contacts", 2},
                     {"done", finished ? 2 : 1},
                     {"reached", 1},
                     {"attempts", 2}}}}}}};
    });
    const Finished watched = run_outdial(folder, "status renewals --watch --config outdial.yaml");
    CHECK(watched.exit == 0);
    CHECK(watched.output ==
          "renewals running: 1 of 2 contacts done, 1 reached, 0 in call, 2 attempts\n"
          "renewals finished: 2 of 2 contacts done, 1 reached, 0 in call, 2 attempts\n");
}

TEST_CASE("A name that the daemon does not know is answered with those it knows") {
    const TemporaryFolder folder;
    write_configuration(folder);
    const FakeDaemon daemon(folder.path(), [](const json&) -> json {
        return {{"ok", true}, {"status", {{"campaigns", {{{"name", "renewals"}}, {{"name", "surveys"}}}}}}};
    });
    const Finished unknown = run_outdial(folder, "status renewal --config outdial.yaml");
    CHECK(unknown.exit == 1);
    CHECK_THAT(unknown.error, Contains("'renewal'; it knows: renewals, surveys"));
}

TEST_CASE("The sandbox says its port, and at its end what happened") {
    const TemporaryFolder folder;
    folder.write("run.sh", R"(mkfifo pipe
"$1" sandbox --json --port 0 --port-file port --answer 40% --seed 7 >pipe &
exec 3<pipe
read -r line <&3
echo "$line"
kill -TERM $!
cat <&3
wait $!
)");
    const auto program = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "outdial";
    const Finished finished = run_outdial(folder, "--version >/dev/null && sh run.sh '" + program.string() + "'");
    CHECK(finished.exit == 0);
    std::istringstream lines(finished.output);
    std::string first;
    std::string last;
    std::getline(lines, first);
    std::getline(lines, last);
    const json port = json::parse(first)["port"];
    CHECK(folder.read("port") == port.dump() + "\n");
    CHECK(json::parse(last)["originates"] == 0);
}

TEST_CASE("Sandbox options that make no sense are told by name") {
    const TemporaryFolder folder;
    for (const char* option : {"--answer 140%", "--answer x", "--fates busy", "--fates nonsense=1", "--fates busy=-1",
                               "--ring soon", "--speed 0", "--secret-file missing", "--fates busy=1 --answer 50%"}) {
        const Finished wrong = run_outdial(folder, std::string{"sandbox --port 0 "} + option);
        INFO(option << " -> " << wrong.error);
        CHECK(wrong.exit == 64);
    }
}

}  // namespace
}  // namespace outdial::cli
