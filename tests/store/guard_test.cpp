// When the database must not be written: its files were moved, its schema altered, it is older than the one used last,
// another daemon has started on it, its disk is full or failing.
#include <fstream>

#include <sys/stat.h>

#include "fixture.hpp"

namespace outdial::store {

using namespace std::chrono_literals;

namespace {

RunOptions small_reserve() { return {.accept_rollback = false, .reserve_bytes = 1 << 20}; }

RunStart started(Store& store, RunOptions options = small_reserve()) { return must(store.start_run(options)); }

// A claim as the store's thread makes it: in a group.
Result<ClaimResult> claim_in_group(Desk& desk, std::size_t slots) {
    if (Result<void> begun = desk.store.begin(); !begun) return tl::unexpected{begun.error()};
    Result<ClaimResult> claimed = desk.store.claim(desk.request(slots));
    if (!claimed) {
        desk.store.roll_back();
        return claimed;
    }
    if (Result<void> committed = desk.store.commit(); !committed) return tl::unexpected{committed.error()};
    return claimed;
}

std::string why_refused(Store& store) {
    const Result<void> begun = store.begin();
    if (begun) store.roll_back();
    return begun ? "" : begun.error().message;
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

void copy_database(const std::filesystem::path& from, const std::filesystem::path& to, bool with_log) {
    std::filesystem::copy_file(from, to, std::filesystem::copy_options::overwrite_existing);
    for (const std::string suffix : {"-wal", "-shm"}) {
        std::filesystem::remove(to.string() + suffix);
        if (with_log) std::filesystem::copy_file(from.string() + suffix, to.string() + suffix);
    }
}

}  // namespace

TEST_CASE("A database, log or index that is moved, deleted or replaced is not written until it is back") {
    for (const std::string suffix : {"", "-wal", "-shm"}) {
        CAPTURE(suffix);
        Desk desk;
        const std::string path = desk.folder.database().string() + suffix;
        CHECK(desk.store.examine());
        std::filesystem::rename(path, path + ".away");
        CHECK_FALSE(desk.store.examine());
        CHECK(contains(why_refused(desk.store), path + (suffix.empty() ? ": the file" : "") + " was moved, deleted"));
        CHECK(desk.store.fault() == Fault::moved);
        std::filesystem::copy_file(path + ".away", path);
        CHECK(contains(why_refused(desk.store), "restart the daemon"));
        std::filesystem::rename(path + ".away", path);
        CHECK(desk.store.examine());
        CHECK(why_refused(desk.store).empty());
    }
}

TEST_CASE("A copy put over the database that is open condemns it; a checkpoint by another program does not") {
    Desk desk;
    desk.import(people(50));
    must(desk.store.checkpoint());
    started(desk.store);
    const std::filesystem::path path = desk.folder.database();
    const std::filesystem::path backup = path.string() + ".backup";
    std::filesystem::copy_file(path, backup);
    must(claim_in_group(desk, 10));
    for (const char* checkpoint : {"PRAGMA wal_checkpoint(PASSIVE)", "PRAGMA wal_checkpoint(RESTART)"}) {
        CHECK(desk.shell().run(checkpoint).empty());
        CHECK(why_refused(desk.store).empty());
        must(claim_in_group(desk, 1));
    }
    SECTION("with the log in place") {
        std::filesystem::copy_file(backup, path, std::filesystem::copy_options::overwrite_existing);
        CHECK_FALSE(desk.store.checkpoint());  // it would mix the two
        CHECK(contains(why_refused(desk.store), "another program has written into the file"));
        CHECK_FALSE(desk.store.examine());
    }
    SECTION("after a checkpoint that emptied the log") {
        CHECK(desk.shell().run("PRAGMA wal_checkpoint(TRUNCATE)").empty());
        std::filesystem::copy_file(backup, path, std::filesystem::copy_options::overwrite_existing);
        CHECK(contains(why_refused(desk.store), "12 of its calls are missing"));
    }
    SECTION("through SQLite, as one transaction") {
        CHECK(desk.shell().run("UPDATE daemon_run SET claims = 11").empty());
        CHECK(contains(why_refused(desk.store), "1 of its calls are missing"));
    }
    CHECK_FALSE(claim_in_group(desk, 1));
}

TEST_CASE("A log that is cut short under the daemon stops writing: what was committed last is gone from it") {
    for (const bool by_one_byte : {false, true}) {
        CAPTURE(by_one_byte);
        Desk desk;
        desk.import(people(50));
        CHECK(why_refused(desk.store).empty());
        const std::string log = desk.folder.database().string() + "-wal";
        const auto bytes = std::filesystem::file_size(log);
        REQUIRE(bytes > 0);
        std::filesystem::resize_file(log, by_one_byte ? bytes - 1 : 0);
        CHECK_FALSE(desk.store.examine());
        CHECK(contains(why_refused(desk.store), log + " was cut short under the running daemon, to "));
        CHECK(desk.store.fault() == Fault::moved);
    }
}

TEST_CASE("A log that was checkpointed and emptied, by whomever, is as long as it should be") {
    Desk desk;
    desk.import(people(50));
    must(desk.store.checkpoint());
    must(desk.store.shorten_log());
    REQUIRE(std::filesystem::file_size(desk.folder.database().string() + "-wal") == 0);
    CHECK(why_refused(desk.store).empty());
    desk.import(people(50, 50));
    CHECK(desk.shell().run("PRAGMA wal_checkpoint(TRUNCATE)").empty());  // an operator's
    REQUIRE(std::filesystem::file_size(desk.folder.database().string() + "-wal") == 0);
    CHECK(why_refused(desk.store).empty());
    must(claim_in_group(desk, 1));
    // As `outdial forget` does after its commit.
    must(desk.store.begin());
    must(desk.store.forget({number_of(3), {}, {}}, noon));
    must(desk.store.commit());
    CHECK(desk.store.copies_of_the_forgotten() == Copies::none);
    CHECK(why_refused(desk.store).empty());
    must(claim_in_group(desk, 1));
}

TEST_CASE("A schema altered by hand stops writing, with the object's name, until the change is undone") {
    struct Change {
        std::string sql;
        std::string named;
        std::string undo;
    };
    const std::vector<Change> changes{
        {"CREATE TRIGGER meddle AFTER INSERT ON attempt BEGIN DELETE FROM attempt; END",
         "trigger meddle was added by hand; drop it: DROP trigger \"meddle\"", "DROP TRIGGER meddle"},
        {"CREATE UNIQUE INDEX once ON attempt (number)", "index once was added by hand", "DROP INDEX once"},
        {"ALTER TABLE contact ADD COLUMN note TEXT", "table contact was changed by hand",
         "ALTER TABLE contact DROP COLUMN note"},
        {"DROP INDEX attempt_live_number", "index attempt_live_number is missing",
         "CREATE UNIQUE INDEX attempt_live_number ON attempt (number) WHERE ended_at IS NULL"},
        {"DROP TRIGGER attempt_ends_once", "trigger attempt_ends_once is missing", ""},
        {"DROP VIEW trunk_health", "view trunk_health is missing", ""},
    };
    for (const Change& change : changes) {
        CAPTURE(change.sql);
        Desk desk;
        REQUIRE(why_refused(desk.store).empty());
        Shell shell = desk.shell();
        REQUIRE(shell.run(change.sql).empty());
        CHECK(contains(why_refused(desk.store), change.named));
        CHECK(desk.store.fault() == Fault::altered);
        if (change.undo.empty()) continue;
        REQUIRE(shell.run(change.undo).empty());
        CHECK(why_refused(desk.store).empty());
    }
}

TEST_CASE("What an operator may do to the schema: vacuum, analyze, views, tables and plain indexes of his own") {
    Desk desk;
    desk.import(people(3));
    Shell shell = desk.shell();
    for (const std::string sql :
         {"VACUUM", "ANALYZE", "CREATE VIEW mine AS SELECT 1", "CREATE TABLE notes (text TEXT UNIQUE)",
          "CREATE TRIGGER t AFTER INSERT ON notes BEGIN SELECT 1; END", "CREATE INDEX by_trunk ON attempt (trunk)"}) {
        CAPTURE(sql);
        REQUIRE(shell.run(sql).empty());
        CHECK(why_refused(desk.store).empty());
    }
}

TEST_CASE("A daemon beside which another one was started writes no more, and says so") {
    Desk desk;
    desk.import(people(3));
    started(desk.store);
    CHECK(claim_in_group(desk, 1)->claims.size() == 1);
    Store second = must(Store::open(desk.folder.database()));
    started(second);
    const auto claimed = claim_in_group(desk, 1);
    REQUIRE_FALSE(claimed);
    CHECK(contains(claimed.error().message, "another `outdial serve` was started on it"));
    CHECK(desk.store.fault() == Fault::taken_over);
    CHECK(why_refused(second).empty());
    CHECK(desk.shell().value("SELECT count(*) FROM attempt") == "1");
}

TEST_CASE("A copy that is older than the database used last is refused at the start, and can be accepted") {
    Desk desk;
    desk.import(people(5));
    started(desk.store);
    const std::filesystem::path path = desk.folder.database();
    const std::filesystem::path hot_copy = desk.folder.path() / "copy.db";
    must(desk.store.checkpoint());
    REQUIRE(claim_in_group(desk, 2));
    copy_database(path, hot_copy, false);  // without the log, which holds the claims
    must(desk.store.examine());            // writes the mirror
    { const Store closed = std::move(desk.store); }

    copy_database(hot_copy, path, false);
    Store older = must(Store::open(path));
    const auto refused = older.start_run(small_reserve());
    REQUIRE_FALSE(refused);
    CHECK(contains(refused.error().message, "it knows of 0 calls, the one used last of 2"));
    CHECK(contains(refused.error().message, "outdial serve --accept-rollback"));
    const RunStart accepted = started(older, {.accept_rollback = true, .reserve_bytes = 1 << 20});
    REQUIRE(accepted.warnings.size() == 1);
    CHECK(contains(accepted.warnings[0], "accepted by --accept-rollback"));
    { const Store closed = std::move(older); }
    Store again = must(Store::open(path));
    CHECK(again.start_run(small_reserve()));  // accepted once, accepted for good
}

TEST_CASE("Another database, a deleted one and a damaged mirror are refused at the start; a newer database is not") {
    Desk desk;
    desk.import(people(5));
    CHECK_FALSE(started(desk.store).after_unclean_stop);  // the first run there is
    REQUIRE(claim_in_group(desk, 1));                     // not in the mirror yet, as after a crash
    const std::filesystem::path path = desk.folder.database();
    { const Store crashed = std::move(desk.store); }
    {
        Store newer = must(Store::open(path));
        const RunStart start = started(newer);
        CHECK(start.after_unclean_stop);
        CHECK(start.warnings.empty());
        newer.end_run();
    }
    {
        Store after_stop = must(Store::open(path));
        CHECK_FALSE(started(after_stop).after_unclean_stop);
    }
    for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path.string() + suffix);
    Store fresh = must(Store::open(path));
    const auto refused = fresh.start_run(small_reserve());
    REQUIRE_FALSE(refused);
    CHECK(contains(refused.error().message, "it is not the database that was used last"));
    std::ofstream{mirror_file(path)} << "epoch=banana\n";
    CHECK(contains(fresh.start_run(small_reserve()).error().message, "it is damaged"));
    std::filesystem::remove(mirror_file(path));
    CHECK(fresh.start_run(small_reserve()));
}

TEST_CASE("A pipe, a folder or a link in the mirror's place is refused at the start, not waited for") {
    Desk desk;
    const std::filesystem::path mirror = mirror_file(desk.folder.database());
    const auto refused = [&] {
        const auto start = desk.store.start_run(small_reserve());
        REQUIRE_FALSE(start);
        CHECK(contains(start.error().message, mirror.native() + ": it is no regular file"));
        std::filesystem::remove(mirror);
    };
    REQUIRE(::mkfifo(mirror.c_str(), 0600) == 0);
    refused();
    std::filesystem::create_directory(mirror);
    refused();
    std::filesystem::create_symlink("elsewhere", mirror);
    refused();
    REQUIRE(::mkfifo((mirror.native() + ".new").c_str(), 0600) == 0);  // where it is written first
    CHECK(started(desk.store).warnings.size() == 1);
}

TEST_CASE("The mirror and the reserve can be read by the group and by nobody else, and the reserve has its size") {
    Desk desk;
    started(desk.store);
    for (const std::string suffix : {".mirror", ".reserve"}) {
        const std::filesystem::path file = desk.folder.database().string() + suffix;
        CHECK((std::filesystem::status(file).permissions() & std::filesystem::perms::others_all) ==
              std::filesystem::perms::none);
    }
    struct stat status {};
    REQUIRE(::stat((desk.folder.database().string() + ".reserve").c_str(), &status) == 0);
    CHECK(status.st_size == 1 << 20);
    CHECK(status.st_blocks * 512 >= 1 << 20);  // allocated, not only promised
}

TEST_CASE("A reserve that cannot be a file stops claims under its own name, and not as a full disk") {
    Desk desk;
    const std::filesystem::path reserve = desk.folder.database().string() + ".reserve";
    std::filesystem::create_symlink("/nowhere", reserve);
    CHECK(started(desk.store).warnings.size() == 1);
    CHECK(contains(desk.store.why_no_claims(), reserve.string()));
    CHECK(contains(desk.store.why_no_claims(), "must be a plain file"));
    CHECK_FALSE(contains(desk.store.why_no_claims(), "full"));
    std::filesystem::remove(reserve);
    CHECK(desk.store.examine());
    CHECK(desk.store.why_no_claims().empty());
}

TEST_CASE("A damaged page condemns the database: nothing is written from then on, and the backup is named") {
    Desk desk;
    desk.import(people(2000));
    must(desk.store.shorten_log());
    { const Store closed = std::move(desk.store); }
    const std::filesystem::path path = desk.folder.database();
    const auto size = std::filesystem::file_size(path);
    {
        std::fstream file{path, std::ios::in | std::ios::out | std::ios::binary};
        const std::string garbage(4096, '\x5a');
        for (std::uintmax_t at = 60 * 4096; at + 4096 <= size; at += 4096) {
            file.seekp(static_cast<std::streamoff>(at));
            file.write(garbage.data(), static_cast<std::streamsize>(garbage.size()));
        }
    }
    desk.store = must(Store::open(path));
    REQUIRE_FALSE(claim_in_group(desk, 1500));
    CHECK(desk.store.fault() == Fault::damaged);
    CHECK(contains(why_refused(desk.store), "restore the newest backup"));
    CHECK_FALSE(desk.store.examine());
}

TEST_CASE("A start waits for another program's lock, tells whom it waits for, and gives up when its time is over") {
    Desk desk;
    Shell other = desk.shell();
    REQUIRE(other.run("BEGIN IMMEDIATE").empty());
    int told = 0;
    const auto refused =
        Store::open(desk.folder.database(), {}, {.longest = 20ms, .tell = [&](const std::string&) { ++told; }});
    REQUIRE_FALSE(refused);
    CHECK(contains(refused.error().message, "holds its write lock"));
    CHECK(told == 1);
    // Free as soon as somebody was told.
    const auto opened = Store::open(desk.folder.database(), {}, {.longest = 20s, .tell = [&](const std::string&) {
                                                                     ++told;
                                                                     CHECK(other.run("ROLLBACK").empty());
                                                                 }});
    CHECK(opened);
    CHECK(told == 2);
}

}  // namespace outdial::store
