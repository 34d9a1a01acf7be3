// What the store's thread does when the database, the disk or another program fails it.
#include <sys/resource.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <thread>

#include "office.hpp"

namespace outdial::store {

using namespace std::chrono_literals;

TEST_CASE("While another program holds the database's lock there is no lag, for that is told by itself") {
    Office office{5};
    Shell other = office.desk.shell();
    office.open();
    other.run("BEGIN IMMEDIATE");
    REQUIRE(office.thread->post(office.desk.request(3)));
    (void)office.inbox.wait_for<ClaimFailed>(1);
    office.thread->post(Desk::settlement_of({}, Disposition::busy, Desk::retry_at(noon + 1min), noon + 1s));
    REQUIRE(office.thread->post(office.desk.request(3)));
    (void)office.inbox.wait_for<ClaimFailed>(2);
    CHECK(office.thread->lag() == 0ms);
    other.run("ROLLBACK");
}

TEST_CASE("While another program holds the write lock claims fail, settlements and facts wait and land afterwards") {
    Office office{3};
    const ClaimResult result = office.desk.claim(2);
    office.open();
    Shell other = office.desk.shell();
    REQUIRE(other.run("BEGIN IMMEDIATE").empty());
    office.thread->post(Desk::settlement_of(result.claims.at(0), Disposition::busy, Desk::done("busy"), noon + 1s));
    CallFacts ringing;
    ringing.ringing_at = noon + 1s;
    office.thread->post({{result.claims.at(1).slot.attempt, ringing}});
    REQUIRE(office.thread->post(office.desk.request(1)));
    bool task_failed = false;
    REQUIRE(office.thread->post(task([](Store&) {}, [&](const Result<void>& committed) { task_failed = !committed; })));

    const auto failed = office.inbox.wait_for<ClaimFailed>(1);
    CHECK(failed.at(0).request.slots.size() == 1);
    CHECK(failed.at(0).error.message.find("write lock") != std::string::npos);
    office.inbox.wait_for<TaskDone>(1).at(0).done(office.inbox.all<TaskDone>().at(0).committed);
    CHECK(task_failed);
    CHECK(office.inbox.all<SettlementDone>().empty());

    REQUIRE(other.run("ROLLBACK").empty());
    CHECK(office.inbox.wait_for<SettlementDone>(1).at(0).outcome == SettleOutcome::settled);
    const auto alerts = office.inbox.wait_for<StoreAlert>(2);
    office.thread->stop();
    REQUIRE(office.inbox.all<StoreAlert>().size() == 2);  // one for each change, not one for each try
    CHECK_FALSE(alerts[0].healthy);
    CHECK(alerts[1].healthy);
    CHECK(other.value("SELECT count(*) FROM attempt WHERE disposition = 'busy'") == "1");
    CHECK(other.value("SELECT count(*) FROM attempt WHERE ringing_at IS NOT NULL") == "1");
    CHECK(other.value("SELECT count(*) FROM attempt") == "2");  // the failed claim left no row
}

TEST_CASE("While the disk takes no more claims fail and outcomes are kept until there is room") {
    Office office{40};
    const ClaimResult result = office.desk.claim(20);
    Shell other = office.desk.shell();
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
    const auto on_signal = std::signal(SIGXFSZ, SIG_IGN);
    const auto wal = std::filesystem::file_size(office.desk.folder.database().string() + "-wal");
    const rlimit tight{static_cast<rlim_t>(wal), before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &tight) == 0);

    office.open();
    for (const Claim& claim : result.claims) {
        office.thread->post(Desk::settlement_of(claim, Disposition::busy, Desk::done("busy"), noon + 1s));
    }
    REQUIRE(office.thread->post(office.desk.request(20)));
    CHECK(office.inbox.wait_for<ClaimFailed>(1).size() == 1);
    CHECK(office.inbox.all<SettlementDone>().empty());
    CHECK(other.value("SELECT count(*) FROM attempt WHERE disposition IS NOT NULL") == "0");
    ::setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, on_signal);
    CHECK(office.inbox.wait_for<SettlementDone>(20).size() == 20);
    office.thread->stop();
    CHECK(other.value("SELECT count(*) FROM attempt WHERE disposition = 'busy'") == "20");
    CHECK(other.value("SELECT count(*) FROM attempt") == "20");
    CHECK(other.value("PRAGMA integrity_check") == "ok");
}

TEST_CASE("Stopping ends even when the database stays locked, and names every outcome that was not written") {
    Office office{2};
    const ClaimResult result = office.desk.claim(2);
    office.open();
    Shell other = office.desk.shell();
    REQUIRE(other.run("BEGIN IMMEDIATE").empty());
    for (const Claim& claim : result.claims) {
        office.thread->post(Desk::settlement_of(claim, Disposition::busy, Desk::done("busy"), noon + 1s));
    }
    office.thread->stop();
    CHECK(office.inbox.all<SettlementFailed>().size() == 2);
    CHECK(office.thread->unwritten().outcomes == 2);
}

