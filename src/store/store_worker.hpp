// Carries groups of jobs out on the Store, one transaction each. No thread, lock or clock: StoreThread drives it in the
// daemon, the simulation step by step in virtual time.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "store/store.hpp"
#include "store/store_jobs.hpp"

namespace outdial::store {

/// Batches of an import that share a transaction while no call waits: each of them writes pages all over the index of
/// numbers, so that together they write far fewer.
inline constexpr std::size_t max_tasks_per_group = 16;
/// The write-ahead log's length, in pages of 4 KiB: checkpointed from here when nothing waits, and from here in any
/// case.
inline constexpr int checkpoint_pages_idle = 1'000;
inline constexpr int checkpoint_pages_busy = 8'000;

/// A reader that keeps a transaction open keeps the write-ahead log from being reused. From long_wal_pages on an
/// operator is told (256 MiB), and from max_wal_pages on nothing new is claimed (1 GiB), so that the disk keeps room
/// for the outcomes of calls.
struct WalLimits {
    int long_wal_pages = 65'536;
    int max_wal_pages = 262'144;
};

class StoreWorker {
public:
    /// Asked for one more task while a group of tasks is carried out.
    using NextTask = std::function<std::optional<StoreTask>()>;
    struct Outcome {
        std::vector<StoreReply> replies;  // to be delivered in any case
        StoreGroup again;                 // what is to be tried again later: outcomes, never claims or tasks
    };

    StoreWorker(Store store, WalLimits limits);

    /// All of the group in one transaction. What the replies say is on the disk.
    [[nodiscard]] Outcome carry_out(StoreGroup group, const NextTask& next_task);
    /// `idle`: nothing waits.
    [[nodiscard]] std::vector<StoreReply> checkpoint_if_due(bool idle);
    /// At the end. `all_written`: nothing was left undone.
    void finish(bool all_written);
    /// To be called every second or so: whether the database may still be written, or may again; without any job.
    [[nodiscard]] std::vector<StoreReply> keep_house(bool idle);
    /// The last group could be written.
    [[nodiscard]] bool healthy() const { return healthy_; }
    /// How long the log is: 0.75 when nothing is claimed any more, as on the daemon's ladder of overload.
    [[nodiscard]] double log_share() const;

private:
    [[nodiscard]] Result<std::vector<StoreReply>> execute(StoreGroup& group, const NextTask& next_task);
    [[nodiscard]] Result<void> execute_settlements(const StoreGroup& group, std::vector<StoreReply>& replies);
    [[nodiscard]] Result<void> execute_claims(const StoreGroup& group, std::vector<StoreReply>& replies);
    void execute_tasks(StoreGroup& group, const NextTask& next_task);
    void tell(Fault fault, std::string why_no_claims, std::vector<StoreReply>& replies);
    void tell_of_pause(std::vector<StoreReply>& replies);
    [[nodiscard]] std::string why_no_claims() const;
    void shorten_log();
    [[nodiscard]] Result<void> probe();

    Store store_;
    const WalLimits limits_;
    bool healthy_ = true;             // the last transaction was committed
    std::string why_no_claims_;       // as it was told last; empty where claims are carried out
    Fault told_fault_ = Fault::none;  // as it was told last, and whether outcomes were written then
    bool told_healthy_ = true;
    bool mirror_is_kept_ = true;
    bool wal_is_long_ = false;
    int checkpoint_at_pages_ = checkpoint_pages_idle;  // the length at which the next checkpoint is worth its while
};

}  // namespace outdial::store
