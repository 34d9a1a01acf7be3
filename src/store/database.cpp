#include "store/database.hpp"

#include <fmt/core.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <cerrno>

#include "base/check.hpp"
#include "store/database_file.hpp"
#include "store/lock_holders.hpp"

namespace outdial::store {

namespace {

constexpr int lock_poll_ms = 5;
// 32 MiB of page cache; and a log that has been checkpointed completely is cut back to 64 MiB when it is reused.
constexpr const char* limits_sql = "PRAGMA cache_size = -32768; PRAGMA journal_size_limit = 67108864;";

Fault fault_of(int code, int system_error) {
    // -shm grows by a write of its own, whose failure SQLite does not call a full disk; nor a quota's.
    const bool no_room = system_error == ENOSPC || system_error == EDQUOT || system_error == EFBIG;
    switch (code & 0xff) {
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
        case SQLITE_PROTOCOL: return Fault::busy;
        case SQLITE_FULL: return Fault::disk_full;
        case SQLITE_IOERR: return no_room ? Fault::disk_full : Fault::disk_error;
        case SQLITE_READONLY:
        case SQLITE_PERM:
        case SQLITE_CANTOPEN:
        case SQLITE_AUTH: return Fault::read_only;
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB: return Fault::damaged;
        case SQLITE_NOMEM: return Fault::other;
        default: return Fault::none;
    }
}

std::string advice(Fault fault, const std::filesystem::path& path) {
    switch (fault) {
        case Fault::busy: {
            const auto holder = write_lock_holder(path);
            return (holder ? to_text(*holder) : "another program") +
                   " holds its write lock; end the transaction that it has open, or the program";
        }
        case Fault::disk_full: return "the disk is full; make room on it";
        case Fault::disk_error: return "the disk reported an error; look at the kernel's log (dmesg)";
        case Fault::read_only:
            return "check that the file, its folder and its -wal and -shm files belong to the user that Outdial runs "
                   "as, and that the file system is not mounted read-only";
        case Fault::damaged:
            return "the file is damaged or not a database: stop Outdial, keep the file, restore the newest backup";
        case Fault::moved:
        case Fault::altered:
        case Fault::taken_over:
        case Fault::none:
        case Fault::other: return "";
    }
    return "";
}

}  // namespace

void Database::Closer::operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }

Database::~Database() = default;

Result<std::unique_ptr<Database>> Database::open(const std::filesystem::path& path, Access access,
                                                 const DatabaseOptions& options, LockPatience patience) {
    const bool writes = access == Access::read_write;
    const bool on_this_machine = options.vfs.empty();
    if (on_this_machine) {
        const Result<void> file = writes ? prepare_database_file(path) : check_database_file(path);
        if (!file) return tl::unexpected<Error>(file.error());
    }

    sqlite3* raw = nullptr;
    const int create = on_this_machine ? 0 : SQLITE_OPEN_CREATE;
    const int flags = (writes ? SQLITE_OPEN_READWRITE | create : SQLITE_OPEN_READONLY) | SQLITE_OPEN_NOMUTEX;
    const int code = sqlite3_open_v2(path.c_str(), &raw, flags, on_this_machine ? nullptr : options.vfs.c_str());
    std::unique_ptr<Database> database{new Database{path, std::unique_ptr<sqlite3, Closer>{raw}}};
    OUTDIAL_CHECK(raw != nullptr);  // null only where there is no memory at all
    database->set_patience(std::move(patience));
    if (code != SQLITE_OK) {
        database->note_sqlite_failure("opening");
    } else if (database->configure(access)) {
        return database;
    }
    return tl::unexpected<Error>(std::move(database->take_failure()->error));
}

