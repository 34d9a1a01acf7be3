// The thread that owns the Store. It takes all jobs that wait, carries them out in one transaction, and only after the
// commit hands back what came of them: nothing is dialed, and nobody is told of success, before it is on the disk.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "core/attempt.hpp"
#include "store/store.hpp"

namespace outdial::store {

/// Jobs of one kind carried out in one transaction at most, so that the first of them does not wait long for the last.
inline constexpr std::size_t max_settlements_per_group = 512;
inline constexpr std::size_t max_progress_per_group = 512;
inline constexpr std::size_t max_claims_per_group = 64;
/// Batches of an import that share a transaction while no call waits: each of them writes pages all over the index of
/// numbers, so that together they write far fewer.
inline constexpr std::size_t max_tasks_per_group = 16;
/// Jobs that may wait; post() refuses more. Settlements and progress need no such limit: each attempt has one of either
/// at most, and attempts come from claims.
inline constexpr std::size_t max_waiting_claims = 1024;
inline constexpr std::size_t max_waiting_tasks = 64;

/// The write-ahead log's length, in pages of 4 KiB: checkpointed from here when nothing waits, and from here in any
/// case.
inline constexpr int checkpoint_pages_idle = 1'000;
inline constexpr int checkpoint_pages_busy = 8'000;
/// Tries to write what is left when the thread is stopped while the database is unusable.
inline constexpr int max_tries_at_stop = 5;

/// A claim that could not be carried out; nothing was claimed, its slots are free.
struct ClaimFailed {
    ClaimRequest request;
    Error error;
};
/// The settlement is in the database.
struct SettlementDone {
    AttemptId attempt;
    SettleOutcome outcome{};
};
/// The database refused this settlement, and would again; the attempt stays without an end until the next start.
struct SettlementFailed {
    Settlement settlement;
    Error error;
};
/// Any other work on the store, such as a batch of an import.
struct StoreTask {
    std::function<void(Store&)> run;  // on the store's thread, in a transaction
    /// Handed back after the commit, or with the reason why there was none (then `run` may not have been called, and
    /// what it did is undone).
    std::function<void(const Result<void>& committed)> done;
};
struct TaskDone {
    std::function<void(const Result<void>& committed)> done;
    Result<void> committed;
};
/// The database became unusable, or usable again: once for each change.
struct StoreAlert {
    bool healthy = false;
    std::string text;
};
using StoreReply = std::variant<ClaimResult, ClaimFailed, SettlementDone, SettlementFailed, TaskDone, StoreAlert>;

struct CampaignStateJob {
    CampaignId campaign;
    CampaignState state{};
    UtcTime at;
};

struct StoreThreadOptions {
    std::chrono::milliseconds retry_after{200};  // between two tries while the database cannot be written
    std::chrono::milliseconds housekeeping_every{1000};
    /// A reader that keeps a transaction open keeps the write-ahead log from being reused. From long_wal_pages on an
    /// operator is told (256 MiB), and from max_wal_pages on nothing new is claimed (1 GiB), so that the disk keeps
    /// room for the outcomes of calls.
    int long_wal_pages = 65'536;
    int max_wal_pages = 262'144;
};

class StoreThread {
public:
    /// Called on the store's thread, after each commit or failure; must not block and must not call stop().
    using Deliver = std::function<void(std::vector<StoreReply>)>;

    StoreThread(Store store, Deliver deliver, StoreThreadOptions options = {});
    /// Stops.
    ~StoreThread();
    StoreThread(const StoreThread&) = delete;
    StoreThread& operator=(const StoreThread&) = delete;

    /// False where too many wait already (or the thread was stopped): ask again later.
    [[nodiscard]] bool post(ClaimRequest request);
    [[nodiscard]] bool post(StoreTask task);
    /// Kept until it is in the database, however long that takes.
    void post(Settlement settlement);
    void post(CampaignStateJob job);
    /// Only the latest facts of an attempt are kept.
    void post(std::vector<Progress> progress);

    /// Carries out what waits (giving up after a few tries where the database cannot be written), checkpoints, ends the
    /// thread. Replies still come during the call.
    void stop();
    /// Grows with every turn of the thread, also when it has nothing to do: for the watchdog.
    [[nodiscard]] std::uint64_t turns() const { return turns_.load(std::memory_order_relaxed); }

private:
    /// Jobs of one transaction.
    struct Group {
        std::vector<CampaignStateJob> states;
        std::vector<Settlement> settlements;
        std::vector<Progress> progress;
        std::vector<ClaimRequest> claims;
        std::vector<StoreTask> tasks;  // never with the others: calls do not wait for an import's batches
        [[nodiscard]] bool empty() const {
            return states.empty() && settlements.empty() && progress.empty() && claims.empty() && tasks.empty();
        }
    };

    void run();
    void finish();
    [[nodiscard]] bool urgent_waits() const;
    [[nodiscard]] Group take_group();
    void carry_out(Group group);
    [[nodiscard]] Result<std::vector<StoreReply>> execute(Group& group);
    [[nodiscard]] Result<void> execute_settlements(const Group& group, std::vector<StoreReply>& replies);
    void execute_tasks(Group& group);
    [[nodiscard]] Result<void> execute_claims(const Group& group, std::vector<StoreReply>& replies);
    void give_back(Group group, const Error& error, std::vector<StoreReply>& replies);
    void set_health(bool healthy, std::string text, std::vector<StoreReply>& replies);
    void checkpoint_if_due(bool idle);
    void check_file();

    Store store_;
    const Deliver deliver_;
    const StoreThreadOptions options_;

    std::mutex mutex_;  // guards the members up to stopping_
    std::condition_variable wake_;
    std::deque<CampaignStateJob> states_;
    std::deque<Settlement> settlements_;
    std::unordered_map<AttemptId, CallFacts> progress_;
    std::deque<ClaimRequest> claims_;
    std::deque<StoreTask> tasks_;
    bool stopping_ = false;

    // The thread's own.
    bool healthy_ = true;
    bool task_is_next_ = false;
    bool file_in_place_ = true;
    bool wal_is_long_ = false;
    int checkpoint_at_pages_ = 0;  // the log's length at which the next checkpoint is worth its while

    std::atomic<std::uint64_t> turns_{0};
    std::thread thread_;  // last: it uses all the others
};

}  // namespace outdial::store
