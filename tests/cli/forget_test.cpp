#include <catch2/catch.hpp>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "fake_daemon.hpp"
#include "program.hpp"
#include "store/store.hpp"

namespace outdial::cli {
namespace {

using nlohmann::json;

/// A database with three people on two lists, and no daemon.
struct Lists : TemporaryFolder {
    Lists() {
        write_configuration(*this);
        store::Store store = *store::Store::open(path() / "outdial.db");
        const std::vector<NewContact> customers{{"c-1", {{"+12125550117", 1}}, {{"name", "Ann"}}},
                                                {"c-2", {{"+12125550118", 1}}, {{"name", "Bob"}}}};
        const std::vector<NewContact> patients{{"p-1", {{"+12125550119", 1}, {"+12125550117", 1}}, {}}};
        REQUIRE(store.add_contacts("customers", customers, UtcTime{})->accepted == 2);
        REQUIRE(store.add_contacts("patients", patients, UtcTime{})->accepted == 1);
    }
    [[nodiscard]] std::size_t known(const std::string& number) const {
        store::Store store = *store::Store::open(path() / "outdial.db");
        return store.find_contacts(number)->size();
    }
};

}  // namespace

TEST_CASE("a person is forgotten on every list without a daemon, by a number as people write it") {
    const Lists lists;
    const Finished done = run_outdial(lists, "forget '(212) 555-0117' --region us --yes --config outdial.yaml");
    CHECK(done.exit == 0);
    CHECK_THAT(done.output, Catch::Contains("contact 1 of list customers: 1 number, 0 attempts") &&
                                Catch::Contains("contact 3 of list patients: 2 numbers"));
    CHECK(done.output.find("0117") == std::string::npos);
    CHECK(lists.known("+12125550117") == 0);
    CHECK(lists.known("+12125550119") == 0);
    CHECK(lists.known("+12125550118") == 1);
    const Finished again = run_outdial(lists, "forget +12125550117 --yes --config outdial.yaml");
    CHECK(again.exit == 0);
    CHECK_THAT(again.output, Catch::Contains("Nobody with this number"));
}

TEST_CASE("a person is forgotten by key, on one list, and JSON says what was found") {
    const Lists lists;
    const Finished done =
        run_outdial(lists, "--json forget --external-id c-2 --list customers --yes --config outdial.yaml");
    CHECK(done.exit == 0);
    const json answer = json::parse(done.output);
    CHECK(answer["ok"] == true);
    CHECK(answer["copies"] == "none");
    CHECK(answer["contacts"] ==
          json::parse(R"([{"contact_id": 2, "list": "customers", "numbers": 1, "attempts": 0, "in_call": false}])"));
    CHECK(lists.known("+12125550118") == 0);
}

TEST_CASE("a number comes from standard input too, where no other user sees it") {
    const Lists lists;
    lists.write("number", "+1 212 555 0118\n");
    CHECK(run_outdial(lists, "forget - --yes --config outdial.yaml < number").exit == 0);
    CHECK(lists.known("+12125550118") == 0);
}

TEST_CASE("nobody is forgotten where nobody could be asked") {
    const Lists lists;
    const Finished done = run_outdial(lists, "forget +12125550117 --config outdial.yaml < /dev/null");
    CHECK(done.exit == 64);
    CHECK_THAT(done.error, Catch::Contains("--yes"));
    CHECK(lists.known("+12125550117") == 2);
}

TEST_CASE("who is asked on a terminal and does not type yes forgets nobody") {
    const Lists lists;
    // script(1) gives the program a terminal.
    const auto on_terminal = [&](const std::string& answer) {
        const auto program = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "outdial";
        const std::string line = "cd '" + lists.path().string() + "' && echo '" + answer + "' | script -qec '" +
                                 program.string() + " forget +12125550117 --config outdial.yaml' /dev/null > out";
        REQUIRE(std::system(line.c_str()) == 0);
        return lists.read("out");
    };
    CHECK_THAT(on_terminal("no"),
               Catch::Contains("contact 1 of list customers") && Catch::Contains("Nobody was forgotten"));
    CHECK(lists.known("+12125550117") == 2);
    CHECK_THAT(on_terminal("yes"), Catch::Contains("Forgotten:"));
    CHECK(lists.known("+12125550117") == 0);
}

TEST_CASE("whom to forget must be said, once, and readably") {
    const Lists lists;
    for (const std::string arguments : {"", "+12125550117 --external-id c-1", "2125550117", "abc", "''"}) {
        INFO(arguments);
        const Finished done = run_outdial(lists, "forget " + arguments + " --yes --config outdial.yaml");
        CHECK(done.exit == 64);
        CHECK_FALSE(done.error.empty());
    }
    CHECK(lists.known("+12125550117") == 2);
}

TEST_CASE("a running daemon forgets, and its refusal is told") {
    TemporaryFolder folder;
    write_configuration(folder);
    json answer = {{"ok", false}, {"error", "a call to contact 7 is up"}};
    {
        FakeDaemon daemon{folder.path(), [&](const json&) { return answer; }};
        const Finished done = run_outdial(folder, "forget +12125550117 --list customers --yes --config outdial.yaml");
        CHECK(done.exit == 1);
        CHECK_THAT(done.error, Catch::Contains("a call to contact 7 is up"));
        REQUIRE(daemon.requests().size() == 1);
        CHECK(daemon.requests().front() == json::parse(R"({"command": "forget", "number": "+12125550117",
                                                           "list": "customers", "dry_run": false})"));
    }
    CHECK_FALSE(std::filesystem::exists(folder.path() / "outdial.db"));
}

}  // namespace outdial::cli