bool Database::configure(Access access) {
    sqlite3* db = handle();
    sqlite3_extended_result_codes(db, 1);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    execute("PRAGMA foreign_keys = ON; PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY;", "configuring");
    if (access == Access::read_only) return execute("PRAGMA query_only = ON", "configuring");

    int keep = 1;
    sqlite3_file_control(db, "main", SQLITE_FCNTL_PERSIST_WAL, &keep);
    // A hook takes the place of SQLite's own checkpoints after a commit: the store's thread chooses the moment.
    const auto note_length = [](void* pages, sqlite3*, const char*, int length) {
        *static_cast<int*>(pages) = length;
        return SQLITE_OK;
    };
    sqlite3_wal_hook(db, note_length, &wal_pages_);
    execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;", "switching to WAL");
    if (!execute(limits_sql, "configuring")) return false;
    // SQLite opens a new database's log only now, and does not give back an index of it that was mapped before.
    if (!execute("PRAGMA schema_version", "opening the log")) return false;
    note_file();
    return true;
}

bool Database::execute(const char* sql, const char* what) {
    if (failed()) return false;
    if (sqlite3_exec(handle(), sql, nullptr, nullptr, nullptr) == SQLITE_OK) return true;
    note_sqlite_failure(what);
    return false;
}

void Database::refuse(std::string message, Fault fault) {
    if (!failure_) failure_ = Failure{Error{std::move(message)}, fault};
}

void Database::note_sqlite_failure(const char* what) {
    if (failure_) return;
    const int code = sqlite3_extended_errcode(handle());
    const Fault fault = fault_of(code, sqlite3_system_errno(handle()));
    std::string message = fmt::format("database {}: {} ({}), while: {}", path_.native(), sqlite3_errmsg(handle()), code,
                                      std::string_view{what}.substr(0, 60));
    if (const std::string hint = advice(fault, path_); !hint.empty()) message += fmt::format("; {}", hint);
    failure_ = Failure{Error{std::move(message)}, fault};
}

void Database::set_patience(LockPatience patience) {
    patience_ = std::move(patience);
    const auto wait = [](void* database, int tries) {
        return static_cast<Database*>(database)->wait_for_lock(tries) ? 1 : 0;
    };
    if (patience_.tell) {
        sqlite3_busy_handler(handle(), wait, this);
    } else {
        sqlite3_busy_timeout(handle(), static_cast<int>(patience_.longest.count()));
    }
}

// SQLite asks before each further try.
bool Database::wait_for_lock(int tries) {
    const auto now = std::chrono::steady_clock::now();
    if (tries == 0) {
        wait_began_ = now;
        const auto holder = write_lock_holder(path_);
        patience_.tell(holder ? to_text(*holder) : "another program");
    }
    if (now - wait_began_ >= patience_.longest) return false;
    sqlite3_sleep(lock_poll_ms);
    return true;
}

std::optional<Database::Failure> Database::take_failure() {
    std::optional<Failure> taken = std::move(failure_);
    failure_.reset();
    if (taken) last_fault_ = taken->fault;
    return taken;
}

bool Database::in_transaction() const { return sqlite3_get_autocommit(handle()) == 0; }

std::int64_t Database::last_inserted_id() const { return sqlite3_last_insert_rowid(handle()); }

void Database::begin_group() {
    OUTDIAL_CHECK(!group_open_ && !in_transaction());
    group_open_ = execute("BEGIN IMMEDIATE", "beginning a transaction");
}

