// The rules that hold even against another program with write access, or a bug of ours: the database's own.
#include <array>

#include "fixture.hpp"
#include "store/migrations.hpp"
#include "store/statement.hpp"

namespace outdial::store {

namespace {

const std::string good_id = "0123456789abcdef0123456789abcdef";

std::string attempt_sql(const std::string& id, int contact, const std::string& number_sql) {
    return "INSERT INTO attempt (attempt_id, campaign_id, contact_id, position, number, trunk, server, claimed_at) "
           "VALUES ('" +
           id + "', 1, " + std::to_string(contact) + ", 0, " + number_sql + ", 't', 's', 1)";
}

std::string number_sql(const std::string& number) {
    return "INSERT INTO contact_number (contact_id, position, list_id, number, country_code_digits) VALUES (1, 1, 1, " +
           number + ", 1)";
}

}  // namespace

TEST_CASE(
    "The database refuses a second live attempt of a contact or a number, in any campaign, and an ended one frees "
    "both") {
    Desk desk;
    desk.import(people(3));
    desk.add_campaign("reminders", "customers");
    Shell shell = desk.shell();
    REQUIRE(shell.run(attempt_sql(good_id, 1, "'+12025550001'")).empty());
    const std::string other_id = "f" + good_id.substr(1);
    CHECK(shell.run(attempt_sql(other_id, 1, "'+12025550002'")).find("UNIQUE") != std::string::npos);
    CHECK(shell.run(attempt_sql(other_id, 2, "'+12025550001'")).find("UNIQUE") != std::string::npos);
    CHECK(shell.run(attempt_sql(good_id, 2, "'+12025550002'")).find("UNIQUE") != std::string::npos);
    REQUIRE(shell.run("UPDATE attempt SET ended_at = 2, disposition = 'busy'").empty());
    CHECK(shell.run(attempt_sql(other_id, 1, "'+12025550001'")).empty());
}

TEST_CASE("The database refuses to change how an attempt ended, or to revive it") {
    Desk desk;
    desk.import(people(1));
    Shell shell = desk.shell();
    REQUIRE(shell.run(attempt_sql(good_id, 1, "'+12025550001'")).empty());
    CHECK_FALSE(shell.run("UPDATE attempt SET ended_at = 2").empty());          // an end without a disposition
    CHECK_FALSE(shell.run("UPDATE attempt SET disposition = 'busy'").empty());  // and the reverse
    CHECK_FALSE(shell.run("UPDATE attempt SET ended_at = 2, disposition = 'hm'").empty());
    REQUIRE(shell.run("UPDATE attempt SET ended_at = 2, disposition = 'busy'").empty());
    CHECK(shell.run("UPDATE attempt SET ended_at = NULL, disposition = NULL").find("never changed") !=
          std::string::npos);
    CHECK(shell.run("UPDATE attempt SET disposition = 'answered'").find("never changed") != std::string::npos);
    CHECK(shell.run("UPDATE attempt SET charged = 0").find("never changed") != std::string::npos);
}

TEST_CASE("The database refuses numbers that are not E.164") {
    Desk desk;
    desk.import(people(1));
    Shell shell = desk.shell();
    const std::vector<std::string> bad{
        "''",       "'+'",          "'+12'",         "'12025550001'",       "'+1234567890123456'",
        "'+1202a'", "'+1202&5550'", "'++12025550'",  "'+1202555+1'",        "'+12025550001 '",
        "NULL",     "12025550001",  "X'2B31323334'", "'+1202' || char(10)", "'+1202' || char(0) || '&PJSIP/x'"};
    for (const std::string& number : bad) {
        CAPTURE(number);
        CHECK_FALSE(shell.run(number_sql(number)).empty());
        CHECK_FALSE(shell.run(attempt_sql(good_id, 1, number)).empty());
    }
    for (const std::string number : {"'+123'", "'+123456789012345'"}) {
        CAPTURE(number);
        CHECK(shell.run(number_sql(number)).empty());
        CHECK(shell.run("DELETE FROM contact_number WHERE position = 1").empty());
    }
}

TEST_CASE("The database refuses attempt ids that are not 32 lower-case hex digits") {
    Desk desk;
    desk.import(people(1));
    Shell shell = desk.shell();
    const std::vector<std::string> bad{"",
                                       good_id.substr(1),
                                       good_id + "0",
                                       "G" + good_id.substr(1),
                                       "A" + good_id.substr(1),
                                       good_id.substr(1) + " "};
    for (const std::string& id : bad) {
        CAPTURE(id);
        CHECK_FALSE(shell.run(attempt_sql(id, 1, "'+12025550001'")).empty());
    }
    CHECK(shell.run(attempt_sql(good_id, 1, "'+12025550001'")).empty());
}

TEST_CASE("The database refuses states and references that do not exist") {
    Desk desk;
    desk.import(people(1));
    Shell shell = desk.shell();
    CHECK_FALSE(shell.run("UPDATE campaign SET state = 'sleeping'").empty());
    CHECK_FALSE(shell.run("INSERT INTO campaign_contact (campaign_id, contact_id, state) VALUES (1, 1, 'hm')").empty());
    CHECK_FALSE(
        shell.run("INSERT INTO campaign_contact (campaign_id, contact_id, state, charged) VALUES (1, 1, 'done', 1)")
            .empty());
    CHECK_FALSE(shell.run("UPDATE campaign SET taken_through = 'x'").empty());  // STRICT
    REQUIRE(shell.run("PRAGMA foreign_keys = ON").empty());
    CHECK_FALSE(shell.run(attempt_sql(good_id, 77, "'+12025550001'")).empty());
}

TEST_CASE("The store's connection commits with FULL into a WAL and enforces references") {
    Desk desk;
    desk.import(people(1));
    CHECK(desk.shell().value("PRAGMA journal_mode") == "wal");
    const auto database = must(Database::open(desk.folder.database(), Database::Access::read_write));
    Statement settings{*database,
                       "SELECT (SELECT synchronous FROM pragma_synchronous), (SELECT foreign_keys FROM "
                       "pragma_foreign_keys), (SELECT trusted_schema FROM pragma_trusted_schema)"};
    Rows row = settings.rows();
    REQUIRE(row.next());
    CHECK(row.integer(0) == 2);
    CHECK(row.integer(1) == 1);
    CHECK(row.integer(2) == 0);
}

TEST_CASE("A database newer than the program is refused with words that say what to do") {
    const TempFolder folder;
    must(Store::open(folder.database()));
    REQUIRE(Shell{folder.database()}.run("PRAGMA user_version = 99").empty());
    const auto opened = Store::open(folder.database());
    REQUIRE_FALSE(opened);
    CHECK(opened.error().message.find("version 99") != std::string::npos);
    CHECK(opened.error().message.find("newer Outdial") != std::string::npos);
}

TEST_CASE("Another program's database is refused and left alone") {
    const TempFolder folder;
    must(Database::open(folder.database(), Database::Access::read_write));
    REQUIRE(Shell{folder.database()}.run("CREATE TABLE notes (text)").empty());
    const auto opened = Store::open(folder.database());
    REQUIRE_FALSE(opened);
    CHECK(opened.error().message.find("another program") != std::string::npos);
    CHECK(Shell{folder.database()}.value("SELECT group_concat(name) FROM sqlite_schema") == "notes");
}

TEST_CASE("Migrations run in order from the version that is there, and a failing one leaves the database as it was") {
    const TempFolder folder;
    const auto database = must(Database::open(folder.database(), Database::Access::read_write));
    const std::array steps{Migration{"001", "CREATE TABLE one (a)"}, Migration{"002", "INSERT INTO one VALUES (2)"},
                           Migration{"003", "CREATE TABLE three (a); INSERT INTO nowhere VALUES (1)"}};
    must(migrate(*database, std::span{steps}.first(1)));
    must(migrate(*database, std::span{steps}.first(2)));
    must(migrate(*database, std::span{steps}.first(2)));  // nothing left to do
    Shell shell{folder.database()};
    CHECK(shell.value("SELECT group_concat(a) FROM one") == "2");
    CHECK(shell.value("PRAGMA user_version") == "2");
    const auto failed = migrate(*database, steps);
    REQUIRE_FALSE(failed);
    CHECK(failed.error().message.find("003") != std::string::npos);
    CHECK(shell.value("PRAGMA user_version") == "2");
    CHECK(shell.value("SELECT count(*) FROM sqlite_schema WHERE name = 'three'") == "0");
}

}  // namespace outdial::store
