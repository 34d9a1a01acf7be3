// What the store is asked to do, and what it answers.
#pragma once

#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "core/attempt.hpp"
#include "store/attempts.hpp"

namespace outdial::store {

class Store;

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
/// Claims are refused from now on, or no longer: once for each change, and when the reason changes.
struct StoreAlert {
    bool healthy = false;  // claims are carried out
    std::string text;
};
/// What an operator should read, and what stops nothing.
struct StoreWarning {
    std::string text;
};
using StoreReply =
    std::variant<ClaimResult, ClaimFailed, SettlementDone, SettlementFailed, TaskDone, StoreAlert, StoreWarning>;

struct CampaignStateJob {
    CampaignId campaign;
    CampaignState state{};
    UtcTime at;
    std::string actor{};    // who ordered it; empty: nobody
    std::string because{};  // the order
};

/// Jobs of one transaction.
struct StoreGroup {
    std::vector<CampaignStateJob> states;
    std::vector<Settlement> settlements;
    std::vector<Progress> progress;
    std::vector<ClaimRequest> claims;
    std::vector<StoreTask> tasks;  // never with the others: calls do not wait for an import's batches

    [[nodiscard]] bool empty() const {
        return states.empty() && settlements.empty() && progress.empty() && claims.empty() && tasks.empty();
    }
};

}  // namespace outdial::store
