#include "store/store_thread.hpp"

#include <fmt/core.h>
#include <signal.h>

#include <algorithm>
#include <utility>

namespace outdial::store {

namespace {

constexpr int pages_per_mib = 256;

// The process's signals are the loop's business.
void block_signals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, nullptr);
}

template <class Job>
std::vector<Job> take_front(std::deque<Job>& jobs, std::size_t limit) {
    const auto end = jobs.begin() + static_cast<std::ptrdiff_t>(std::min(limit, jobs.size()));
    std::vector<Job> taken{std::make_move_iterator(jobs.begin()), std::make_move_iterator(end)};
    jobs.erase(jobs.begin(), end);
    return taken;
}

template <class Job>
void put_front(std::deque<Job>& jobs, std::vector<Job>& again) {
    jobs.insert(jobs.begin(), std::make_move_iterator(again.begin()), std::make_move_iterator(again.end()));
}

}  // namespace

StoreThread::StoreThread(Store store, Deliver deliver, StoreThreadOptions options)
    : store_(std::move(store)),
      deliver_(std::move(deliver)),
      options_(options),
      checkpoint_at_pages_(checkpoint_pages_idle),
      thread_([this] { run(); }) {}

StoreThread::~StoreThread() { stop(); }

bool StoreThread::post(ClaimRequest request) {
    const std::lock_guard lock{mutex_};
    if (stopping_ || claims_.size() >= max_waiting_claims) return false;
    claims_.push_back(std::move(request));
    wake_.notify_one();
    return true;
}

bool StoreThread::post(StoreTask task) {
    const std::lock_guard lock{mutex_};
    if (stopping_ || tasks_.size() >= max_waiting_tasks) return false;
    tasks_.push_back(std::move(task));
    wake_.notify_one();
    return true;
}

void StoreThread::post(Settlement settlement) {
    const std::lock_guard lock{mutex_};
    progress_.erase(settlement.attempt);  // the settlement holds all its facts
    settlements_.push_back(std::move(settlement));
    wake_.notify_one();
}

void StoreThread::post(CampaignStateJob job) {
    const std::lock_guard lock{mutex_};
    states_.push_back(job);
    wake_.notify_one();
}

void StoreThread::post(std::vector<Progress> progress) {
    const std::lock_guard lock{mutex_};
    for (Progress& one : progress) progress_.insert_or_assign(one.attempt, std::move(one.facts));
    wake_.notify_one();
}

void StoreThread::stop() {
    {
        const std::lock_guard lock{mutex_};
        stopping_ = true;
        wake_.notify_one();
    }
    if (thread_.joinable()) thread_.join();
}

void StoreThread::run() {
    block_signals();
    check_file();
    auto next_check = std::chrono::steady_clock::now() + options_.housekeeping_every;
    for (bool stopping = false; !stopping;) {
        turns_.fetch_add(1, std::memory_order_relaxed);
        Group group;
        bool idle = false;
        {
            std::unique_lock lock{mutex_};
            // While the database cannot be written there is no hurry: every try would make the loop wait for a lock.
            wake_.wait_for(lock, healthy_ ? options_.housekeeping_every : options_.retry_after,
                           [&] { return stopping_ || (healthy_ && (urgent_waits() || !tasks_.empty())); });
            stopping = stopping_;
            group = take_group();
            idle = !urgent_waits() && tasks_.empty();
        }
        if (!group.empty()) carry_out(std::move(group));
        checkpoint_if_due(idle);
        if (const auto now = std::chrono::steady_clock::now(); now >= next_check) {
            check_file();
            next_check = now + options_.housekeeping_every;
        }
    }
    finish();
}

void StoreThread::finish() {
    for (int tries = 0; tries < max_tries_at_stop;) {
        Group group;
        {
            std::unique_lock lock{mutex_};
            if (!healthy_) wake_.wait_for(lock, options_.retry_after, [] { return false; });
            group = take_group();
        }
        if (group.empty()) break;
        carry_out(std::move(group));
        if (!healthy_) ++tries;
    }
    std::vector<StoreReply> replies;
    const Error error{"the daemon stopped before the database could be written"};
    {
        const std::lock_guard lock{mutex_};
        for (Settlement& settlement : settlements_) replies.push_back(SettlementFailed{std::move(settlement), error});
        for (ClaimRequest& request : claims_) replies.push_back(ClaimFailed{std::move(request), error});
        for (StoreTask& task : tasks_) replies.push_back(TaskDone{std::move(task.done), tl::unexpected{error}});
    }
    if (!replies.empty()) deliver_(std::move(replies));
    // Its failure loses nothing: the log stays beside the database and is read with it.
    (void)store_.checkpoint();
}

bool StoreThread::urgent_waits() const {
    return !states_.empty() || !settlements_.empty() || !progress_.empty() || !claims_.empty();
}

// Outcomes go before claims, so a claim sees them; an import's batches take turns with everything else.
StoreThread::Group StoreThread::take_group() {
    Group group;
    const bool urgent = urgent_waits();
    if (!tasks_.empty() && (task_is_next_ || !urgent)) {
        group.tasks = take_front(tasks_, 1);
        task_is_next_ = false;
        return group;
    }
    task_is_next_ = urgent;
    group.states = take_front(states_, states_.size());
    group.settlements = take_front(settlements_, max_settlements_per_group);
    while (!progress_.empty() && group.progress.size() < max_progress_per_group) {
        auto one = progress_.extract(progress_.begin());
        group.progress.push_back({one.key(), std::move(one.mapped())});
    }
    group.claims = take_front(claims_, max_claims_per_group);
    return group;
}

