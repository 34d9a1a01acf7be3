#include "store/store_queue.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace outdial::store {

namespace {

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

bool StoreQueue::post(ClaimRequest request) {
    if (claims_.size() >= max_waiting_claims) return false;
    claims_.push_back(std::move(request));
    return true;
}

bool StoreQueue::post(StoreTask task) {
    if (tasks_.size() >= max_waiting_tasks) return false;
    tasks_.push_back(std::move(task));
    return true;
}

void StoreQueue::post(Settlement settlement) {
    progress_.erase(settlement.attempt);  // the settlement holds all its facts
    settlements_.push_back(std::move(settlement));
}

void StoreQueue::post(CampaignStateJob job) { states_.push_back(std::move(job)); }

void StoreQueue::post(std::vector<Progress> progress) {
    for (Progress& one : progress) progress_.insert_or_assign(one.attempt, std::move(one.facts));
}

bool StoreQueue::urgent_waits() const {
    return !states_.empty() || !settlements_.empty() || !progress_.empty() || !claims_.empty();
}

// Outcomes go before claims, so a claim sees them; an import's batches take turns with everything else. But no task
// overtakes a campaign's state: whoever ordered it waits for a task to hear that it is stored.
StoreGroup StoreQueue::take_group() {
    StoreGroup group;
    const bool urgent = urgent_waits();
    group.states = take_front(states_, states_.size());
    if (!tasks_.empty() && (task_is_next_ || !urgent)) {
        group.tasks = take_front(tasks_, 1);
        task_is_next_ = false;
        return group;
    }
    task_is_next_ = urgent;
    group.settlements = take_front(settlements_, max_settlements_per_group);
    while (!progress_.empty() && group.progress.size() < max_progress_per_group) {
        auto one = progress_.extract(progress_.begin());
        group.progress.push_back({one.key(), std::move(one.mapped())});
    }
    group.claims = take_front(claims_, max_claims_per_group);
    return group;
}

std::optional<StoreTask> StoreQueue::take_task() {
    if (urgent_waits() || tasks_.empty()) return std::nullopt;
    std::optional<StoreTask> task{std::move(tasks_.front())};
    tasks_.pop_front();
    return task;
}

void StoreQueue::put_back(StoreGroup group) {
    put_front(states_, group.states);
    put_front(settlements_, group.settlements);
    for (Progress& one : group.progress) progress_.try_emplace(one.attempt, std::move(one.facts));  // newer ones stay
    put_front(claims_, group.claims);
    put_front(tasks_, group.tasks);
}

std::vector<StoreReply> StoreQueue::refuse_all(const Error& error) {
    std::vector<StoreReply> replies;
    // In place: of a variant that is moved GCC 12 believes that it may not be initialised.
    for (Settlement& settlement : settlements_) {
        replies.emplace_back(std::in_place_type<SettlementFailed>, SettlementFailed{std::move(settlement), error});
    }
    for (ClaimRequest& request : claims_) {
        replies.emplace_back(std::in_place_type<ClaimFailed>, ClaimFailed{std::move(request), error});
    }
    for (StoreTask& task : tasks_) {
        replies.emplace_back(std::in_place_type<TaskDone>, TaskDone{std::move(task.done), tl::unexpected{error}});
    }
    settlements_.clear();
    claims_.clear();
    tasks_.clear();
    return replies;
}

}  // namespace outdial::store
