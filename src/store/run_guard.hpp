#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "store/reserve_file.hpp"
#include "store/rollback_mirror.hpp"
#include "store/statement.hpp"

namespace outdial::store {

struct RunOptions {
    /// Use the database although it is older than, or another than, the one that was used last.
    bool accept_rollback = false;
    std::uint64_t reserve_bytes = default_reserve_bytes;
};

/// What a start found that the operator should read.
struct RunStart {
    bool after_unclean_stop = false;  // or it is not known how the last run ended
    std::vector<std::string> warnings;
};

/// One daemon's run on its database: the only one that may write (epoch), never on an older copy (mirror), with room
/// kept for outcomes (reserve). Survives the connection, which is reopened after an error of the disk. On a file system
/// other than the machine's (DatabaseOptions::vfs) there is neither mirror nor reserve.
class RunGuard {
public:
    RunGuard(std::filesystem::path database, bool on_this_machine)
        : database_(std::move(database)), on_this_machine_(on_this_machine), reserve_(database_) {}

    /// Refuses a database older than its mirror; then this run's epoch is in the database, and every earlier daemon's
    /// writes are refused from now on.
    [[nodiscard]] Result<RunStart> start(Database& database, const RunOptions& options);
    /// The mirror then tells the next start that nothing was left undone.
    void end();
    [[nodiscard]] bool started() const { return record_.epoch > 0; }

    /// Inside a transaction: refuses (Fault::taken_over) where another daemon has started since.
    void check(Database& database);
    /// Inside a transaction that claims: so many attempts more.
    void count_claims(Database& database, std::size_t claims);
    void committed();
    /// The audit's newest row, as committed.
    void saw_audit(const AuditHead& head) { record_.audit = head; }
    void rolled_back() { claims_in_transaction_ = 0; }
    /// After the connection was reopened: an error where commits are missing that had been confirmed.
    [[nodiscard]] Result<void> check_after_reopening(Database& database) const;

    /// The disk took no more: gives the reserve away, and claims are to stop.
    void disk_is_full();
    /// Why nothing new may be claimed although outcomes can be written; empty when it may.
    [[nodiscard]] std::string why_no_claims() const;
    /// Once a second: brings the mirror up to date, and keeps the reserve again when there is room. The error is one of
    /// the mirror's, which stops nothing.
    [[nodiscard]] Result<void> tend();

private:
    void keep_files(RunStart& outcome, std::uint64_t reserve_bytes);

    std::filesystem::path database_;
    bool on_this_machine_;
    RunRecord record_;    // as committed
    RunRecord mirrored_;  // as in the mirror
    std::int64_t claims_in_transaction_ = 0;
    ReserveFile reserve_;
};

}  // namespace outdial::store
