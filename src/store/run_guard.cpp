#include "store/run_guard.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace outdial::store {

namespace {

constexpr const char* read_sql = "SELECT database_id, epoch, claims FROM daemon_run";
constexpr const char* start_sql = "UPDATE daemon_run SET epoch = ?1, claims = ?2";
constexpr const char* count_sql = "UPDATE daemon_run SET claims = claims + ?1";

RunRecord read(Database& database) {
    Statement find{database, read_sql};
    Rows rows = find.rows();
    if (!rows.next()) {
        database.refuse(
            fmt::format("database {}: its table daemon_run has no row; restore a backup", database.path().native()),
            Fault::altered);
        return {};
    }
    return {std::string{rows.text(0)}, rows.integer(1), rows.integer(2), false, {}};
}

// Or was, and was removed for its age.
bool is_in_audit(Database& database, const AuditHead& head) {
    Statement find{database,
                   "SELECT 1 FROM audit WHERE audit_id = ?1 AND hash = ?2 "
                   "UNION ALL SELECT 1 FROM audit_anchor WHERE audit_id >= ?1"};
    Rows rows = find.rows(head.id, Blob{bytes_of(head.hash)});
    return rows.next();
}

}  // namespace

Result<RunStart> RunGuard::start(Database& database, const RunOptions& options) {
    RunStart outcome;
    const std::filesystem::path file = mirror_file(database_);
    const auto mirror = on_this_machine_ ? read_mirror(file) : std::nullopt;
    Scope scope{database};
    RunRecord found = read(database);
    std::string older;
    if (!mirror) {
        older = mirror.error().message;
    } else if (*mirror) {
        older = why_older(**mirror, found);
    }
    if (!older.empty() && !options.accept_rollback) {
        database.refuse(fmt::format(
            "database {}: {}. Dialing from it would call people again who were called since: put the newest file back "
            "with its -wal, or accept this one: outdial serve --accept-rollback",
            database_.native(), older));
    } else if (!older.empty()) {
        outcome.warnings.push_back(
            fmt::format("database {}: {}; accepted by --accept-rollback: people who were called since may be called "
                        "again",
                        database_.native(), older));
    }
    const bool known = mirror && mirror->has_value();
    outcome.after_unclean_stop = known ? !(*mirror)->stopped_cleanly : found.epoch > 0;  // 0: nobody ran it yet
    found.audit = Audit{database}.head();
    if (known && older.empty() && (*mirror)->audit && !is_in_audit(database, *(*mirror)->audit)) {
        outcome.warnings.push_back(fmt::format(
            "database {}: row {} of its audit is not the one that was written last: the audit's end was removed, or "
            "written anew (outdial report audit --verify)",
            database_.native(), (*mirror)->audit->id));
    }
    // Above both, so that no daemon of either history passes for this one.
    found.epoch = std::max(found.epoch, known ? (*mirror)->epoch : 0) + 1;
    found.stopped_cleanly = false;
    Statement{database, start_sql}.run(found.epoch, found.claims);
    if (Result<void> done = scope.finish(); !done) return tl::unexpected{std::move(done.error())};
    record_ = found;
    if (on_this_machine_) keep_files(outcome, options.reserve_bytes);
    return outcome;
}

void RunGuard::keep_files(RunStart& outcome, std::uint64_t reserve_bytes) {
    if (Result<void> written = write_mirror(mirror_file(database_), record_); written) {
        mirrored_ = record_;
    } else {
        outcome.warnings.push_back(written.error().message);
    }
    reserve_ = ReserveFile{database_, reserve_bytes};
    if (Result<void> kept = reserve_.keep(); !kept) outcome.warnings.push_back(kept.error().message);
}

void RunGuard::end() {
    if (!started()) return;
    record_.stopped_cleanly = true;
    (void)tend();  // where it cannot be written, the next start takes this stop for a crash and looks closer
}

void RunGuard::check(Database& database) {
    if (!started()) return;
    const RunRecord found = read(database);
    if (database.failed()) return;
    if (found.database_id == record_.database_id && found.claims < record_.claims) {
        database.refuse(
            fmt::format(
                "database {}: {} of its calls are missing, as though an older copy was put over it: dialing from "
                "it would call people again; stop Outdial and put the newest file back",
                database_.native(), record_.claims - found.claims),
            Fault::moved);
        return;
    }
    if (found.epoch == record_.epoch && found.database_id == record_.database_id) return;
    database.refuse(fmt::format("database {}: another `outdial serve` was started on it, so this one (process {}) "
                                "writes and dials no more; stop one of the two, and never remove the .lock file",
                                database_.native(), ::getpid()),
                    Fault::taken_over);
}

void RunGuard::count_claims(Database& database, std::size_t claims) {
    if (!started() || claims == 0) return;
    const auto count = static_cast<std::int64_t>(claims);
    Statement{database, count_sql}.run(count);
    claims_in_transaction_ += count;
}

void RunGuard::committed() { record_.claims += std::exchange(claims_in_transaction_, 0); }

Result<void> RunGuard::check_after_reopening(Database& database) const {
    if (!started()) return {};
    Scope scope{database};
    const RunRecord found = read(database);
    if (Result<void> done = scope.finish(); !done) return done;
    if (found.claims >= record_.claims) return {};
    return fail(
        fmt::format("database {}: after the disk's error {} of its calls are missing; stop Outdial, keep the "
                    "file and its -wal, look at the kernel's log (dmesg), restore the newest backup",
                    database_.native(), record_.claims - found.claims));
}

void RunGuard::disk_is_full() {
    if (on_this_machine_) reserve_.release();
}

std::string RunGuard::why_no_claims() const {
    if (!started() || !on_this_machine_ || reserve_.kept()) return {};
    if (!reserve_.obstacle().empty()) {
        return fmt::format(
            "{}; no calls are started until it can be: it must be a plain file that Outdial may write, or none",
            reserve_.obstacle());
    }
    return fmt::format(
        "the disk that holds {} is full, so no calls are started; outcomes of calls are still written. "
        "Make room: dialing resumes when {} MiB are free",
        database_.native(), (reserve_.bytes_needed_free() >> 20) + 1);
}

Result<void> RunGuard::tend() {
    if (!started() || !on_this_machine_) return {};
    // Its failure is no news: why_no_claims() goes on saying why.
    if (!reserve_.kept() && reserve_.room_to_keep()) (void)reserve_.keep();
    if (record_ == mirrored_) return {};
    Result<void> written = write_mirror(mirror_file(database_), record_);
    if (written) mirrored_ = record_;
    return written;
}

}  // namespace outdial::store
