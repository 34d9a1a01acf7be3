#include "store/store_worker.hpp"

#include <fmt/core.h>

#include <utility>

namespace outdial::store {

namespace {

constexpr int pages_per_mib = 256;
constexpr double share_without_claims = 0.75;

}  // namespace

StoreWorker::StoreWorker(Store store, WalLimits limits) : store_(std::move(store)), limits_(limits) {
    store_.set_patience({});
}

StoreWorker::Outcome StoreWorker::carry_out(StoreGroup group, const NextTask& next_task) {
    Outcome outcome;
    if (Result<std::vector<StoreReply>> done = execute(group, next_task)) {
        outcome.replies = std::move(*done);
        for (StoreTask& task : group.tasks) outcome.replies.push_back(TaskDone{std::move(task.done), {}});
        healthy_ = true;
        tell_of_pause(outcome.replies);
        return outcome;
    } else {
        const Error& error = done.error();
        healthy_ = false;
        tell(store_.fault(), fmt::format("no calls are started: {}", error.message), outcome.replies);
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
        Result<void> set = store_.set_campaign_state(job.campaign, job.state, {job.at, job.actor}, job.because);
        if (!set && store_.in_trouble()) return set;
        if (!set) replies.push_back(StoreWarning{set.error().message});
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
    if (!recorded) replies.push_back(StoreWarning{recorded.error().message});
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
    const std::string paused = why_no_claims();
    for (const ClaimRequest& request : group.claims) {
        Result<ClaimResult> claimed = paused.empty() ? store_.claim(request) : Result<ClaimResult>{fail(paused)};
        if (claimed) {
            replies.push_back(std::move(*claimed));
        } else if (paused.empty() && store_.in_trouble()) {
            return tl::unexpected{std::move(claimed.error())};
        } else {
            replies.push_back(ClaimFailed{request, std::move(claimed.error())});
        }
    }
    return {};
}

// Each change once, and not each try.
void StoreWorker::tell(Fault fault, std::string why_no_claims, std::vector<StoreReply>& replies) {
    const bool changed =
        why_no_claims.empty() != why_no_claims_.empty() || fault != told_fault_ || healthy_ != told_healthy_;
    if (!changed) return;
    told_fault_ = fault;
    told_healthy_ = healthy_;
    why_no_claims_ = std::move(why_no_claims);
    replies.push_back(StoreAlert{why_no_claims_.empty(), why_no_claims_.empty()
                                                             ? "the database can be written again; calls are started"
                                                             : why_no_claims_});
}

void StoreWorker::tell_of_pause(std::vector<StoreReply>& replies) {
    std::string why = why_no_claims();
    tell(why.empty() ? Fault::none : Fault::disk_full, std::move(why), replies);
}

double StoreWorker::log_share() const {
    return share_without_claims * static_cast<double>(store_.wal_pages()) / limits_.max_wal_pages;
}

// Why nothing is claimed although outcomes are written.
std::string StoreWorker::why_no_claims() const {
    if (store_.wal_pages() < limits_.max_wal_pages) return store_.why_no_claims();
    return fmt::format(
        "the database's write-ahead log has reached its greatest length of {} MiB, because {} keeps a "
        "transaction open, so no calls are started; end that reader",
        limits_.max_wal_pages / pages_per_mib, store_.reader_in_the_way());
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
        replies.push_back(StoreWarning{
            fmt::format("the database's write-ahead log is {} MiB long and cannot be reused, because {} keeps a "
                        "transaction open; end that reader: at {} MiB no more calls are started",
                        pages / pages_per_mib, store_.reader_in_the_way(), limits_.max_wal_pages / pages_per_mib)});
    }
    wal_is_long_ = wal_is_long_ || is_long;
    return replies;
}

// Its file keeps the greatest length that it ever had, so after the reader has gone it is cut back.
void StoreWorker::shorten_log() {
    const Result<Database::WalState> state = store_.checkpoint();
    if (!state || state->checkpointed < state->pages || !store_.shorten_log()) return;
    checkpoint_at_pages_ = checkpoint_pages_idle;
    wal_is_long_ = false;
}

std::vector<StoreReply> StoreWorker::keep_house(bool idle) {
    std::vector<StoreReply> replies;
    Result<void> fine = store_.examine();
    if (fine && wal_is_long_) shorten_log();
    // Where a job waits, its try will tell.
    if (fine && !healthy_ && idle) fine = probe();
    if (!fine) {
        healthy_ = false;
        tell(store_.fault(), fmt::format("no calls are started: {}", fine.error().message), replies);
    } else if (healthy_) {
        tell_of_pause(replies);
    }
    if (idle && healthy_) (void)store_.trim_audit();  // where it fails the next job will say why
    const Result<void> mirror = store_.mirror();
    if (!mirror && mirror_is_kept_) replies.push_back(StoreWarning{mirror.error().message});
    mirror_is_kept_ = mirror.has_value();
    return replies;
}

void StoreWorker::finish(bool all_written) {
    // What is not moved loses nothing: the log stays beside the database and is read with it. A long one would take
    // longer than a stop may.
    if (store_.wal_pages() < limits_.long_wal_pages) (void)store_.checkpoint();
    if (all_written) store_.end_run();
}

Result<void> StoreWorker::probe() {
    if (Result<void> begun = store_.begin(); !begun) return begun;
    Result<void> written = store_.try_to_write();
    if (!written) {
        store_.roll_back();
        return written;
    }
    written = store_.commit();
    healthy_ = written.has_value();
    return written;
}

}  // namespace outdial::store