void StoreThread::carry_out(Group group) {
    std::vector<StoreReply> replies;
    if (Result<std::vector<StoreReply>> done = execute(group)) {
        replies = std::move(*done);
        for (StoreTask& task : group.tasks) replies.push_back(TaskDone{std::move(task.done), {}});
        set_health(true, "the database can be written again", replies);
    } else {
        set_health(false, fmt::format("no calls are started: {}", done.error().message), replies);
        give_back(std::move(group), done.error(), replies);
    }
    if (!replies.empty()) deliver_(std::move(replies));
}

// What came of each job, all of it committed; or an error, and then nothing has happened.
Result<std::vector<StoreReply>> StoreThread::execute(Group& group) {
    if (!file_in_place_) {
        return fail(
            "the database file was moved, deleted or replaced under the running daemon; put it back, or restart "
            "the daemon to use the new one");
    }
    if (Result<void> begun = store_.begin(); !begun) return tl::unexpected{std::move(begun.error())};
    std::vector<StoreReply> replies;
    Result<void> done = execute_settlements(group, replies);
    if (done) done = execute_claims(group, replies);
    if (done) execute_tasks(group);
    if (!done) {
        store_.roll_back();
        return tl::unexpected{std::move(done.error())};
    }
    if (Result<void> committed = store_.commit(); !committed) return tl::unexpected{std::move(committed.error())};
    return replies;
}

Result<void> StoreThread::execute_settlements(const Group& group, std::vector<StoreReply>& replies) {
    for (const CampaignStateJob& job : group.states) {
        Result<void> set = store_.set_campaign_state(job.campaign, job.state, job.at);
        if (!set && store_.in_trouble()) return set;
        if (!set) replies.push_back(StoreAlert{healthy_, set.error().message});
    }
    for (const Settlement& settlement : group.settlements) {
        Result<SettleOutcome> settled = store_.settle(settlement);
        if (settled) {
            replies.push_back(SettlementDone{settlement.attempt, *settled});
        } else if (store_.in_trouble()) {
            return tl::unexpected{std::move(settled.error())};
        } else {
            replies.push_back(SettlementFailed{settlement, std::move(settled.error())});
        }
    }
    if (group.progress.empty()) return {};
    Result<void> recorded = store_.record(group.progress);
    if (!recorded && store_.in_trouble()) return recorded;
    if (!recorded) replies.push_back(StoreAlert{healthy_, recorded.error().message});
    return {};
}

// More tasks join while no call waits for the commit.
void StoreThread::execute_tasks(Group& group) {
    for (std::size_t next = 0; next < group.tasks.size(); ++next) {
        group.tasks[next].run(store_);
        const std::lock_guard lock{mutex_};
        if (urgent_waits() || tasks_.empty() || group.tasks.size() >= max_tasks_per_group) return;
        group.tasks.push_back(std::move(tasks_.front()));
        tasks_.pop_front();
    }
}

Result<void> StoreThread::execute_claims(const Group& group, std::vector<StoreReply>& replies) {
    const bool log_is_full = store_.wal_pages() >= options_.max_wal_pages;
    for (const ClaimRequest& request : group.claims) {
        Result<ClaimResult> claimed =
            log_is_full ? Result<ClaimResult>{fail("the database's write-ahead log has reached its greatest length, "
                                                   "because a reader keeps a transaction open; end that reader")}
                        : store_.claim(request);
        if (claimed) {
            replies.push_back(std::move(*claimed));
        } else if (!log_is_full && store_.in_trouble()) {
            return tl::unexpected{std::move(claimed.error())};
        } else {
            replies.push_back(ClaimFailed{request, std::move(claimed.error())});
        }
    }
    return {};
}

void StoreThread::give_back(Group group, const Error& error, std::vector<StoreReply>& replies) {
    for (ClaimRequest& request : group.claims) replies.push_back(ClaimFailed{std::move(request), error});
    for (StoreTask& task : group.tasks) replies.push_back(TaskDone{std::move(task.done), tl::unexpected{error}});
    const std::lock_guard lock{mutex_};
    put_front(states_, group.states);
    put_front(settlements_, group.settlements);
    for (Progress& one : group.progress) progress_.try_emplace(one.attempt, std::move(one.facts));  // newer ones stay
}

void StoreThread::set_health(bool healthy, std::string text, std::vector<StoreReply>& replies) {
    if (healthy_ == healthy) return;
    healthy_ = healthy;
    replies.push_back(StoreAlert{healthy, std::move(text)});
}

void StoreThread::checkpoint_if_due(bool idle) {
    const int pages = store_.wal_pages();
    if (pages < checkpoint_at_pages_ || (!idle && pages < checkpoint_pages_busy)) return;
    const Result<Database::WalState> state = store_.checkpoint();
    const bool complete = state && state->checkpointed >= state->pages;
    // Where a reader holds the rest back, another try is worth its while only after more has been written.
    checkpoint_at_pages_ = complete ? checkpoint_pages_idle : pages + checkpoint_pages_idle;
    const bool is_long = !complete && pages >= options_.long_wal_pages;
    if (is_long && !wal_is_long_) {
        deliver_(
            {StoreAlert{healthy_, fmt::format("the database's write-ahead log is {} MiB long and cannot be reused, "
                                              "because a reader keeps a transaction open; at {} MiB no more "
                                              "calls are started",
                                              pages / pages_per_mib, options_.max_wal_pages / pages_per_mib)}});
    }
    wal_is_long_ = is_long;
}

void StoreThread::check_file() { file_in_place_ = store_.file_in_place(); }

}  // namespace outdial::store
