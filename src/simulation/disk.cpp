#include "simulation/disk.hpp"

#include <sqlite3.h>

#include "zone/atlas.hpp"

namespace outdial::simulation {

namespace {

constexpr const char* database = "/outdial.db";

}  // namespace

void Disk::Closer::operator()(sqlite3* db) const { sqlite3_close(db); }

Disk::Disk(std::uint64_t seed, std::function<UtcTime()> clock, std::function<bool()> before_change)
    : clock_(std::move(clock)), before_change_(std::move(before_change)), seed_(seed) {
    sim::make_sqlite_repeatable(seed);
    boot({});
}

Disk::~Disk() = default;

void Disk::boot(const sim::DiskImage& image) {
    lock_.reset();
    former_ = std::move(disk_);
    disk_ = std::make_unique<sim::FaultDisk>(sim::DiskOptions{.seed = ++seed_, .clock = clock_}, image);
    disk_->before_change([this, disk = disk_.get()](sim::DiskOperation, std::string_view) {
        // What the former process leaves behind when it is taken down does not count.
        if (disk == disk_.get() && !before_change_()) disk->cut_power();
    });
}

Result<store::Store> Disk::open_store() const {
    auto store = store::Store::open(database, {.vfs = disk_->vfs()});
    if (!store) return store;
    if (auto run = store->start_run({}); !run) return tl::unexpected(run.error());
    auto atlas = zone::Atlas::load();
    if (!atlas) return tl::unexpected(atlas.error());
    store->set_geography(std::make_shared<const zone::Atlas>(std::move(*atlas)));
    return store;
}

std::unique_ptr<DatabaseView> Disk::open_view() const {
    return std::make_unique<DatabaseView>(database, disk_->vfs().c_str());
}

void Disk::end_of_process() { boot(disk_->after_process_crash()); }
void Disk::lose_power(Random& random) { boot(disk_->after_power_loss(random)); }
void Disk::heal() {
    disk_->clear_faults();
    lock_.reset();
}

bool Disk::hold_lock() {
    sqlite3* db = nullptr;
    const int opened =
        sqlite3_open_v2(database, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, disk_->vfs().c_str());
    std::unique_ptr<sqlite3, Closer> other{db};
    if (opened != SQLITE_OK) return false;
    sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    if (sqlite3_exec(db, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) != SQLITE_OK) return false;
    lock_ = std::move(other);
    return true;
}

}  // namespace outdial::simulation
