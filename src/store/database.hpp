#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/result.hpp"

struct sqlite3;

namespace outdial::store {

/// What a failure says of the database as a whole.
enum class Fault {
    none,       // it concerns the statement alone: a constraint, a bug
    busy,       // another program holds a lock
    disk_full,  // or over a quota
    disk_error,
    read_only,   // or may not be opened
    damaged,     // or not a database at all
    moved,       // the file, its log or its index is no longer where it was
    altered,     // its tables, indexes or triggers are not Outdial's
    taken_over,  // another daemon writes it
    other,
};

/// Where a database's files are.
struct DatabaseOptions {
    /// SQLite's name of the file system to use (a sqlite3_vfs); empty for that of the machine. Another one has no
    /// owners and modes that could be checked, and its files are made by SQLite.
    std::string vfs = {};
};

/// How long a transaction waits for another program's lock to begin. Short in the daemon: while it waits no claim is
/// made, and claims are asked for again anyway.
struct LockPatience {
    std::chrono::milliseconds longest{50};
    std::function<void(const std::string& holder)> tell = {};  // once a wait: who is waited for
};

/// One SQLite connection, used by one thread at a time.
///
/// Failures are sticky: after the first failed statement all further ones do nothing and yield nothing, until the
/// failure is taken. So a sequence of statements is written straight down, and whoever opened the transaction (Scope)
/// asks once, at its end, whether all of it succeeded.
class Database {
public:
    enum class Access { read_write, read_only };

    struct Failure {
        Error error;
        Fault fault = Fault::none;
    };

    /// How far a checkpoint has come, in pages of the write-ahead log.
    struct WalState {
        int pages = 0;         // in the log
        int checkpointed = 0;  // of these, already in the database file
    };

    /// read_write creates the file (mode 0640), switches it to WAL with FULL, and keeps -wal and -shm after the close,
    /// so that a group member without write permission can always read.
    [[nodiscard]] static Result<std::unique_ptr<Database>> open(const std::filesystem::path& path, Access access,
                                                                const DatabaseOptions& options = {},
                                                                LockPatience patience = {});
    ~Database();
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    /// Fixed SQL without parameters or result: PRAGMA, BEGIN, a migration. `what` names the doing in the error.
    bool execute(const char* sql, const char* what);
    [[nodiscard]] bool failed() const { return failure_.has_value(); }
    /// Records a refusal of our own, as though a statement had failed.
    void refuse(std::string message, Fault fault = Fault::none);
    /// Records the connection's present SQLite error.
    void note_sqlite_failure(const char* what);
    [[nodiscard]] std::optional<Failure> take_failure();
    /// What the failure taken last says of the database as a whole.
    [[nodiscard]] Fault last_fault() const { return last_fault_; }

    /// How often work was undone: what was remembered of rows written since may be untrue.
    [[nodiscard]] std::uint64_t rollbacks() const { return rollbacks_; }
    /// The id of the row that the last INSERT into a table with such ids made.
    [[nodiscard]] std::int64_t last_inserted_id() const;

    void set_patience(LockPatience patience);

    /// Several scopes in one transaction with one commit. Begin fails where another program goes on holding the write
    /// lock.
    void begin_group();
    void commit_group();
    void rollback_group();

    /// Moves the log's pages into the database file as far as readers permit; waits for nobody.
    [[nodiscard]] Result<WalState> checkpoint();

    /// After a complete checkpoint: cuts the log's file to nothing, unless a reader still uses it (an error,
    /// Fault::busy).
    [[nodiscard]] Result<WalState> shorten_log();
    /// The close would write to the file, also when the disk has just failed.
    void close_without_checkpoint();

    /// Who but this connection has written to the database file since this was asked last.
    enum class OtherWriter {
        none,
        checkpoint,  // another program has moved pages of the log into it, as it may
        unknown      // nobody who keeps SQLite's rules, such as a copy put over the file
    };
    [[nodiscard]] OtherWriter other_writer();
    /// In the log by now, as all programs agree that have the database open.
    [[nodiscard]] int shared_log_pages() const { return static_cast<int>(log_index().pages); }

    /// The log's length after the last commit, in pages.
    [[nodiscard]] int wal_pages() const { return wal_pages_; }
    [[nodiscard]] sqlite3* handle() const { return handle_.get(); }
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    friend class Scope;
    struct Closer {
        void operator()(sqlite3* handle) const;
    };

    Database(std::filesystem::path path, std::unique_ptr<sqlite3, Closer> handle)
        : path_(std::move(path)), handle_(std::move(handle)) {}
    /// Of the log, whoever writes to it.
    struct LogIndex {
        std::uint32_t pages = 0;
        std::array<std::uint32_t, 2> salt{};  // another one since the log was begun anew
        std::uint32_t moved_pages = 0;  // of which checkpoints have tried to move this many into the database file
        /// Whether a checkpoint may have been made between the two looks.
        [[nodiscard]] bool differs_by_checkpoint(const LogIndex& other) const {
            return salt != other.salt || moved_pages != other.moved_pages;
        }
    };
    struct FileStamp {
        std::int64_t modified_ns = 0;
        std::int64_t bytes = 0;
        bool operator==(const FileStamp&) const = default;
    };
    bool configure(Access access);
    [[nodiscard]] LogIndex log_index() const;
    [[nodiscard]] FileStamp file_stamp() const;
    void note_file();
    [[nodiscard]] Result<WalState> checkpoint(int mode);
    [[nodiscard]] bool in_transaction() const;
    bool wait_for_lock(int tries);

    std::filesystem::path path_;
    std::unique_ptr<sqlite3, Closer> handle_;
    std::optional<Failure> failure_;
    LockPatience patience_;
    std::chrono::steady_clock::time_point wait_began_{};
    int wal_pages_ = 0;
    FileStamp file_stamp_;  // as the file was when it was looked at last
    LogIndex log_index_;    // at the time
    Fault last_fault_ = Fault::none;
    bool group_open_ = false;
    std::uint64_t rollbacks_ = 0;
};

/// All or nothing: a transaction of its own (BEGIN IMMEDIATE), or inside a group or another scope a savepoint, so that
/// one failing job takes nothing else with it. Rolled back unless finished.
class Scope {
public:
    explicit Scope(Database& database);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

    /// Commits if every statement since the construction succeeded; else rolls back and says why.
    [[nodiscard]] Result<void> finish();
    template <class T>
    [[nodiscard]] Result<T> finish(T value) {
        if (Result<void> finished = finish(); !finished) return tl::unexpected<Error>(std::move(finished.error()));
        return value;
    }

private:
    void roll_back();

    Database& database_;
    bool nested_ = false;
    bool open_ = false;
};

}  // namespace outdial::store
