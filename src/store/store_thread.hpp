// The thread that owns the Store. It takes all jobs that wait, carries them out in one transaction, and only after the
// commit hands back what came of them: nothing is dialed, and nobody is told of success, before it is on the disk.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "store/store_queue.hpp"
#include "store/store_worker.hpp"

namespace outdial::store {

struct StoreThreadOptions {
    std::chrono::milliseconds retry_after{200};  // between two tries while the database cannot be written
    std::chrono::milliseconds housekeeping_every{1000};
    WalLimits wal{};
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

    /// The thread carries out what waits, and ends. While the database cannot be written it tries again until
    /// `give_up_at`; a second call can only bring that forward. Replies still come meanwhile.
    void begin_stop(std::chrono::steady_clock::time_point give_up_at);
    /// The thread has done its last work.
    [[nodiscard]] bool finished() const { return finished_.load(std::memory_order_acquire); }
    /// Gives up after one more try, and waits for the thread.
    void stop();
    /// Once finished: what could not be written.
    [[nodiscard]] Unwritten unwritten() const { return unwritten_; }
    /// How long what calls wait for has not been written; nothing while the database cannot be written at all, which
    /// is another matter.
    [[nodiscard]] std::chrono::steady_clock::duration lag();
    /// How long the write-ahead log is: 0.75 when nothing is claimed any more.
    [[nodiscard]] double log_share() const { return log_share_.load(std::memory_order_relaxed); }
    /// Grows with every turn of the thread, also when it has nothing to do: for the watchdog.
    [[nodiscard]] std::uint64_t turns() const { return turns_.load(std::memory_order_relaxed); }

private:
    void run();
    void finish();
    void carry_out(StoreGroup group);
    void note_waiting();
    void deliver(std::vector<StoreReply> replies);

    const Deliver deliver_;
    const StoreThreadOptions options_;

    std::mutex mutex_;  // guards the members up to give_up_at_
    std::condition_variable wake_;
    StoreQueue queue_;
    bool can_write_ = true;
    std::optional<std::chrono::steady_clock::time_point> waits_since_;  // jobs that calls wait for are in the queue
    std::optional<std::chrono::steady_clock::time_point> works_since_;  // likewise, of those being written
    bool stopping_ = false;
    std::chrono::steady_clock::time_point give_up_at_ = std::chrono::steady_clock::time_point::max();

    StoreWorker worker_;   // the thread's own
    Unwritten unwritten_;  // the thread's own until it has finished
    std::atomic<bool> finished_{false};
    std::atomic<std::uint64_t> turns_{0};
    std::atomic<double> log_share_{0.0};
    std::thread thread_;  // last: it uses all the others
};

}  // namespace outdial::store
