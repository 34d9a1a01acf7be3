#include "store/store_worker.hpp"

#include <fmt/core.h>

#include <utility>

namespace outdial::store {

namespace {

constexpr int pages_per_mib = 256;

}  // namespace

StoreWorker::StoreWorker(Store store, WalLimits limits) : store_(std::move(store)), limits_(limits) {}

StoreWorker::Outcome StoreWorker::carry_out(StoreGroup group, const NextTask& next_task) {
    Outcome outcome;
    if (Result<std::vector<StoreReply>> done = execute(group, next_task)) {
        outcome.replies = std::move(*done);
        for (StoreTask& task : group.tasks) outcome.replies.push_back(TaskDone{std::move(task.done), {}});
        set_health(true, "the database can be written again", outcome.replies);
        return outcome;
    } else {
        const Error& error = done.error();
        set_health(false, fmt::format("no calls are started: {}", error.message), outcome.replies);
        for (ClaimRequest& request : group.claims) outcome.replies.push_back(ClaimFailed{std::move(request), error});
        for (StoreTask& task : group.tasks) {
            outcome.replies.push_back(TaskDone{std::move(task.done), tl::unexpected{error}});
        }
    }
    group.claims.clear();
    group.tasks.clear();
    outcome.again = std::move(group);
    return outcome;
}

// What came of each job, all of it committed; or an error, and then nothing has happened.
Result<std::vector<StoreReply>> StoreWorker::execute(StoreGroup& group, const NextTask& next_task) {
    if (!file_in_place_) {
        return fail(
            "the database file was moved, deleted or replaced under the running daemon; put it back, or restart "
            "the daemon to use the new one");
    }
    if (Result<void> begun = store_.begin(); !begun) return tl::unexpected{std::move(begun.error())};
    std::vector<StoreReply> replies;
    Result<void> done = execute_settlements(group, replies);
    if (done) done = execute_claims(group, replies);
    if (done) execute_tasks(group, next_task);
    if (!done) {
        store_.roll_back();
        return tl::unexpected{std::move(done.error())};
    }
    if (Result<void> committed = store_.commit(); !committed) return tl::unexpected{std::move(committed.error())};
    return replies;
}

Result<void> StoreWorker::execute_settlements(const StoreGroup& group, std::vector<StoreReply>& replies) {
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
void StoreWorker::execute_tasks(StoreGroup& group, const NextTask& next_task) {
    for (std::size_t next = 0; next < group.tasks.size(); ++next) {
        group.tasks[next].run(store_);
        if (group.tasks.size() >= max_tasks_per_group) return;
        std::optional<StoreTask> more = next_task();
        if (!more) return;
        group.tasks.push_back(std::move(*more));
    }
}

Result<void> StoreWorker::execute_claims(const StoreGroup& group, std::vector<StoreReply>& replies) {
    const bool log_is_full = store_.wal_pages() >= limits_.max_wal_pages;
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

void StoreWorker::set_health(bool healthy, std::string text, std::vector<StoreReply>& replies) {
    if (healthy_ == healthy) return;
    healthy_ = healthy;
    replies.push_back(StoreAlert{healthy, std::move(text)});
}

std::vector<StoreReply> StoreWorker::checkpoint_if_due(bool idle) {
    std::vector<StoreReply> replies;
    const int pages = store_.wal_pages();
    if (pages < checkpoint_at_pages_ || (!idle && pages < checkpoint_pages_busy)) return replies;
    const Result<Database::WalState> state = store_.checkpoint();
    const bool complete = state && state->checkpointed >= state->pages;
    // Where a reader holds the rest back, another try is worth its while only after more has been written.
    checkpoint_at_pages_ = complete ? checkpoint_pages_idle : pages + checkpoint_pages_idle;
    const bool is_long = !complete && pages >= limits_.long_wal_pages;
    if (is_long && !wal_is_long_) {
        replies.push_back(
            StoreAlert{healthy_, fmt::format("the database's write-ahead log is {} MiB long and cannot be reused, "
                                             "because a reader keeps a transaction open; at {} MiB no more "
                                             "calls are started",
                                             pages / pages_per_mib, limits_.max_wal_pages / pages_per_mib)});
    }
    wal_is_long_ = is_long;
    return replies;
}

}  // namespace outdial::store
