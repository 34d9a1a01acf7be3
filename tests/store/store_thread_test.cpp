#include "store/store_thread.hpp"

#include <sys/resource.h>

#include <chrono>
#include <condition_variable>
#include <csignal>
#include <future>
#include <mutex>
#include <thread>

#include "fixture.hpp"
#include "store/rollback_mirror.hpp"

namespace outdial::store {

using namespace std::chrono_literals;

namespace {

constexpr auto patience = 20s;  // far more than any reply takes; a test that waits so long has failed

/// Collects replies, and lets the test wait for them.
class Inbox {
public:
    void put(std::vector<StoreReply> replies) {
        const std::lock_guard lock{mutex_};
        batches_.push_back(replies.size());
        for (StoreReply& reply : replies) replies_.push_back(std::move(reply));
        arrived_.notify_all();
    }
    /// Waits until so many replies of that kind have come, and returns them.
    template <class Reply>
    std::vector<Reply> wait_for(std::size_t count) {
        std::unique_lock lock{mutex_};
        const bool came = arrived_.wait_for(lock, patience, [&] { return of<Reply>().size() >= count; });
        CHECK(came);
        return of<Reply>();
    }
    /// Waits until so many claims have been answered, one way or the other.
    void wait_for_any_claim(std::size_t count) {
        std::unique_lock lock{mutex_};
        CHECK(arrived_.wait_for(lock, patience,
                                [&] { return of<ClaimResult>().size() + of<ClaimFailed>().size() >= count; }));
    }
    template <class Reply>
    std::vector<Reply> all() {
        const std::lock_guard lock{mutex_};
        return of<Reply>();
    }
    std::vector<std::size_t> batches() {
        const std::lock_guard lock{mutex_};
        return batches_;
    }

private:
    template <class Reply>
    std::vector<Reply> of() const {
        std::vector<Reply> found;
        for (const StoreReply& reply : replies_) {
            if (const auto* wanted = std::get_if<Reply>(&reply)) found.push_back(*wanted);
        }
        return found;
    }

    std::mutex mutex_;
    std::condition_variable arrived_;
    std::vector<StoreReply> replies_;
    std::vector<std::size_t> batches_;
};

// Holds the store's thread inside a delivery, so that jobs gather.
struct Gate {
    std::promise<void> reached;
    std::promise<void> opened;
    bool first = true;
    void pass() {
        if (!std::exchange(first, false)) return;
        reached.set_value();
        opened.get_future().wait();
    }
};

/// A desk whose store has moved to its thread.
struct Office {
    Desk desk;
    Inbox inbox;
    Gate gate;
    std::unique_ptr<StoreThread> thread;  // last: its deliveries end before what they use

