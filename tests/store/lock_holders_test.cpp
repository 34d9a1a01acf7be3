// Who keeps the database from being written, or its log from being reused: asked of the kernel.
#include "store/lock_holders.hpp"

#include <fcntl.h>

#include "other_program.hpp"

namespace outdial::store {

TEST_CASE("The process that holds the write lock is named, in the error too, and nobody once it has ended") {
    Desk desk;
    desk.import(people(1));
    CHECK_FALSE(write_lock_holder(desk.folder.database()));
    {
        OtherProgram shell{desk.folder.database()};
        shell.run("BEGIN IMMEDIATE");
        const auto holder = write_lock_holder(desk.folder.database());
        REQUIRE(holder);
        CHECK(to_text(*holder) == shell.name());
        const auto claimed = desk.store.claim(desk.request(1));
        REQUIRE_FALSE(claimed);
        CHECK(claimed.error().message.find(shell.name() + " holds its write lock") != std::string::npos);
    }
    CHECK_FALSE(write_lock_holder(desk.folder.database()));
    CHECK(desk.claim(1).claims.size() == 1);
}

TEST_CASE("Of several readers the one with the oldest state is named") {
    Desk desk;
    CHECK_FALSE(oldest_reader(desk.folder.database()));
    OtherProgram old_reader{desk.folder.database()};
    old_reader.run("BEGIN; SELECT count(*) FROM contact");
    desk.import(people(1));
    OtherProgram new_reader{desk.folder.database()};
    new_reader.run("BEGIN; SELECT count(*) FROM contact");
    const auto oldest = oldest_reader(desk.folder.database());
    REQUIRE(oldest);
    CHECK(to_text(*oldest) == old_reader.name());
    old_reader.run("COMMIT");
    CHECK(to_text(oldest_reader(desk.folder.database()).value()) == new_reader.name());
}

TEST_CASE("Asking for the holder drops none of this process's own locks") {
    Desk desk;
    must(desk.store.begin());
    CHECK_FALSE(write_lock_holder(desk.folder.database()));
    CHECK_FALSE(oldest_reader(desk.folder.database()));
    OtherProgram shell{desk.folder.database()};
    shell.run("BEGIN IMMEDIATE; INSERT INTO call_list (name) VALUES ('stolen'); COMMIT");
    must(desk.store.commit());
    CHECK(desk.shell().value("SELECT count(*) FROM call_list WHERE name = 'stolen'") == "0");
}

}  // namespace outdial::store
