// SQLite locks single bytes of its files (POSIX locks), and fcntl(F_GETLK) names the process that holds one. The
// question must not be asked through a descriptor of our own: closing it would drop every lock that this process holds
// on the file, SQLite's among them. So it is asked through SQLite's descriptors, found by their inode.
#include "store/lock_holders.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdint>
#include <fstream>
#include <limits>

namespace outdial::store {

namespace {

// Byte ranges of the -shm file: https://www.sqlite.org/walformat.html#the_wal_index_file_format ("WAL locks").
constexpr off_t wal_write_lock = 120;
constexpr off_t first_read_lock = 123;
constexpr std::size_t read_locks = 5;
constexpr off_t read_marks = 100;  // one 32-bit number for each read lock: how much of the log its readers may see
// Of the database file: the range whose write lock a connection in locking_mode=EXCLUSIVE holds, and nobody else in
// WAL.
constexpr off_t shared_range = 0x40000002;
constexpr off_t shared_range_size = 510;

std::string program_of(pid_t pid) {
    std::ifstream file{"/proc/" + std::to_string(pid) + "/comm"};
    std::string name;
    std::getline(file, name);
    return name;
}

// A descriptor of this process that is open on the file; negative for none.
int open_descriptor(const std::string& path) {
    struct stat wanted {};
    if (::stat(path.c_str(), &wanted) != 0) return -1;
    std::error_code error;
    for (std::filesystem::directory_iterator entry{"/proc/self/fd", error}, end; !error && entry != end;
         entry.increment(error)) {
        const std::string name = entry->path().filename();
        int fd = -1;
        std::from_chars(name.data(), name.data() + name.size(), fd);
        struct stat found {};
        if (fd >= 0 && ::fstat(fd, &found) == 0 && found.st_dev == wanted.st_dev && found.st_ino == wanted.st_ino) {
            return fd;
        }
    }
    return -1;
}

// Who would keep this process from locking the range; never the process itself.
std::optional<LockHolder> holder(int fd, short kind, off_t start, off_t size) {
    struct flock lock {};
    lock.l_type = kind;
    lock.l_whence = SEEK_SET;
    lock.l_start = start;
    lock.l_len = size;
    if (fd < 0 || ::fcntl(fd, F_GETLK, &lock) != 0 || lock.l_type == F_UNLCK) return std::nullopt;
    if (lock.l_pid <= 0) return LockHolder{};
    return LockHolder{lock.l_pid, program_of(lock.l_pid)};
}

}  // namespace

std::string to_text(const LockHolder& holder) {
    if (holder.pid == 0) return "a process in another container";
    std::string text = "process " + std::to_string(holder.pid);
    if (!holder.program.empty()) text += " (" + holder.program + ")";
    return text;
}

std::optional<LockHolder> write_lock_holder(const std::filesystem::path& database) {
    if (auto found = holder(open_descriptor(database.string() + "-shm"), F_WRLCK, wal_write_lock, 1)) return found;
    return holder(open_descriptor(database.string()), F_RDLCK, shared_range, shared_range_size);
}

std::optional<LockHolder> oldest_reader(const std::filesystem::path& database) {
    const int fd = open_descriptor(database.string() + "-shm");
    std::array<std::uint32_t, read_locks> marks{};
    if (fd < 0 || ::pread(fd, marks.data(), sizeof marks, read_marks) != static_cast<ssize_t>(sizeof marks)) {
        return std::nullopt;
    }
    std::optional<LockHolder> oldest;
    std::uint64_t oldest_mark = std::numeric_limits<std::uint64_t>::max();
    for (std::size_t i = 0; i < read_locks; ++i) {
        if (marks[i] >= oldest_mark) continue;
        if (auto found = holder(fd, F_WRLCK, first_read_lock + static_cast<off_t>(i), 1)) {
            oldest = std::move(found);
            oldest_mark = marks[i];
        }
    }
    return oldest;
}

}  // namespace outdial::store
