#include "store/store_thread.hpp"

#include <signal.h>

#include <algorithm>
#include <utility>

namespace outdial::store {

namespace {

// The process's signals are the loop's business.
void block_signals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, nullptr);
}

}  // namespace

StoreThread::StoreThread(Store store, Deliver deliver, StoreThreadOptions options)
    : deliver_(std::move(deliver)),
      options_(options),
      worker_(std::move(store), options.wal),
      thread_([this] { run(); }) {}

StoreThread::~StoreThread() { stop(); }

bool StoreThread::post(ClaimRequest request) {
    const std::lock_guard lock{mutex_};
    if (stopping_ || !queue_.post(std::move(request))) return false;
    note_waiting();
    return true;
}

bool StoreThread::post(StoreTask task) {
    const std::lock_guard lock{mutex_};
    if (stopping_ || !queue_.post(std::move(task))) return false;
    wake_.notify_one();
    return true;
}

void StoreThread::post(Settlement settlement) {
    const std::lock_guard lock{mutex_};
    queue_.post(std::move(settlement));
    note_waiting();
}

void StoreThread::post(CampaignStateJob job) {
    const std::lock_guard lock{mutex_};
    queue_.post(job);
    note_waiting();
}

void StoreThread::post(std::vector<Progress> progress) {
    const std::lock_guard lock{mutex_};
    queue_.post(std::move(progress));
    note_waiting();
}

void StoreThread::note_waiting() {
    if (!waits_since_ && queue_.urgent_waits()) waits_since_ = std::chrono::steady_clock::now();
    wake_.notify_one();
}

std::chrono::steady_clock::duration StoreThread::lag() {
    const std::lock_guard lock{mutex_};
    const auto since = works_since_ ? works_since_ : waits_since_;
    if (!since || !can_write_) return {};
    return std::chrono::steady_clock::now() - *since;
}

void StoreThread::begin_stop(std::chrono::steady_clock::time_point give_up_at) {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
    give_up_at_ = std::min(give_up_at_, give_up_at);
    wake_.notify_one();
}

void StoreThread::stop() {
    begin_stop(std::chrono::steady_clock::now());
    if (thread_.joinable()) thread_.join();
}

void StoreThread::run() {
    block_signals();
    deliver(worker_.keep_house(false));
    auto next_check = std::chrono::steady_clock::now() + options_.housekeeping_every;
    for (bool stopping = false; !stopping;) {
        turns_.fetch_add(1, std::memory_order_relaxed);
        StoreGroup group;
        bool idle = false;
        {
            std::unique_lock lock{mutex_};
            // While the database cannot be written there is no hurry: every try would make the loop wait for a lock.
            const bool healthy = worker_.healthy();
            wake_.wait_for(lock, healthy ? options_.housekeeping_every : options_.retry_after,
                           [&] { return stopping_ || (healthy && !queue_.empty()); });
            stopping = stopping_;
            group = queue_.take_group();
            idle = queue_.empty();
            works_since_ = group.tasks.empty() ? waits_since_ : std::nullopt;
            if (!queue_.urgent_waits()) waits_since_.reset();
        }
        if (!group.empty()) carry_out(std::move(group));
        deliver(worker_.checkpoint_if_due(idle));
        log_share_.store(worker_.log_share(), std::memory_order_relaxed);
        if (const auto now = std::chrono::steady_clock::now(); now >= next_check) {
            deliver(worker_.keep_house(idle));
            next_check = now + options_.housekeeping_every;
            const std::lock_guard lock{mutex_};
            can_write_ = worker_.healthy();  // it tries again where a write failed
        }
    }
    finish();
}

void StoreThread::finish() {
    const auto patience_is_over = [this] { return std::chrono::steady_clock::now() >= give_up_at_; };
    for (bool done = false; !done;) {
        turns_.fetch_add(1, std::memory_order_relaxed);
        StoreGroup group;
        {
            std::unique_lock lock{mutex_};
            if (!worker_.healthy()) wake_.wait_for(lock, options_.retry_after, patience_is_over);
            group = queue_.take_group();
        }
        if (group.empty()) break;
        carry_out(std::move(group));
        const std::lock_guard lock{mutex_};
        done = !worker_.healthy() && patience_is_over();
    }
    std::vector<StoreReply> refused;
    {
        const std::lock_guard lock{mutex_};
        unwritten_ = queue_.unwritten();
        refused = queue_.refuse_all(Error{"the daemon stopped before the database could be written"});
    }
    const bool all_written = refused.empty() && unwritten_.nothing();
    deliver(std::move(refused));
    worker_.finish(all_written);
    finished_.store(true, std::memory_order_release);
}

void StoreThread::carry_out(StoreGroup group) {
    StoreWorker::Outcome outcome = worker_.carry_out(std::move(group), [this] {
        const std::lock_guard lock{mutex_};
        return queue_.take_task();
    });
    {
        const std::lock_guard lock{mutex_};
        queue_.put_back(std::move(outcome.again));
        can_write_ = worker_.healthy();
        works_since_.reset();
        if (!can_write_ || !queue_.urgent_waits()) waits_since_.reset();
    }
    deliver(std::move(outcome.replies));
}

void StoreThread::deliver(std::vector<StoreReply> replies) {
    if (!replies.empty()) deliver_(std::move(replies));
}

}  // namespace outdial::store
