// The functions that SQLite calls: https://sqlite.org/c3ref/vfs.html and .../io_methods.html. They answer as SQLite's
// own unix VFS does with a local file, so that what is proven here holds there: the same device characteristics decide
// which pages the write-ahead log pads and syncs.
#include <atomic>
#include <cstring>
#include <new>

#include "base/check.hpp"
#include "sim/fault_disk_state.hpp"

namespace outdial::sim {

namespace {

constexpr int longest_name = 512;
constexpr int unix_sector_bytes = 4096;                        // what the unix VFS says of every disk
constexpr std::int64_t julian_epoch_ms = 210'866'760'000'000;  // 1970-01-01, as SQLite counts
constexpr double ms_per_day = 86'400'000.0;

/// One connection's view of a file.
struct OpenFile {
    FaultDisk::State* disk;
    std::shared_ptr<DiskFile> file;
    std::shared_ptr<SharedMemory> memory;
    SharedMemory::Held held;
    int lock = SQLITE_LOCK_NONE;
    int keep_wal = 0;
    bool remove_on_close = false;
};

/// What lies in the memory that SQLite gives to a file.
struct FileSlot {
    sqlite3_file base;
    OpenFile* open;
};

OpenFile& opened(sqlite3_file* file) { return *reinterpret_cast<FileSlot*>(file)->open; }
FaultDisk::State& disk_of(sqlite3_vfs* vfs) { return *static_cast<FaultDisk::State*>(vfs->pAppData); }

int close_file(sqlite3_file* handle) {
    const std::unique_ptr<OpenFile> open{reinterpret_cast<FileSlot*>(handle)->open};
    open->file->locks.unlock(open.get(), open->lock, SQLITE_LOCK_NONE);
    if (open->memory) open->memory->unlock(open->held, 0, SharedMemory::locks);
    if (open->remove_on_close && open->disk->find(open->file->name) == open->file) {
        open->disk->remove(open->file->name, false);
    }
    --open->disk->open_files;
    return SQLITE_OK;
}

int read_file(sqlite3_file* handle, void* out, int wanted, sqlite3_int64 at) {
    OpenFile& open = opened(handle);
    if (const int code = open.disk->may(DiskOperation::read, open.file->name)) return code;
    const std::string_view content = open.file->image.content();
    const auto offset = static_cast<std::size_t>(at);
    const auto size = static_cast<std::size_t>(wanted);
    const std::size_t there = offset < content.size() ? std::min(size, content.size() - offset) : 0;
    if (there > 0) std::memcpy(out, content.data() + offset, there);
    if (there == size) return SQLITE_OK;
    std::memset(static_cast<char*>(out) + there, 0, size - there);
    return SQLITE_IOERR_SHORT_READ;
}

int write_file(sqlite3_file* handle, const void* bytes, int size, sqlite3_int64 at) {
    OpenFile& open = opened(handle);
    std::string_view text{static_cast<const char*>(bytes), static_cast<std::size_t>(size)};
    const int code = open.disk->may(DiskOperation::write, open.file->name);
    if (code != SQLITE_OK) {
        if (!open.disk->powered) return code;
        text = text.substr(0, open.disk->random.below(text.size() / sector_bytes + 1) * sector_bytes);
    }
    if (!text.empty()) open.file->image.write(static_cast<std::size_t>(at), text);
    return code;
}

int truncate_file(sqlite3_file* handle, sqlite3_int64 size) {
    OpenFile& open = opened(handle);
    if (const int code = open.disk->may(DiskOperation::truncate, open.file->name)) return code;
    open.file->image.truncate(static_cast<std::size_t>(size));
    return SQLITE_OK;
}

int sync_file(sqlite3_file* handle, int) {
    OpenFile& open = opened(handle);
    if (const int code = open.disk->may(DiskOperation::sync, open.file->name)) {
        if (open.disk->powered) open.file->image.fail_sync(open.disk->random);
        return code;
    }
    if (open.disk->lies_about_syncs) return SQLITE_OK;
    // The first sync of a file that SQLite has made is followed by one of its folder.
    if (!open.file->image.name_is_durable()) open.disk->removed.clear();
    open.file->image.sync();
    return SQLITE_OK;
}

int size_of_file(sqlite3_file* handle, sqlite3_int64* size) {
    *size = static_cast<sqlite3_int64>(opened(handle).file->image.content().size());
    return SQLITE_OK;
}

int lock_file(sqlite3_file* handle, int level) {
    OpenFile& open = opened(handle);
    if (const int code = open.disk->may(DiskOperation::lock, open.file->name)) return code;
    return open.file->locks.lock(&open, open.lock, level) ? SQLITE_OK : SQLITE_BUSY;
}

int unlock_file(sqlite3_file* handle, int level) {
    OpenFile& open = opened(handle);
    open.file->locks.unlock(&open, open.lock, level);
    return SQLITE_OK;
}

int check_reserved_lock(sqlite3_file* handle, int* reserved) {
    *reserved = opened(handle).file->locks.is_reserved() ? 1 : 0;
    return SQLITE_OK;
}

int control_file(sqlite3_file* handle, int what, void* argument) {
    OpenFile& open = opened(handle);
    if (what == SQLITE_FCNTL_PERSIST_WAL) {
        int& keep = *static_cast<int*>(argument);
        if (keep >= 0) open.keep_wal = keep;
        keep = open.keep_wal;
        return SQLITE_OK;
    }
    if (what == SQLITE_FCNTL_PRAGMA) {
        const char* name = static_cast<char**>(argument)[1];
        return open.disk->ignored_pragmas.contains(std::string_view{name}) ? SQLITE_OK : SQLITE_NOTFOUND;
    }
    return SQLITE_NOTFOUND;
}

int sector_size(sqlite3_file*) { return unix_sector_bytes; }
int device_characteristics(sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }

int map_memory(sqlite3_file* handle, int index, int bytes, int make, void volatile** region) {
    OpenFile& open = opened(handle);
    if (!open.memory) {
        open.memory = open.file->memory.lock();
        if (!open.memory) {
            open.memory = std::make_shared<SharedMemory>();
            open.file->memory = open.memory;
        }
    }
    *region = open.memory->region(static_cast<std::size_t>(index), static_cast<std::size_t>(bytes), make != 0);
    return SQLITE_OK;
}

int lock_memory(sqlite3_file* handle, int first, int count, int flags) {
    OpenFile& open = opened(handle);
    const auto from = static_cast<std::size_t>(first);
    const auto locks = static_cast<std::size_t>(count);
    if ((flags & SQLITE_SHM_UNLOCK) != 0) {
        open.memory->unlock(open.held, from, locks);
        return SQLITE_OK;
    }
    if (const int code = open.disk->may(DiskOperation::lock, open.file->name)) return code;
    const bool taken = (flags & SQLITE_SHM_SHARED) != 0 ? open.memory->lock_shared(open.held, from)
                                                        : open.memory->lock_exclusive(open.held, from, locks);
    return taken ? SQLITE_OK : SQLITE_BUSY;
}

void memory_barrier(sqlite3_file*) { std::atomic_thread_fence(std::memory_order_seq_cst); }

int unmap_memory(sqlite3_file* handle, int) {
    OpenFile& open = opened(handle);
    if (!open.memory) return SQLITE_OK;
    open.memory->unlock(open.held, 0, SharedMemory::locks);
    open.memory.reset();
    return SQLITE_OK;
}

sqlite3_io_methods io_methods() {
    sqlite3_io_methods methods{};
    methods.iVersion = 2;  // with shared memory, without mapped files
    methods.xClose = close_file;
    methods.xRead = read_file;
    methods.xWrite = write_file;
    methods.xTruncate = truncate_file;
    methods.xSync = sync_file;
    methods.xFileSize = size_of_file;
    methods.xLock = lock_file;
    methods.xUnlock = unlock_file;
    methods.xCheckReservedLock = check_reserved_lock;
    methods.xFileControl = control_file;
    methods.xSectorSize = sector_size;
    methods.xDeviceCharacteristics = device_characteristics;
    methods.xShmMap = map_memory;
    methods.xShmLock = lock_memory;
    methods.xShmBarrier = memory_barrier;
    methods.xShmUnmap = unmap_memory;
    return methods;
}

int open_file(sqlite3_vfs* vfs, const char* path, sqlite3_file* out, int flags, int* out_flags) {
    static const sqlite3_io_methods methods = io_methods();
    out->pMethods = nullptr;  // what failed to open is not closed
    FaultDisk::State& disk = disk_of(vfs);
    const std::string name = path == nullptr ? "" : path;
    std::shared_ptr<DiskFile> file = name.empty() ? nullptr : disk.find(name);
    const bool makes = !file;
    if (makes && !name.empty() && (flags & SQLITE_OPEN_CREATE) == 0) return SQLITE_CANTOPEN;
    if (const int code = disk.may(DiskOperation::open, name, makes)) return code;
    if (makes) {
        file = std::make_shared<DiskFile>(DiskFile{name, {}, {}, {}});
        if (!name.empty()) disk.files[name] = file;
    }
    ++disk.open_files;
    const bool remove_on_close = (flags & SQLITE_OPEN_DELETEONCLOSE) != 0 && !name.empty();
    reinterpret_cast<FileSlot*>(out)->open =
        new OpenFile{&disk, std::move(file), nullptr, {}, SQLITE_LOCK_NONE, 0, remove_on_close};  // until close_file()
    out->pMethods = &methods;
    if (out_flags != nullptr) *out_flags = flags;
    return SQLITE_OK;
}

int remove_file(sqlite3_vfs* vfs, const char* path, int sync_folder) {
    FaultDisk::State& disk = disk_of(vfs);
    if (!disk.find(path)) return SQLITE_IOERR_DELETE_NOENT;
    if (const int code = disk.may(DiskOperation::remove, path)) return code;
    disk.remove(path, (sync_folder & 1) != 0 && !disk.lies_about_syncs);
    return SQLITE_OK;
}

int access_file(sqlite3_vfs* vfs, const char* path, int, int* result) {
    *result = disk_of(vfs).find(path) ? 1 : 0;
    return SQLITE_OK;
}

int full_path(sqlite3_vfs*, const char* path, int room, char* out) {
    sqlite3_snprintf(room, out, "%s", path);
    return SQLITE_OK;
}

int give_randomness(sqlite3_vfs* vfs, int bytes, char* out) {
    for (int i = 0; i < bytes; ++i) out[i] = static_cast<char>(disk_of(vfs).random.below(256));
    return bytes;
}

// Waiting is no use where one thread runs everything: what holds a lock goes on only when this call has returned.
int sleep_not(sqlite3_vfs*, int microseconds) { return microseconds; }

int current_time_ms(sqlite3_vfs* vfs, sqlite3_int64* julian_ms) {
    const FaultDisk::State& disk = disk_of(vfs);
    *julian_ms = julian_epoch_ms + (disk.options.clock ? to_unix_ms(disk.options.clock()) : 0);
    return SQLITE_OK;
}

int current_time(sqlite3_vfs* vfs, double* julian_days) {
    sqlite3_int64 ms = 0;
    current_time_ms(vfs, &ms);
    *julian_days = static_cast<double>(ms) / ms_per_day;
    return SQLITE_OK;
}

}  // namespace

void register_vfs(FaultDisk::State& disk) {
    static std::atomic<std::uint64_t> disks{0};
    disk.vfs_name = "outdial-disk-" + std::to_string(++disks);
    sqlite3_vfs& vfs = disk.vfs;
    vfs.iVersion = 2;
    vfs.szOsFile = sizeof(FileSlot);
    vfs.mxPathname = longest_name;
    vfs.zName = disk.vfs_name.c_str();
    vfs.pAppData = &disk;
    vfs.xOpen = open_file;
    vfs.xDelete = remove_file;
    vfs.xAccess = access_file;
    vfs.xFullPathname = full_path;
    vfs.xRandomness = give_randomness;
    vfs.xSleep = sleep_not;
    vfs.xCurrentTime = current_time;
    vfs.xCurrentTimeInt64 = current_time_ms;
    OUTDIAL_CHECK(sqlite3_vfs_register(&vfs, 0) == SQLITE_OK);
}

}  // namespace outdial::sim
