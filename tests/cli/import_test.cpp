// `outdial import`, `campaign list` and `report`, by the built program on a database.
#include <nlohmann/json.hpp>

#include "base/file_lock.hpp"
#include "fake_daemon.hpp"
#include "program.hpp"
#include "store/store.hpp"

namespace outdial::cli {
namespace {

using Catch::Contains;
using nlohmann::json;

constexpr const char* call_list =
    "external_id,phone,phone2,name\n"
    "a,(212) 555-0117,,Ann\n"
    "b,+1 212 555 0118,12,\"Bob, the second\"\n"
    "c,not a number,,Cleo\n"
    "d,212.555.0117,,Dora\n";

json imported(const TemporaryFolder& folder, const std::string& arguments) {
    const Finished finished = run_outdial(folder, "import --config outdial.yaml --json " + arguments);
    INFO(finished.error);
    REQUIRE(finished.exit == 0);
    return json::parse(finished.output);
}

TEST_CASE("A list goes directly into the database when no daemon runs, and the same file again adds nothing") {
    const TemporaryFolder folder;
    write_configuration(folder);
    folder.write("customers.csv", call_list);
    const json first = imported(folder, "customers customers.csv --region US");
    CHECK(first["accepted"] == 2);
    CHECK(first["duplicates"] == 1);
    CHECK(first["rejected"] == 1);
    CHECK(first["numbers_dropped"] == 1);
    CHECK(first["rows"] == 4);
    CHECK(first["through_daemon"] == false);
    CHECK(first["reject_file"] == "customers.csv.rejected.csv");

    const json second = imported(folder, "customers customers.csv --region US");
    CHECK(second["accepted"] == 0);
    CHECK(second["duplicates"] == 3);
}

TEST_CASE("What was left out stands in the reject file with its line and the reason") {
    const TemporaryFolder folder;
    write_configuration(folder);
    folder.write("customers.csv", call_list);
    const Finished finished = run_outdial(folder, "import customers customers.csv --region US --config outdial.yaml");
    CHECK(finished.exit == 0);
    CHECK_THAT(
        finished.output,
        Contains("customers: 2 contacts accepted, 1 duplicate, 1 row rejected; 1 number that cannot be dialed") &&
            Contains("customers.csv.rejected.csv"));
    CHECK(finished.error.empty());  // no progress where there is no terminal
    const std::string rejects = folder.read("customers.csv.rejected.csv");
    CHECK_THAT(rejects, Catch::StartsWith("line,\"reason\",\"external_id\",\"phone\",\"phone2\",\"name\""));
    CHECK_THAT(rejects,
               Contains("\n4,") && Contains("not a number") && Contains("\n5,\"duplicate: same number as contact"));
    CHECK_THAT(rejects, Contains("Dora") && !Contains("Ann") && !Contains("Bob"));
}

TEST_CASE("A clean import leaves no reject file of an earlier one behind") {
    const TemporaryFolder folder;
    write_configuration(folder);
    folder.write("customers.csv", "phone\n+12125550117\n");
    folder.write("customers.csv.rejected.csv", "line,\"reason\",\"phone\"\r\n2,\"of yesterday\",1\r\n");
    CHECK(imported(folder, "customers customers.csv")["reject_file"].is_null());
    CHECK_FALSE(std::filesystem::exists(folder.path() / "customers.csv.rejected.csv"));
}

TEST_CASE("A file that is no reject file is never replaced or removed by one") {
    const TemporaryFolder folder;
    write_configuration(folder);
    folder.write("clean.csv", "phone\n+12125550117\n");
    folder.write("bad.csv", "phone\nnobody\n");
    folder.write("precious.txt", "of years");
    for (const char* list : {"clean.csv", "bad.csv"}) {
        const Finished refused =
            run_outdial(folder, std::string{"import customers --rejects precious.txt --config outdial.yaml "} + list);
        CHECK(refused.exit == 64);
        CHECK_THAT(refused.error, Contains("precious.txt") && Contains("no reject file of an earlier import"));
        CHECK(folder.read("precious.txt") == "of years");
    }
    CHECK_FALSE(std::filesystem::exists(folder.path() / "outdial.db"));  // nothing was imported either
}

TEST_CASE("A list is read from standard input, and columns are renamed") {
    const TemporaryFolder folder;
    write_configuration(folder);
    folder.write("export.csv", "no,mobile\n1,+12125550117\n2,x\n");
    const json summary =
        imported(folder, "customers - --map mobile=phone,no=external_id --rejects left-out.csv < export.csv");
    CHECK(summary["accepted"] == 1);
    CHECK_THAT(folder.read("left-out.csv"), Contains("\n3,"));
}

TEST_CASE("Arguments that make no sense end with 64 and change nothing") {
    const TemporaryFolder folder;
    write_configuration(folder);
    folder.write("customers.csv", call_list);
    std::filesystem::create_directory(folder.path() / "directory");
    for (const char* arguments :
         {"'Bad Name' customers.csv", "customers customers.csv --map nonsense",
          "customers customers.csv --rejects customers.csv", "customers customers.csv --rejects /dev/null",
          "customers customers.csv --rejects directory"}) {
        const Finished wrong = run_outdial(folder, std::string{"import --config outdial.yaml "} + arguments);
        INFO(arguments << " -> " << wrong.error);
        CHECK(wrong.exit == 64);
    }
    CHECK_FALSE(std::filesystem::exists(folder.path() / "outdial.db"));
    CHECK(folder.read("customers.csv") == call_list);
}

TEST_CASE("A file that is not there, or has no phone column, is a failure that names it") {
    const TemporaryFolder folder;
    write_configuration(folder);
    folder.write("names.csv", "name\nAnn\n");
    for (const char* file : {"missing.csv", "names.csv"}) {
        const Finished failed = run_outdial(folder, std::string{"import customers --config outdial.yaml "} + file);
        CHECK(failed.exit == 1);
        CHECK_THAT(failed.error, Contains(file));
    }
}

TEST_CASE("While another process holds the database's lock nothing is written behind its back") {
    const TemporaryFolder folder;
    write_configuration(folder);
    folder.write("customers.csv", call_list);
    {
        const auto lock = FileLock::acquire(database_lock_file(folder.path() / "outdial.db"));
        REQUIRE(lock);
        const Finished locked = run_outdial(folder, "import customers customers.csv --region US --config outdial.yaml");
        CHECK(locked.exit == 69);
        CHECK_THAT(locked.error,
                   Contains("no daemon answers") && Contains("is locked by process " + std::to_string(::getpid())));
        CHECK_FALSE(std::filesystem::exists(folder.path() / "outdial.db"));
    }
    CHECK(imported(folder, "customers customers.csv --region US")["accepted"] == 2);
}

TEST_CASE("Through the daemon contacts go in requests of at most 1,000, and what it leaves out is reported") {
    const TemporaryFolder folder;
    write_configuration(folder);
    std::string rows = "external_id,phone,name\n";
    for (int i = 0; i < 1500; ++i) {
        rows += std::to_string(i) + ",+1212555" + std::to_string(1000 + i) + ",Ann\n";
    }
    folder.write("customers.csv", rows);
    std::size_t most = 0;
    std::size_t all = 0;
    const FakeDaemon daemon(folder.path(), [&](const json& request) -> json {
        const std::size_t size = request["contacts"].size();
        most = std::max(most, size);
        all += size;
        return {{"ok", true},
                {"accepted", size - 2},
                {"duplicates", {{{"index", 0}, {"of", "same number as contact 7"}}}},
                {"rejected", {{{"index", 1}, {"reason", "too many attributes"}}}}};
    });
    const json summary = imported(folder, "customers customers.csv");
    CHECK(summary["through_daemon"] == true);
    CHECK(summary["rows"] == 1500);
    CHECK(all == 1500);
    CHECK(most <= 1000);
    const auto requests = daemon.requests().size();
    CHECK(summary["accepted"] == 1500 - 2 * requests);
    CHECK(daemon.requests()[0]["list"] == "customers");
    CHECK(daemon.requests()[0]["contacts"][0] ==
          json{{"external_id", "0"},
               {"numbers", {{{"e164", "+12125551000"}, {"country_code_digits", 1}}}},
               {"attributes", json::array({json::array({"name", "Ann"})})}});
    CHECK_THAT(folder.read("customers.csv.rejected.csv"),
               Contains("\n2,\"duplicate: same number as contact 7") && Contains("\n3,\"too many attributes"));
    CHECK_FALSE(std::filesystem::exists(folder.path() / "outdial.db"));
}

TEST_CASE("A batch whose JSON is longer than a request may be goes in parts, and what is left out keeps its line") {
    const TemporaryFolder folder;
    write_configuration(folder);
    std::string rows = "phone";
    for (int column = 0; column < 60; ++column) {
        rows += ",n" + std::string(60, 'x') + std::to_string(column);
    }
    for (int i = 0; i < 1000; ++i) {
        rows += "\n+1212555" + std::to_string(1000 + i);
        for (int column = 0; column < 60; ++column) {
            rows += ",1";
        }
    }
    folder.write("customers.csv", rows + "\n");
    const FakeDaemon daemon(folder.path(), [&](const json& request) -> json {
        const std::size_t size = request["contacts"].size();
        return {{"ok", true}, {"accepted", size - 1}, {"duplicates", {{{"index", size - 1}, {"of", "x"}}}}};
    });
    const json summary = imported(folder, "customers customers.csv");
    CHECK(summary["rows"] == 1000);
    REQUIRE(daemon.requests().size() > 1);
    std::size_t line = 1;
    for (const json& request : daemon.requests()) {
        line += request["contacts"].size();
        CHECK_THAT(folder.read("customers.csv.rejected.csv"),
                   Contains("\n" + std::to_string(line) + ",\"duplicate: x"));
    }
}

TEST_CASE("A daemon that refuses ends the import with what it said, and how far it came") {
    const TemporaryFolder folder;
    write_configuration(folder);
    folder.write("customers.csv", call_list);
    const FakeDaemon daemon(folder.path(), [](const json&) -> json {
        return {{"ok", false}, {"error", "the database is full"}};
    });
    const Finished refused = run_outdial(folder, "import customers customers.csv --region US --config outdial.yaml");
    CHECK(refused.exit == 1);
    CHECK_THAT(refused.error, Contains("the database is full"));
}

TEST_CASE("When the daemon refuses one batch of many, the summary counts every other one that it has stored") {
    const TemporaryFolder folder;
    write_configuration(folder);
    std::string rows = "phone\n";
    for (int i = 0; i < 4500; ++i) {
        rows += "+1212555" + std::to_string(1000 + i) + "\n";
    }
    folder.write("customers.csv", rows);
    int batches = 0;
    const FakeDaemon daemon(folder.path(), [&](const json& request) -> json {
        if (++batches == 3) {
            return {{"ok", false}, {"error", "the database is full"}};
        }
        return {{"ok", true}, {"accepted", request["contacts"].size()}};
    });
    const Finished refused = run_outdial(folder, "import customers customers.csv --config outdial.yaml");
    CHECK(refused.exit == 1);
    CHECK_THAT(refused.error, Contains("the database is full"));
    // Those on their way behind it are stored too, and counted.
    CHECK_THAT(refused.error, Contains("3,500 contacts of it are stored"));
}

/// The campaign of the configuration, made known as the daemon does it.
void register_campaign(const TemporaryFolder& folder) {
    auto store = store::Store::open(folder.path() / "outdial.db");
    REQUIRE(store);
    const std::vector<store::CampaignListing> listings{{.name = "renewals", .list = "customers"}};
    REQUIRE(store->register_campaigns(listings));
}

TEST_CASE("Campaigns are listed from the database while no daemon runs") {
    const TemporaryFolder folder;
    write_configuration(folder);
    folder.write("customers.csv", call_list);
    imported(folder, "customers customers.csv --region US");
    register_campaign(folder);
    const Finished listed = run_outdial(folder, "campaign list --config outdial.yaml");
    CHECK(listed.exit == 0);
    CHECK_THAT(listed.output, Catch::StartsWith("CAMPAIGN  STATE  PROGRESS") &&
                                  Contains("\nrenewals  draft  [--------------] 0.0 %         2      2"));
    const json campaigns = json::parse(run_outdial(folder, "campaign list --json --config outdial.yaml").output);
    REQUIRE(campaigns.size() == 1);
    CHECK(campaigns[0]["name"] == "renewals");
    CHECK(campaigns[0]["contacts"] == 2);
}

TEST_CASE("A report has its three parts in every format") {
    const TemporaryFolder folder;
    write_configuration(folder);
    register_campaign(folder);
    const std::string command = "report renewals --config outdial.yaml --format ";
    const Finished table = run_outdial(folder, command + "table");
    CHECK(table.exit == 0);
    CHECK_THAT(table.output, Catch::StartsWith("campaign_progress\ncampaign          renewals\n") &&
                                 Contains("\ndisposition_summary\nnothing yet\n") &&
                                 Contains("\nhourly_activity\nnothing yet\n"));
    const json values = json::parse(run_outdial(folder, command + "json").output);
    CHECK(values["campaign_progress"][0]["campaign"] == "renewals");
    CHECK(values["campaign_progress"][0]["answer_rate"].is_null());
    CHECK(values["disposition_summary"].empty());
    CHECK(values["hourly_activity"].empty());
    CHECK(json::parse(run_outdial(folder, "report renewals --json --config outdial.yaml").output) == values);
    const Finished csv = run_outdial(folder, command + "csv");
    CHECK_THAT(csv.output, Catch::StartsWith("campaign,state,") && Contains("\r\nrenewals,draft,customers,0,") &&
                               Contains("\r\n\r\ncampaign,disposition,attempts,share\r\n\r\ncampaign,hour,"));
}

TEST_CASE("A report of a campaign that is not known names those that are") {
    const TemporaryFolder folder;
    write_configuration(folder);
    const Finished no_database = run_outdial(folder, "report renewals --config outdial.yaml");
    CHECK(no_database.exit == 1);
    CHECK_THAT(no_database.error, Contains("outdial.db"));
    register_campaign(folder);
    const Finished unknown = run_outdial(folder, "report renewal --config outdial.yaml");
    CHECK(unknown.exit == 1);
    CHECK_THAT(unknown.error, Contains("no campaign 'renewal'; it knows: renewals"));
}

}  // namespace
}  // namespace outdial::cli