void Database::commit_group() {
    OUTDIAL_CHECK(group_open_);
    group_open_ = false;
    if (!failed() && !in_transaction()) {
        failure_ =
            Failure{Error{fmt::format("database {}: SQLite gave the transaction up", path_.native())}, Fault::other};
    }
    execute("COMMIT", "committing");
    if (file_stamp() == file_stamp_) log_index_ = log_index();  // the commit may have begun the log anew
    if (failed()) ++times_undone_;
    if (failed() && in_transaction()) sqlite3_exec(handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void Database::rollback_group() {
    group_open_ = false;
    ++times_undone_;
    if (in_transaction()) sqlite3_exec(handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

Result<Database::WalState> Database::checkpoint() { return checkpoint(SQLITE_CHECKPOINT_PASSIVE); }

Result<Database::WalState> Database::shorten_log() { return checkpoint(SQLITE_CHECKPOINT_TRUNCATE); }

Result<Database::WalState> Database::checkpoint(int mode) {
    WalState state;
    const int code = sqlite3_wal_checkpoint_v2(handle(), nullptr, mode, &state.pages, &state.checkpointed);
    note_file();  // which nothing but a checkpoint writes to
    if (code == SQLITE_OK) {
        if (state.checkpointed >= state.pages) wal_pages_ = 0;  // the next transaction begins it anew
        return state;
    }
    note_sqlite_failure("checkpointing");
    return tl::unexpected<Error>(std::move(take_failure()->error));
}

// https://www.sqlite.org/walformat.html#the_wal_index_file_format
Database::LogIndex Database::log_index() const {
    constexpr std::size_t pages_at = 16, salt_at = 32, tried_at = 128;
    constexpr int region_bytes = 32'768;
    sqlite3_file* file = nullptr;
    if (sqlite3_file_control(handle(), "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK) return {};
    if (file->pMethods == nullptr || file->pMethods->iVersion < 2) return {};
    void volatile* index = nullptr;
    if (file->pMethods->xShmMap(file, 0, region_bytes, 0, &index) != SQLITE_OK || index == nullptr) return {};
    const auto number_at = [index](std::size_t at) {
        return static_cast<const volatile std::uint32_t*>(index)[at / sizeof(std::uint32_t)];
    };
    return {number_at(pages_at), {number_at(salt_at), number_at(salt_at + 4)}, number_at(tried_at)};
}

Database::FileStamp Database::file_stamp() const {
    struct stat status {};
    if (::stat(path_.c_str(), &status) != 0) return {};  // on a file system of its own
    return {status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec, status.st_size};
}

void Database::note_file() {
    file_stamp_ = file_stamp();
    log_index_ = log_index();
}

Database::OtherWriter Database::other_writer() {
    const FileStamp stamp_before = file_stamp_;
    const LogIndex index_before = log_index_;
    note_file();
    if (file_stamp_ == stamp_before) return OtherWriter::none;
    return log_index_.differs_by_checkpoint(index_before) ? OtherWriter::checkpoint : OtherWriter::unknown;
}

void Database::close_without_checkpoint() { sqlite3_db_config(handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr); }

Scope::Scope(Database& database) : database_(database) {
    nested_ = database.in_transaction();
    if (database.group_open_ && !nested_) {
        // SQLite rolls a transaction back by itself after some I/O errors. What belongs to the group must not be
        // committed alone.
        database.failure_ = Database::Failure{Error{"the transaction was given up before this job"}, Fault::other};
        return;
    }
    open_ = nested_ ? database.execute("SAVEPOINT job", "beginning a savepoint")
                    : database.execute("BEGIN IMMEDIATE", "beginning a transaction");
}

Scope::~Scope() {
    if (open_) roll_back();
}

Result<void> Scope::finish() {
    if (open_ && !database_.failed()) {
        if (nested_ ? database_.execute("RELEASE job", "releasing a savepoint")
                    : database_.execute("COMMIT", "committing")) {
            open_ = false;
            return {};
        }
    }
    if (open_) roll_back();
    OUTDIAL_CHECK(database_.failed());
    return tl::unexpected<Error>(std::move(database_.take_failure()->error));
}

void Scope::roll_back() {
    open_ = false;
    ++database_.times_undone_;
    if (!database_.in_transaction()) return;  // SQLite has rolled back by itself
    sqlite3_exec(database_.handle(), nested_ ? "ROLLBACK TO job; RELEASE job" : "ROLLBACK", nullptr, nullptr, nullptr);
}

}  // namespace outdial::store