TEST_CASE("After the database file was replaced under the daemon nothing is claimed any more") {
    Office office{2};
    const auto path = office.desk.folder.database();
    std::filesystem::rename(path, path.string() + ".old");
    std::filesystem::copy_file(path.string() + ".old", path);
    office.open();
    REQUIRE(office.thread->post(office.desk.request(1)));
    const auto failed = office.inbox.wait_for<ClaimFailed>(1);
    CHECK(failed.at(0).error.message.find("moved, deleted or replaced") != std::string::npos);
}

TEST_CASE(
    "A log that a reader keeps from being reused is reported once, then stops claims, and both end with the reader") {
    Office office{4};
    const Claim call = office.desk.claim(1).claims.at(0);
    Shell reader = office.desk.shell();
    REQUIRE(reader.run("BEGIN; SELECT count(*) FROM contact").empty());
    StoreThreadOptions options{20ms, 20ms};
    options.wal.long_wal_pages = checkpoint_pages_idle;
    options.wal.max_wal_pages = checkpoint_pages_idle + 500;
    office.open([] {}, options);
    // Each batch writes a few dozen pages of new contacts.
    std::size_t batches = 0;
    const auto import_batch = [&] {
        const int first = static_cast<int>(1000 + 500 * batches);
        REQUIRE(office.thread->post(
            task([=](Store& store) { must(store.add_contacts("customers", people(500, first), noon)); })));
        office.inbox.wait_for<TaskDone>(++batches);
    };
    while (office.inbox.all<StoreWarning>().empty() && batches < 200) import_batch();
    const auto warnings = office.inbox.all<StoreWarning>();
    REQUIRE(warnings.size() == 1);
    CHECK(warnings[0].text.find("reader keeps a transaction open") != std::string::npos);
    while (office.inbox.all<ClaimFailed>().empty() && batches < 200) {
        import_batch();
        const std::size_t answered = office.inbox.all<ClaimResult>().size() + office.inbox.all<ClaimFailed>().size();
        REQUIRE(office.thread->post(office.desk.request(0)));
        office.inbox.wait_for_any_claim(answered + 1);
    }
    const auto failed = office.inbox.all<ClaimFailed>();
    REQUIRE(failed.size() == 1);
    CHECK(failed[0].error.message.find("end that reader") != std::string::npos);
    CHECK(office.thread->log_share() >= 0.7);  // so that the daemon slows down before it comes to that
    office.thread->post(Desk::settlement_of(call, Disposition::busy, Desk::done("busy"), noon + 1s));
    office.inbox.wait_for<SettlementDone>(1);  // outcomes are written all the same
    // Long enough for the next look at the log, which must not repeat the alert.
    const std::string wal = office.desk.folder.database().string() + "-wal";
    constexpr std::uintmax_t page_in_log = 4096 + 24;
    while (std::filesystem::file_size(wal) < 3 * checkpoint_pages_idle * page_in_log && batches < 400) import_batch();
    import_batch();
    const auto paused = office.inbox.all<StoreAlert>();
    REQUIRE(paused.size() == 1);
    CHECK_FALSE(paused[0].healthy);
    CHECK(paused[0].text.find("end that reader") != std::string::npos);
    CHECK(office.inbox.all<StoreWarning>().size() == 1);

    REQUIRE(reader.run("ROLLBACK").empty());
    const auto dialing = [&] {
        const auto results = office.inbox.all<ClaimResult>();
        return !results.empty() && !results.back().claims.empty();
    };
    while (!dialing() && batches < 600) {
        import_batch();
        const std::size_t answered = office.inbox.all<ClaimResult>().size() + office.inbox.all<ClaimFailed>().size();
        REQUIRE(office.thread->post(office.desk.request(1)));
        office.inbox.wait_for_any_claim(answered + 1);
    }
    CHECK(dialing());
    const auto over = office.inbox.all<StoreAlert>();
    REQUIRE(over.size() == 2);
    CHECK(over[1].healthy);
    // The next housekeeping cuts the file back.
    while (std::filesystem::file_size(wal) >= checkpoint_pages_idle * page_in_log && batches < 800) import_batch();
    CHECK(std::filesystem::file_size(wal) < checkpoint_pages_idle * page_in_log);
}

TEST_CASE("An idle daemon finds out that its database was moved, and that it is back, without any job") {
    Office office{1};
    const std::string path = office.desk.folder.database();
    office.open();
    std::filesystem::rename(path, path + ".away");
    const auto lost = office.inbox.wait_for<StoreAlert>(1);
    CHECK_FALSE(lost.at(0).healthy);
    CHECK(lost.at(0).text.find("was moved, deleted or replaced") != std::string::npos);
    std::filesystem::rename(path + ".away", path);
    CHECK(office.inbox.wait_for<StoreAlert>(2).at(1).healthy);
    CHECK(office.inbox.all<StoreAlert>().size() == 2);
}

}  // namespace outdial::store
