#include "sim/fault_vfs.hpp"

#include <sqlite3.h>

#include <utility>

#include "base/check.hpp"
#include "sim/fault_disk_state.hpp"

namespace outdial::sim {

namespace {

int usual_code(DiskOperation operation) {
    switch (operation) {
        case DiskOperation::open: return SQLITE_CANTOPEN;
        case DiskOperation::read: return SQLITE_IOERR_READ;
        case DiskOperation::write: return SQLITE_IOERR_WRITE;
        case DiskOperation::sync: return SQLITE_IOERR_FSYNC;
        case DiskOperation::truncate: return SQLITE_IOERR_TRUNCATE;
        case DiskOperation::remove: return SQLITE_IOERR_DELETE;
        case DiskOperation::lock: return SQLITE_BUSY;
    }
    return SQLITE_IOERR;
}

bool changes_the_disk(DiskOperation operation) {
    switch (operation) {
        case DiskOperation::open:  // only those are reported that make a file: State::may()
        case DiskOperation::write:
        case DiskOperation::sync:
        case DiskOperation::truncate:
        case DiskOperation::remove: return true;
        case DiskOperation::read:
        case DiskOperation::lock: return false;
    }
    return false;
}

}  // namespace

int FaultDisk::State::may(DiskOperation operation, std::string_view file, bool changes) {
    ++counts[static_cast<std::size_t>(operation)];
    if (!powered) return SQLITE_IOERR;
    if (changes) {
        ++change_count;
        if (before_change) before_change(operation, file);
        if (!powered) return SQLITE_IOERR;
    }
    int code = SQLITE_OK;
    for (DiskFault& fault : faults) {
        const bool meant = fault.operation ? *fault.operation == operation : changes;
        if (!meant || fault.times == 0 || !file.ends_with(fault.file)) continue;
        if (fault.after > 0) {
            --fault.after;
            continue;
        }
        if (fault.times != DiskFault::for_ever) --fault.times;
        code = fault.code != 0 ? fault.code : usual_code(operation);
    }
    return code;
}

int FaultDisk::State::may(DiskOperation operation, std::string_view file) {
    return may(operation, file, operation != DiskOperation::open && changes_the_disk(operation));
}

std::shared_ptr<DiskFile> FaultDisk::State::find(const std::string& name) const {
    const auto found = files.find(name);
    return found == files.end() ? nullptr : found->second;
}

void FaultDisk::State::remove(const std::string& name, bool for_good) {
    const auto found = files.find(name);
    OUTDIAL_CHECK(found != files.end());
    if (found->second->image.name_is_durable() && !for_good) removed.emplace_back(name, found->second->image);
    if (for_good) removed.clear();
    files.erase(found);
}

FaultDisk::FaultDisk(DiskOptions options, const DiskImage& image)
    : state_(std::make_unique<State>(std::move(options))) {
    for (const auto& [name, file] : image.files()) {
        state_->files[name] = std::make_shared<DiskFile>(DiskFile{name, file, {}, {}});
    }
    state_->removed = image.removed();
    register_vfs(*state_);
}

FaultDisk::~FaultDisk() {
    OUTDIAL_CHECK(state_->open_files == 0);
    sqlite3_vfs_unregister(&state_->vfs);
}

const std::string& FaultDisk::vfs() const { return state_->vfs_name; }

void FaultDisk::fail(DiskFault fault) { state_->faults.push_back(std::move(fault)); }

void FaultDisk::clear_faults() { state_->faults.clear(); }

void FaultDisk::lie_about_syncs(bool lies) { state_->lies_about_syncs = lies; }

void FaultDisk::cut_power() { state_->powered = false; }

void FaultDisk::ignore_pragma(std::string name) { state_->ignored_pragmas.insert(std::move(name)); }

void FaultDisk::before_change(std::function<void(DiskOperation, std::string_view)> call) {
    state_->before_change = std::move(call);
}

std::uint64_t FaultDisk::changes() const { return state_->change_count; }

std::uint64_t FaultDisk::count(DiskOperation operation) const {
    return state_->counts[static_cast<std::size_t>(operation)];
}

DiskImage FaultDisk::after_process_crash() const {
    DiskImage image;
    for (const auto& [name, file] : state_->files) image.put(name, file->image);
    for (const auto& [name, file] : state_->removed) image.put_removed(name, file);
    return image;
}

DiskImage FaultDisk::after_power_loss(Random& random) const { return after_process_crash().after_power_loss(random); }

void make_sqlite_repeatable(std::uint64_t seed) {
    const auto never_zero = static_cast<int>(seed & 0x3fffffff) | 0x40000000;  // zero means: ask the default disk
    sqlite3_test_control(SQLITE_TESTCTRL_PRNG_SEED, never_zero, nullptr);
    sqlite3_randomness(0, nullptr);  // forgets the present state, so that the next call takes the seed
}

}  // namespace outdial::sim
