#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "base/random.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "sim/fault_vfs.hpp"
#include "simulation/database_view.hpp"
#include "store/store.hpp"

struct sqlite3;

namespace outdial::simulation {

/// The simulated machine's disk, with the database on it. Before end_of_process() and lose_power() are followed by the
/// next open_store(), everything that was opened must have been closed.
class Disk {
public:
    /// `clock` is what SQLite's 'now' is; `before_change` is asked before each change, and false cuts the process off:
    /// from then on nothing it does reaches the disk.
    Disk(std::uint64_t seed, std::function<UtcTime()> clock, std::function<bool()> before_change);
    ~Disk();
    Disk(const Disk&) = delete;
    Disk& operator=(const Disk&) = delete;

    [[nodiscard]] Result<store::Store> open_store() const;
    [[nodiscard]] std::unique_ptr<DatabaseView> open_view() const;

    /// Keeps what the process wrote, synced or not, whatever is still closed in good order.
    void end_of_process();
    /// Keeps what was synced, and of the rest what chance leaves.
    void lose_power(Random& random);

    void fail(sim::DiskFault fault) { disk_->fail(std::move(fault)); }
    void clear_faults() { disk_->clear_faults(); }
    void heal();
    /// As another program does; false where the database is locked already.
    bool hold_lock();
    void release_lock() { lock_.reset(); }

private:
    struct Closer {
        void operator()(sqlite3* db) const;
    };
    void boot(const sim::DiskImage& image);

    const std::function<UtcTime()> clock_;
    const std::function<bool()> before_change_;
    std::uint64_t seed_;
    std::unique_ptr<sim::FaultDisk> disk_;
    std::unique_ptr<sim::FaultDisk> former_;  // until all that had it open is closed
    std::unique_ptr<sqlite3, Closer> lock_;
};

}  // namespace outdial::simulation
