// A disk in memory, to which SQLite writes as to a real one, and which fails as it is told.
//
//     FaultDisk disk{{.seed = 7}};
//     Store::open("/outdial.db", {.vfs = disk.vfs()});   // all that the program does for it
//     disk.fail({.operation = DiskOperation::sync, .after = 3});
//     ...
//     Random luck{7};
//     FaultDisk next_boot{{.seed = 8}, disk.after_power_loss(luck)};
//
// A run repeats bit by bit where the seed, the clock and the work are the same, and make_sqlite_repeatable() was called
// before it. One thread at a time uses a disk and all connections to it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "sim/disk_image.hpp"

namespace outdial::sim {

/// What SQLite asks of the disk. `lock` is of files and of shared memory, and counts only what is taken.
enum class DiskOperation : std::uint8_t { open, read, write, sync, truncate, remove, lock };
inline constexpr std::size_t disk_operations = 7;

/// Some operations that fail. They fail as real ones do: a write may leave some of its sectors, and after a failed sync
/// the changes are lost although programs go on reading them (FileImage::fail_sync).
struct DiskFault {
    static constexpr std::uint64_t for_ever = std::numeric_limits<std::uint64_t>::max();

    /// None: all that change what is on the disk, which are those that changes() counts.
    std::optional<DiskOperation> operation;
    /// So many of them succeed first, counted from now on.
    std::uint64_t after = 0;
    std::uint64_t times = 1;
    /// SQLite's result code, such as SQLITE_FULL; 0 for what a broken disk answers (and a held lock).
    int code = 0;
    /// Only of files whose name ends so: "-wal".
    std::string file = {};
};

struct DiskOptions {
    std::uint64_t seed = 1;
    /// What SQLite's 'now' is. None: it stands still.
    std::function<UtcTime()> clock = {};
};

class FaultDisk {
public:
    /// With these files. Their locks and shared memory are nobody's, as after a restart.
    explicit FaultDisk(DiskOptions options = {}, const DiskImage& image = {});
    /// All connections must have been closed.
    ~FaultDisk();
    FaultDisk(const FaultDisk&) = delete;
    FaultDisk& operator=(const FaultDisk&) = delete;

    /// Under which SQLite knows it; one of its own for every disk of the process.
    [[nodiscard]] const std::string& vfs() const;

    /// Beside those that were asked for before.
    void fail(DiskFault fault);
    void clear_faults();
    /// Syncs succeed and do nothing, as with a disk that answers from a cache without a battery.
    void lie_about_syncs(bool lies);
    /// From now on nothing succeeds, and nothing on the disk changes.
    void cut_power();
    /// SQLite is told that this PRAGMA was carried out, and it was not: to plant a wrong setting in a program.
    void ignore_pragma(std::string name);
    /// Called before each operation that changes the disk: the moment for a power loss. It may read this disk's images,
    /// and use other disks; it must not use this one's connections.
    void before_change(std::function<void(DiskOperation, std::string_view file)> call);

    /// So far: opens that made a file, writes, syncs, truncates and removals, also those that failed.
    [[nodiscard]] std::uint64_t changes() const;
    [[nodiscard]] std::uint64_t count(DiskOperation operation) const;

    /// What the next process finds after this one has crashed: all writes, synced or not.
    [[nodiscard]] DiskImage after_process_crash() const;
    /// What the next boot finds: all that was synced, and of the rest what chance leaves.
    [[nodiscard]] DiskImage after_power_loss(Random& random) const;

    struct State;

private:
    std::unique_ptr<State> state_;
};

/// SQLite has one source of randomness in a process (WAL salts, randomblob), seeded once: from here on it is this
/// seed's.
void make_sqlite_repeatable(std::uint64_t seed);

}  // namespace outdial::sim