    explicit Office(int contacts) { desk.import(people(contacts)); }
    void open(
        std::function<void()> before_delivery = [] {}, StoreThreadOptions options = {20ms, 20ms}) {
        thread = std::make_unique<StoreThread>(
            std::move(desk.store),
            [this, before_delivery](std::vector<StoreReply> replies) {
                before_delivery();
                inbox.put(std::move(replies));
            },
            options);
    }
};

StoreTask task(
    std::function<void(Store&)> run, std::function<void(const Result<void>&)> done = [](const auto&) {}) {
    return {std::move(run), std::move(done)};
}

}  // namespace

TEST_CASE("At the moment of the reply another connection sees the claim: it was committed before") {
    Office office{5};
    Shell reader = office.desk.shell();
    std::vector<std::string> seen;
    office.open([&] { seen.push_back(reader.value("SELECT count(*) FROM attempt")); });
    REQUIRE(office.thread->post(office.desk.request(3)));
    const auto results = office.inbox.wait_for<ClaimResult>(1);
    office.thread->stop();
    CHECK(results.at(0).claims.size() == 3);
    REQUIRE_FALSE(seen.empty());
    CHECK(seen.front() == "3");
}

TEST_CASE("Its lag is the time that a call's job has not been written, and an import's batches do not count") {
    Office office{5};
    Gate& gate = office.gate;
    office.open([&] { gate.pass(); });
    REQUIRE(office.thread->post(task([](Store&) {})));
    gate.reached.get_future().wait();
    REQUIRE(office.thread->post(task([](Store&) {})));
    CHECK(office.thread->lag() == 0ms);
    REQUIRE(office.thread->post(office.desk.request(3)));
    CHECK(office.thread->lag() > 0ms);
    gate.opened.set_value();
    (void)office.inbox.wait_for<ClaimResult>(1);
    office.thread->stop();
    CHECK(office.thread->lag() == 0ms);
}

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

TEST_CASE("All jobs that wait are carried out in one transaction, and outcomes before claims") {
    Office office{4};
    const Claim first = office.desk.claim(1).claims.at(0);
    Gate& gate = office.gate;
    office.open([&] { gate.pass(); });
    REQUIRE(office.thread->post(task([](Store&) {})));
    gate.reached.get_future().wait();
    for (int i = 0; i < 3; ++i) REQUIRE(office.thread->post(office.desk.request(1, noon + 1min)));
    office.thread->post(Desk::settlement_of(first, Disposition::busy, Desk::retry_at(noon + 1min), noon + 1s));
    gate.opened.set_value();

    const auto results = office.inbox.wait_for<ClaimResult>(3);
    office.thread->stop();
    CHECK(office.inbox.batches() == std::vector<std::size_t>{1, 4});
    CHECK(results.at(0).claims.at(0).contact.id == first.contact.id);  // its retry, due through the settlement
}

TEST_CASE("A pause that was posted before a claim holds for it, in the same transaction") {
    Office office{1};
    Gate& gate = office.gate;
    office.open([&] { gate.pass(); });
    REQUIRE(office.thread->post(task([](Store&) {})));
    gate.reached.get_future().wait();
    office.thread->post(CampaignStateJob{office.desk.campaign, CampaignState::paused, noon});
    REQUIRE(office.thread->post(office.desk.request(1)));
    gate.opened.set_value();
    CHECK(office.inbox.wait_for<ClaimResult>(1).at(0).claims.empty());
}

TEST_CASE("A claim that fails takes none of its group with it") {
    Office office{3};
    const ClaimRequest used = office.desk.request(1);
    must(office.desk.store.claim(used));
    Gate& gate = office.gate;
    office.open([&] { gate.pass(); });
    REQUIRE(office.thread->post(task([](Store&) {})));
    gate.reached.get_future().wait();
    REQUIRE(office.thread->post(office.desk.request(1)));
    REQUIRE(office.thread->post(used));
    REQUIRE(office.thread->post(office.desk.request(1)));
    gate.opened.set_value();
    CHECK(office.inbox.wait_for<ClaimResult>(2).size() == 2);
    const auto failed = office.inbox.wait_for<ClaimFailed>(1);
    CHECK(failed.at(0).request.slots.at(0).attempt == used.slots.at(0).attempt);
    CHECK(office.inbox.all<StoreAlert>().empty());
    CHECK(office.desk.shell().value("SELECT count(*) FROM attempt") == "3");
}

TEST_CASE("A settlement that the database refuses is handed back, and the others of its group are kept") {
    Office office{2};
    const ClaimResult result = office.desk.claim(2);
    const Settlement first = Desk::settlement_of(result.claims.at(0), Disposition::busy, Desk::done("busy"), noon + 1s);
    const Settlement second =
        Desk::settlement_of(result.claims.at(1), Disposition::busy, Desk::done("busy"), noon + 1s);
    REQUIRE(office.desk.shell().run("DELETE FROM campaign_contact WHERE contact_id = 1").empty());
    office.open();
    office.thread->post(first);
    office.thread->post(second);
    CHECK(office.inbox.wait_for<SettlementFailed>(1).at(0).settlement.attempt == first.attempt);
    CHECK(office.inbox.wait_for<SettlementDone>(1).at(0).attempt == second.attempt);
    CHECK(office.desk.shell().rows("SELECT contact_id FROM attempt WHERE ended_at IS NULL") ==
          std::vector<std::string>{"1"});
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

TEST_CASE("Stopping carries out everything that waits") {
    Office office{300};
    const ClaimResult result = office.desk.claim(300);
    Gate& gate = office.gate;
    office.open([&] { gate.pass(); });
    REQUIRE(office.thread->post(task([](Store&) {})));
    gate.reached.get_future().wait();
    for (const Claim& claim : result.claims) {
        office.thread->post(Desk::settlement_of(claim, Disposition::busy, Desk::done("busy"), noon + 1s));
    }
    int tasks_run = 0;
    for (int i = 0; i < 3; ++i) REQUIRE(office.thread->post(task([&](Store&) { ++tasks_run; })));
    gate.opened.set_value();
    office.thread->stop();
    CHECK(tasks_run == 3);
    CHECK(office.inbox.all<SettlementDone>().size() == 300);
    CHECK(office.desk.shell().value("SELECT count(*) FROM attempt WHERE ended_at IS NULL") == "0");
    CHECK_FALSE(office.thread->post(office.desk.request(1)));
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

TEST_CASE("A stop has patience with a lock until its time is up, and loses nothing where the lock is free by then") {
    Office office{1};
    const Claim call = office.desk.claim(1).claims.at(0);
    office.open();
    Shell other = office.desk.shell();
    REQUIRE(other.run("BEGIN IMMEDIATE").empty());
    office.thread->post(Desk::settlement_of(call, Disposition::busy, Desk::done("busy"), noon + 1s));
    office.inbox.wait_for<StoreAlert>(1);
    office.thread->begin_stop(std::chrono::steady_clock::now() + patience);
    for (const auto turns = office.thread->turns(); office.thread->turns() < turns + 10;) std::this_thread::yield();
    CHECK_FALSE(office.thread->finished());
    REQUIRE(other.run("ROLLBACK").empty());
    office.inbox.wait_for<SettlementDone>(1);
    office.thread->stop();
    CHECK(office.thread->finished());
    CHECK(office.thread->unwritten().nothing());
}

TEST_CASE("Of an attempt's facts only the latest are written, and none after its settlement") {
    Office office{2};
    const ClaimResult result = office.desk.claim(2);
    Gate& gate = office.gate;
    office.open([&] { gate.pass(); });
    REQUIRE(office.thread->post(task([](Store&) {})));
    gate.reached.get_future().wait();
    CallFacts facts;
    for (int i = 0; i < 10; ++i) {
        facts.ringing_at = noon + i * 1ms;
        office.thread->post({{result.claims.at(0).slot.attempt, facts}, {result.claims.at(1).slot.attempt, facts}});
    }
    Settlement settlement = Desk::settlement_of(result.claims.at(1), Disposition::busy, Desk::done("busy"), noon + 1s);
    office.thread->post(settlement);
    gate.opened.set_value();
    office.inbox.wait_for<SettlementDone>(1);
    office.thread->stop();
    CHECK(office.desk.shell().rows("SELECT contact_id, ringing_at FROM attempt ORDER BY contact_id") ==
          std::vector<std::string>{"1|1800000000009", "2|"});
}

TEST_CASE("A task is told of the commit only after it, and its work is one with its group") {
    Office office{0};
    std::string seen;
    Shell reader = office.desk.shell();
    office.open();
    AddedContacts added;
    REQUIRE(office.thread->post(task([&](Store& store) { added = must(store.add_contacts("customers", people(3))); },
                                     [&](const Result<void>& committed) {
                                         seen = committed ? reader.value("SELECT count(*) FROM contact") : "?";
                                     })));
    const auto done = office.inbox.wait_for<TaskDone>(1);
    done.at(0).done(done.at(0).committed);
    CHECK(added.accepted == 3);
    CHECK(seen == "3");
}

TEST_CASE("An import's batches take turns with calls: one batch between two groups") {
    Office office{10};
    Gate& gate = office.gate;
    std::vector<char> order;
    office.open([&] { gate.pass(); });
    REQUIRE(office.thread->post(task([](Store&) {})));
    gate.reached.get_future().wait();
    for (int i = 0; i < 3; ++i) REQUIRE(office.thread->post(task([&](Store&) { order.push_back('t'); })));
    for (std::size_t i = 0; i < max_claims_per_group + 1; ++i) REQUIRE(office.thread->post(office.desk.request(0)));
    gate.opened.set_value();
    office.inbox.wait_for<TaskDone>(4);
    office.thread->stop();
    // The gate's task; a group of claims; one batch; the last claim; then nothing but batches is left: one transaction.
    CHECK(office.inbox.batches() == std::vector<std::size_t>{1, max_claims_per_group, 1, 1, 2});
    CHECK(order.size() == 3);
}

TEST_CASE("More claims and tasks than the limits are refused, not piled up") {
    Office office{0};
    Gate& gate = office.gate;
    office.open([&] { gate.pass(); });
    REQUIRE(office.thread->post(task([](Store&) {})));
    gate.reached.get_future().wait();
    for (std::size_t i = 0; i < max_waiting_claims; ++i) REQUIRE(office.thread->post(office.desk.request(0)));
    CHECK_FALSE(office.thread->post(office.desk.request(0)));
    for (std::size_t i = 0; i < max_waiting_tasks; ++i) REQUIRE(office.thread->post(task([](Store&) {})));
    CHECK_FALSE(office.thread->post(task([](Store&) {})));
    gate.opened.set_value();
    CHECK(office.inbox.wait_for<ClaimResult>(max_waiting_claims).size() == max_waiting_claims);
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
            task([=](Store& store) { must(store.add_contacts("customers", people(500, first))); })));
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

TEST_CASE("A thread that has written everything ends the run cleanly, and one that could not does not") {
    for (const bool locked : {false, true}) {
        CAPTURE(locked);
        Office office{1};
        must(office.desk.store.start_run({.accept_rollback = false, .reserve_bytes = 4096}));
        const Claim call = office.desk.claim(1).claims.at(0);
        office.open();
        Shell other = office.desk.shell();
        if (locked) REQUIRE(other.run("BEGIN IMMEDIATE").empty());
        office.thread->post(Desk::settlement_of(call, Disposition::busy, Desk::done("busy"), noon + 1s));
        office.thread->stop();
        CHECK(must(read_mirror(mirror_file(office.desk.folder.database())))->stopped_cleanly == !locked);
    }
}

}  // namespace outdial::store
