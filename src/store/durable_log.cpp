// Why the log is written again. When a sync fails, Linux takes the pages that it could not write for clean: programs go
// on reading them, the next sync succeeds, and they are not on the disk. A connection (or a whole new process) that
// opens the database after that takes those frames for committed and appends to them. Each frame's checksum covers all
// frames before it, so a power loss would then end the log at the hole, and drop every commit behind it that was
// confirmed.
#include "store/durable_log.hpp"

#include <fmt/core.h>
#include <sqlite3.h>

#include <algorithm>
#include <cstddef>
#include <vector>

#include "store/database.hpp"

namespace outdial::store {

namespace {

// https://sqlite.org/fileformat2.html#the_write_ahead_log
constexpr int log_header_bytes = 32;
constexpr int page_size_at = 8;
constexpr int log_salt_at = 16;
constexpr int frame_header_bytes = 24;
constexpr int frame_salt_at = 8;
constexpr int salt_bytes = 8;
constexpr std::uint32_t largest_page = 65536;

using Bytes = std::vector<unsigned char>;

std::uint32_t big_endian(const unsigned char* at) {
    return std::uint32_t{at[0]} << 24 | std::uint32_t{at[1]} << 16 | std::uint32_t{at[2]} << 8 | at[3];
}

// SQLITE_OK also for a log that has no frames. Frames of other salts are left over from before the log was reset.
int write_again(sqlite3_file& log) {
    const auto read = [&log](Bytes& bytes, sqlite3_int64 at) {
        return log.pMethods->xRead(&log, bytes.data(), static_cast<int>(bytes.size()), at);
    };
    const auto write = [&log](const Bytes& bytes, sqlite3_int64 at) {
        return log.pMethods->xWrite(&log, bytes.data(), static_cast<int>(bytes.size()), at);
    };
    Bytes header(log_header_bytes);
    int code = read(header, 0);
    if (code == SQLITE_IOERR_SHORT_READ) return SQLITE_OK;
    const std::uint32_t page_bytes = big_endian(&header[page_size_at]);
    if (code == SQLITE_OK && (page_bytes == 0 || page_bytes > largest_page)) return SQLITE_OK;
    if (code == SQLITE_OK) code = write(header, 0);
    Bytes frame(frame_header_bytes + page_bytes);
    for (sqlite3_int64 at = log_header_bytes; code == SQLITE_OK; at += static_cast<sqlite3_int64>(frame.size())) {
        code = read(frame, at);
        if (code == SQLITE_IOERR_SHORT_READ) break;
        const auto salt = header.begin() + log_salt_at;
        if (!std::equal(salt, salt + salt_bytes, frame.begin() + frame_salt_at)) break;
        if (code == SQLITE_OK) code = write(frame, at);
    }
    if (code != SQLITE_OK && code != SQLITE_IOERR_SHORT_READ) return code;
    return log.pMethods->xSync(&log, SQLITE_SYNC_NORMAL);
}

}  // namespace

Result<void> make_log_durable(Database& database) {
    Scope scope{database};  // the write lock, and the log is open
    if (!database.failed()) {
        sqlite3_file* log = nullptr;
        sqlite3_file_control(database.handle(), "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
        const int code = log == nullptr || log->pMethods == nullptr ? SQLITE_CANTOPEN : write_again(*log);
        if (code != SQLITE_OK) {
            database.refuse(
                fmt::format("database {}: its write-ahead log cannot be brought onto the disk: {} ({}); look at the "
                            "kernel's log (dmesg), and keep the file and its -wal",
                            database.path().native(), sqlite3_errstr(code), code),
                Fault::disk_error);
        }
    }
    return scope.finish();
}

}  // namespace outdial::store
