// Every operation of a fixed day's work fails once: the first, the second, and so on to the last.
#include <sqlite3.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <set>

#include "proof/workload.hpp"

namespace outdial::proof {

namespace {

using sim::DiskFault;
using sim::DiskOperation;
using store::Store;

constexpr std::uint64_t work_seed = 11;
constexpr int groups = 5;

struct Kind {
    const char* name;
    DiskOperation operation;
    int code;            // 0: the usual one
    bool must_be_heard;  // SQLite does not get by without it
};

constexpr Kind kinds[]{
    {"a write fails", DiskOperation::write, 0, true},
    {"the disk is full", DiskOperation::write, SQLITE_FULL, true},
    {"a sync fails", DiskOperation::sync, 0, true},
    {"there is no room at a sync", DiskOperation::sync, SQLITE_FULL, true},
    {"a read fails", DiskOperation::read, 0, false},
    {"a file cannot be opened", DiskOperation::open, 0, false},
    {"a file cannot be cut", DiskOperation::truncate, 0, false},
    {"a lock is held", DiskOperation::lock, 0, false},
};

const sim::DiskImage& worked_with() {
    static const sim::DiskImage image = [] {
        Machine machine{5};
        Result<Store> store = machine.open();
        REQUIRE(store);
        return machine.disk.after_process_crash();
    }();
    return image;
}

/// One day with one fault in it.
class Day {
public:
    Day(const sim::DiskImage& image, Random& luck) : luck_(luck), machine_(std::make_unique<Machine>(5, image)) {}

    sim::FaultDisk& disk() { return machine_->disk; }
    // Tried until it succeeds: one fault may cost one try.
    void open() {
        for (int tries = 0; tries < 3 && !is_open(); ++tries) {
            store_.emplace(machine_->open());
            if (!is_open()) hear((*store_).error().message);
        }
        REQUIRE(is_open());
        for (int tries = 0; tries < 3; ++tries) {
            const Result<void> started = work_.start(**store_);
            if (started) return;
            hear(started.error().message);
        }
        FAIL("the work does not start");
    }
    void work(bool restart_after_an_error) {
        for (int i = 0; i < groups; ++i) {
            const std::size_t heard_before = heard_;
            if (Result<void> done = work_.group(**store_); !done) hear(done.error().message);
            if (i % 3 == 2) {
                if (const auto state = (*store_)->checkpoint(); !state) hear(state.error().message);
            }
            if (heard_ > heard_before && restart_after_an_error) restart();
            if (heard_ > heard_before) lose_power();
        }
    }
    void go_on() {
        const Result<void> done = work_.group(**store_);
        CHECK((done ? "" : done.error().message) == "");
        lose_power();
    }
    // The claims that were refused were never dialed: they must not be taken for calls.
    void no_refused_claim_is_live() {
        const Findings found = examine(machine_->disk.after_process_crash(), work_.ledger());
        for (const AttemptId& id : found.live) CHECK(work_.ledger().attempts.contains(id));
    }
    [[nodiscard]] std::size_t heard() const { return heard_; }
    [[nodiscard]] std::size_t claims() const { return work_.ledger().attempts.size(); }
    std::uint64_t images() const { return images_; }

private:
    [[nodiscard]] bool is_open() const { return store_ && store_->has_value(); }
    void hear(const std::string& message) {
        CHECK(message.size() > 20);
        ++heard_;
    }
    void restart() {
        const sim::DiskImage left = machine_->disk.after_process_crash();
        store_.reset();
        machine_ = std::make_unique<Machine>(6, left);
        open();
    }
    void lose_power() {
        const Findings found = examine(machine_->disk.after_power_loss(luck_), work_.ledger());
        CHECK(found.problem == "");
        ++images_;
    }

    Random& luck_;
    std::unique_ptr<Machine> machine_;
    std::optional<Result<Store>> store_;
    Workload work_{work_seed, {}};
    std::size_t heard_ = 0;
    std::uint64_t images_ = 0;
};

struct Sum {
    std::uint64_t faults = 0;
    std::uint64_t images = 0;
};

// Until the day has fewer operations than the number of the one that is to fail.
Sum fail_each(const Kind& kind, bool restart, bool while_opening) {
    Sum sum;
    Random luck{1};
    for (std::uint64_t nth = 0;; ++nth) {
        CAPTURE(kind.name, nth, restart, while_opening);
        sim::make_sqlite_repeatable(3);
        Day day{while_opening ? sim::DiskImage{} : worked_with(), luck};
        if (!while_opening) day.open();
        const std::uint64_t before = day.disk().count(kind.operation);
        sim::FaultDisk& first_disk = day.disk();
        first_disk.fail({.operation = kind.operation, .after = nth, .code = kind.code});
        if (while_opening) day.open();
        const bool reached_while_opening = first_disk.count(kind.operation) > before + nth;
        if (while_opening && !reached_while_opening) return sum;
        const std::size_t heard_while_opening = day.heard();
        day.work(restart);
        if (!while_opening && day.heard() == 0 && first_disk.count(kind.operation) <= before + nth) return sum;
        day.go_on();
        ++sum.faults;
        sum.images += day.images();
        if (kind.must_be_heard) CHECK(day.heard() > 0);
        if (heard_while_opening == 0 && !restart) day.no_refused_claim_is_live();
        CHECK(day.claims() > 0);
    }
}

}  // namespace

TEST_CASE("Whichever operation of the disk fails, it is reported, nothing confirmed is lost, and the work goes on") {
    for (const Kind& kind : kinds) {
        const Sum sum = fail_each(kind, false, false);
        UNSCOPED_INFO(kind.name << ": " << sum.faults << " faults, " << sum.images << " power losses after them");
        CHECK(sum.images >= sum.faults);
        if (kind.must_be_heard) CHECK(sum.faults > 5);
    }
}

TEST_CASE("A daemon that starts again after an error of the disk builds on nothing that never reached it") {
    for (const Kind& kind : kinds) {
        if (kind.operation == DiskOperation::sync) CHECK(fail_each(kind, true, false).faults > 5);
    }
}

TEST_CASE("Whichever operation fails while the database is made, the next try makes one that lasts") {
    for (const Kind& kind : kinds) {
        if (kind.must_be_heard && kind.code == 0) CHECK(fail_each(kind, false, true).faults > 5);
    }
}

TEST_CASE("A store on a simulated disk touches nothing on the machine's") {
    Machine machine{1};
    Result<Store> store = machine.open();
    REQUIRE(store);
    Workload work{1, {}};
    REQUIRE(work.start(*store));
    REQUIRE(work.group(*store));
    REQUIRE(store->examine());
    store->end_run();
    for (const auto& entry : std::filesystem::directory_iterator{"/"}) {
        CHECK_FALSE(entry.path().native().starts_with(database_path));
    }
}

}  // namespace outdial::proof
