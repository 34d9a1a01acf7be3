// Jobs that wait for the store. Knows which of them share a transaction, and in which order they go.
#pragma once

#include <deque>
#include <optional>
#include <unordered_map>
#include <vector>

#include "store/store_jobs.hpp"

namespace outdial::store {

/// Jobs of one kind carried out in one transaction at most, so that the first of them does not wait long for the last.
inline constexpr std::size_t max_settlements_per_group = 512;
inline constexpr std::size_t max_progress_per_group = 512;
inline constexpr std::size_t max_claims_per_group = 64;
/// Jobs that may wait; post() refuses more. Settlements and progress need no such limit: each attempt has one of either
/// at most, and attempts come from claims.
inline constexpr std::size_t max_waiting_claims = 1024;
inline constexpr std::size_t max_waiting_tasks = 64;

/// What is not in the database yet, and cannot be asked for again.
struct Unwritten {
    std::size_t outcomes = 0;  // of attempts
    std::size_t states = 0;    // of campaigns
    std::size_t facts = 0;     // attempts that go on, of which something new is known

    [[nodiscard]] bool nothing() const { return outcomes + states + facts == 0; }
};

/// Used by one thread at a time: StoreThread guards it with its lock.
class StoreQueue {
public:
    /// False where too many wait already.
    [[nodiscard]] bool post(ClaimRequest request);
    [[nodiscard]] bool post(StoreTask task);
    void post(Settlement settlement);
    void post(CampaignStateJob job);
    /// Only the latest facts of an attempt are kept.
    void post(std::vector<Progress> progress);

    [[nodiscard]] bool empty() const { return !urgent_waits() && tasks_.empty(); }
    [[nodiscard]] Unwritten unwritten() const { return {settlements_.size(), states_.size(), progress_.size()}; }
    /// Jobs that calls wait for, not tasks.
    [[nodiscard]] bool urgent_waits() const;
    /// The jobs of the next transaction; none when nothing waits.
    [[nodiscard]] StoreGroup take_group();
    /// One more task for a group of tasks, while no call waits for its commit.
    [[nodiscard]] std::optional<StoreTask> take_task();
    /// What a group that could not be written still holds goes first, the next time.
    void put_back(StoreGroup group);
    /// The end: what waits is answered with the error.
    [[nodiscard]] std::vector<StoreReply> refuse_all(const Error& error);

private:
    std::deque<CampaignStateJob> states_;
    std::deque<Settlement> settlements_;
    std::unordered_map<AttemptId, CallFacts> progress_;
    std::deque<ClaimRequest> claims_;
    std::deque<StoreTask> tasks_;
    bool task_is_next_ = false;
};

}  // namespace outdial::store
