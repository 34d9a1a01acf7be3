#include "sim/fault_vfs.hpp"

#include <optional>

#include "sim/simulated_database.hpp"

namespace outdial::sim {

namespace {

constexpr const char* make_table = "CREATE TABLE entry (id INTEGER PRIMARY KEY, text TEXT)";
constexpr const char* sum_sql = "SELECT count(*) || ' ' || total(id) FROM entry";

// Of several pages: a transaction that is torn is seen.
std::string insert(int id) {
    return "INSERT INTO entry VALUES (" + std::to_string(id) + ", hex(zeroblob(" + std::to_string(3000 + id) + ")))";
}

std::string checked(FaultDisk& disk) {
    Connection connection{disk};
    const std::string state = connection.value("PRAGMA integrity_check");
    return state == "ok" ? connection.value(sum_sql) : state;
}

// What it holds after these inserts, each committed, with a power loss before every change of the disk.
struct PowerLosses {
    int images = 0;
    int wrong = 0;
};

PowerLosses lose_power_everywhere(const char* journal_mode, std::uint64_t seed) {
    PowerLosses losses;
    FaultDisk disk{{.seed = seed}};
    Random luck{seed};
    Connection connection{disk};
    REQUIRE(connection.run(std::string{"PRAGMA journal_mode = "} + journal_mode) == SQLITE_OK);
    REQUIRE(connection.run("PRAGMA synchronous = EXTRA; PRAGMA wal_autocheckpoint = 9") == SQLITE_OK);
    REQUIRE(connection.run(make_table) == SQLITE_OK);
    int committed = 0;
    disk.before_change([&](DiskOperation, std::string_view) {
        FaultDisk next_boot{{.seed = 1}, disk.after_power_loss(luck)};
        const std::string found = checked(next_boot);
        const auto sum_of = [](int n) { return std::to_string(n) + " " + std::to_string(n * (n + 1) / 2) + ".0"; };
        ++losses.images;
        if (found != sum_of(committed) && found != sum_of(committed + 1)) ++losses.wrong;
    });
    while (committed < 12) {
        REQUIRE(connection.run(insert(committed + 1)) == SQLITE_OK);
        ++committed;
    }
    disk.before_change({});
    return losses;
}

}  // namespace

TEST_CASE("A disk keeps what SQLite wrote, in every journal mode, for other connections and after a restart") {
    const char* mode = GENERATE("WAL", "DELETE", "TRUNCATE", "PERSIST");
    FaultDisk disk;
    Connection writer{disk};
    REQUIRE(writer.run(std::string{"PRAGMA journal_mode = "} + mode) == SQLITE_OK);
    REQUIRE(writer.run(make_table) == SQLITE_OK);
    for (int id = 1; id <= 50; ++id) REQUIRE(writer.run(insert(id)) == SQLITE_OK);
    Connection reader{disk};
    CHECK(reader.value(sum_sql) == "50 1275.0");
    FaultDisk restarted{{}, disk.after_process_crash()};
    CHECK(checked(restarted) == "50 1275.0");
}

TEST_CASE("Two connections exclude each other as on a real disk") {
    const char* mode = GENERATE("WAL", "DELETE");
    FaultDisk disk;
    Connection first{disk};
    Connection second{disk};
    REQUIRE(first.run(std::string{"PRAGMA journal_mode = "} + mode) == SQLITE_OK);
    REQUIRE(first.run(make_table) == SQLITE_OK);
    REQUIRE(first.run("BEGIN IMMEDIATE") == SQLITE_OK);
    REQUIRE(first.run(insert(1)) == SQLITE_OK);
    CHECK(second.run("BEGIN IMMEDIATE") == SQLITE_BUSY);
    CHECK(second.value(sum_sql) == "0 0.0");
    REQUIRE(first.run("COMMIT") == SQLITE_OK);
    CHECK(second.run("BEGIN IMMEDIATE") == SQLITE_OK);
    CHECK(second.value(sum_sql) == "1 1.0");
    CHECK(first.run(insert(2)) == SQLITE_BUSY);
}

TEST_CASE("SQLite loses no commit and keeps no half of one, wherever the power fails") {
    const char* mode = GENERATE("WAL", "DELETE", "TRUNCATE", "PERSIST");
    CAPTURE(mode);
    const PowerLosses losses = lose_power_everywhere(mode, 7);
    CHECK(losses.images > 100);
    CHECK(losses.wrong == 0);
}

TEST_CASE("A disk that lies about syncs loses commits when the power fails, and none when the process crashes") {
    int lost = 0;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        FaultDisk disk{{.seed = seed}};
        Connection connection{disk};
        REQUIRE(connection.run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL") == SQLITE_OK);
        REQUIRE(connection.run(make_table) == SQLITE_OK);
        disk.lie_about_syncs(true);
        REQUIRE(connection.run(insert(1)) == SQLITE_OK);
        Random luck{seed};
        FaultDisk next_boot{{.seed = 1}, disk.after_power_loss(luck)};
        if (checked(next_boot) != "1 1.0") ++lost;
        FaultDisk restarted{{.seed = 1}, disk.after_process_crash()};
        CHECK(checked(restarted) == "1 1.0");
    }
    CHECK(lost > 5);
}

TEST_CASE("The operation that is to fail fails with its code, for as long as it is to") {
    FaultDisk disk;
    Connection connection{disk};
    REQUIRE(connection.run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL") == SQLITE_OK);
    REQUIRE(connection.run(make_table) == SQLITE_OK);
    SECTION("a write on a full disk, once") {
        disk.fail({.operation = DiskOperation::write, .code = SQLITE_FULL});
        CHECK(connection.run(insert(1)) == SQLITE_FULL);
        CHECK(connection.run(insert(1)) == SQLITE_OK);
    }
    SECTION("the second sync, once") {
        disk.fail({.operation = DiskOperation::sync, .after = 1});
        CHECK(connection.run(insert(1)) == SQLITE_OK);
        CHECK(connection.run(insert(2)) == SQLITE_IOERR_FSYNC);
        CHECK(connection.run(insert(2)) == SQLITE_OK);
    }
    SECTION("every write, until the disk is well again") {
        disk.fail({.operation = DiskOperation::write, .times = DiskFault::for_ever, .code = SQLITE_READONLY});
        for (int i = 0; i < 3; ++i) CHECK(connection.run(insert(1)) == SQLITE_READONLY);
        disk.clear_faults();
        CHECK(connection.run(insert(1)) == SQLITE_OK);
    }
    SECTION("only a file of that name") {
        disk.fail({.operation = DiskOperation::write, .times = DiskFault::for_ever, .file = ".db"});
        CHECK(connection.run(insert(1)) == SQLITE_OK);
        CHECK(connection.run("PRAGMA wal_checkpoint") == SQLITE_IOERR_WRITE);
    }
    SECTION("a lock that somebody holds") {
        int busy = 0;
        for (std::uint64_t nth = 0; nth < 4; ++nth) {  // some of its locks SQLite can do without
            disk.fail({.operation = DiskOperation::lock, .after = nth});
            if (connection.run("BEGIN IMMEDIATE") == SQLITE_BUSY) ++busy;
            connection.run("ROLLBACK");
            disk.clear_faults();
        }
        CHECK(busy > 0);
        CHECK(connection.run(insert(1)) == SQLITE_OK);
    }
    SECTION("an open") {
        disk.fail({.operation = DiskOperation::open});
        Connection other{disk};
        CHECK(other.run("SELECT 1") == SQLITE_CANTOPEN);
    }
    SECTION("everything, without power, and nothing changes any more") {
        const std::uint64_t before = disk.after_process_crash().hash();
        disk.cut_power();
        CHECK((connection.run(insert(1)) & 0xff) == SQLITE_IOERR);
        CHECK(disk.after_process_crash().hash() == before);
    }
}

TEST_CASE("What a failed sync has lost is read until the power fails, however often it is synced again") {
    Random random{1};
    int lost = 0;
    for (int i = 0; i < 40; ++i) {
        FileImage file{"old "};
        file.write(0, "new ");
        file.fail_sync(random);
        file.sync();
        CHECK(file.content() == "new ");
        const FileImage left = file.after_power_loss(random);
        CHECK((left.content() == "old " || left.content() == "new "));
        if (left.content() == "old ") ++lost;
    }
    CHECK(lost > 5);
    CHECK(lost < 35);
}

TEST_CASE("A write that was not synced is kept, dropped, or torn where a sector ends") {
    const std::string old_text(3 * sector_bytes, 'o');
    int kept = 0;
    int dropped = 0;
    int torn = 0;
    Random luck{3};
    for (int i = 0; i < 400; ++i) {
        FileImage file{old_text};
        file.write(100, std::string(2 * sector_bytes, 'n'));
        const std::string left{file.after_power_loss(luck).content()};
        REQUIRE(left.size() == old_text.size());
        const std::size_t sectors[] = {100, sector_bytes, 2 * sector_bytes, 2 * sector_bytes + 100, left.size()};
        int new_sectors = 0;
        CHECK(left.substr(0, 100) == old_text.substr(0, 100));
        CHECK(left.substr(sectors[3]) == old_text.substr(sectors[3]));
        for (int s = 0; s < 3; ++s) {
            const std::string part = left.substr(sectors[s], sectors[s + 1] - sectors[s]);
            CHECK(part.find_first_not_of(part.front()) == std::string::npos);
            if (part.front() == 'n') ++new_sectors;
        }
        ++(new_sectors == 0 ? dropped : new_sectors == 3 ? kept : torn);
    }
    CHECK(kept > 40);
    CHECK(dropped > 40);
    CHECK(torn > 40);
}

TEST_CASE("Truncates and removals that were not synced may or may not have happened; a file never synced may be gone") {
    Random luck{5};
    int longer = 0;
    int back = 0;
    int there = 0;
    constexpr int tries = 60;
    for (int i = 0; i < tries; ++i) {
        DiskImage disk;
        FileImage cut{"longer"};
        cut.truncate(4);
        disk.put("cut", cut);
        disk.put_removed("removed", FileImage{"text"});
        disk.put("fresh", FileImage{});
        disk.put("kept", FileImage{"text"});
        const DiskImage left = disk.after_power_loss(luck);
        if (left.find("cut")->content() == "longer") ++longer;
        if (left.find("removed") != nullptr) ++back;
        if (left.find("fresh") != nullptr) ++there;
        CHECK(left.find("kept")->content() == "text");
    }
    for (const int count : {longer, back, there}) {
        CHECK(count > 5);
        CHECK(count < tries - 5);
    }
}

TEST_CASE("The same seed and work leave the same image, random values and times included") {
    const auto image_of = [](std::uint64_t seed) {
        make_sqlite_repeatable(seed);
        FaultDisk disk{{.seed = seed, .clock = [] { return from_unix_ms(1'800'000'000'000); }}};
        Connection connection{disk};
        REQUIRE(connection.run("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL") == SQLITE_OK);
        REQUIRE(connection.run(make_table) == SQLITE_OK);
        REQUIRE(connection.run("INSERT INTO entry VALUES (1, hex(randomblob(16)) || datetime('now'))") == SQLITE_OK);
        CHECK(connection.value("SELECT substr(text, 33) FROM entry") == "2027-01-15 08:00:00");
        Random luck{seed};
        return std::pair{disk.after_process_crash().hash(), disk.after_power_loss(luck).hash()};
    };
    const auto first = image_of(1);
    CHECK(image_of(1) == first);
    CHECK(image_of(2) != first);
}

}  // namespace outdial::sim
