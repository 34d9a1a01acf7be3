// Inside the simulated disk: what FaultDisk and the functions that SQLite calls share.
#pragma once

#include <sqlite3.h>

#include <array>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/disk_image.hpp"
#include "sim/disk_locks.hpp"
#include "sim/fault_vfs.hpp"

namespace outdial::sim {

/// Lives as long as it has a name or is open.
struct DiskFile {
    std::string name;  // empty: a temporary file
    FileImage image;
    FileLocks locks;
    std::weak_ptr<SharedMemory> memory;  // of those connections that have mapped it
};

struct FaultDisk::State {
    explicit State(DiskOptions wanted) : options(std::move(wanted)), random(options.seed) {}

    /// Counts the operation. SQLITE_OK, or how it fails.
    int may(DiskOperation operation, std::string_view file);
    int may(DiskOperation operation, std::string_view file, bool changes);
    [[nodiscard]] std::shared_ptr<DiskFile> find(const std::string& name) const;
    void remove(const std::string& name, bool for_good);

    DiskOptions options;
    Random random;
    std::string vfs_name;
    sqlite3_vfs vfs{};
    std::map<std::string, std::shared_ptr<DiskFile>> files;
    std::vector<std::pair<std::string, FileImage>> removed;  // and the folder was not synced since
    std::vector<DiskFault> faults;
    std::set<std::string, std::less<>> ignored_pragmas;
    std::function<void(DiskOperation, std::string_view)> before_change;
    std::array<std::uint64_t, disk_operations> counts{};
    std::uint64_t change_count = 0;
    int open_files = 0;
    bool lies_about_syncs = false;
    bool powered = true;
};

/// Gives the disk a name and tells SQLite of it.
void register_vfs(FaultDisk::State& disk);

}  // namespace outdial::sim
