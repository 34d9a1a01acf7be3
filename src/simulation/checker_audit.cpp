// What the checker asks the database: at every moment, at a new start, and at the end.
#include <fmt/format.h>

#include <algorithm>

#include "simulation/checker.hpp"

namespace outdial::simulation {

namespace {

// The dispositions that an undisturbed call of this fate may have, which was not hung up by us.
bool fits(const CallTruth& truth, const std::string& disposition) {
    const std::string& fate = truth.fate;
    if (truth.answered) return disposition == "answered" || disposition == "machine";
    if (truth.end == "hung-up-by-action" || truth.end == "crashed" || truth.end == "unfinished") return true;
    if (truth.end == "ring-timeout") return disposition == "no_answer";
    if (truth.end == "refused") return disposition == "failed";
    if (truth.end == "no-channel") return disposition == "unreachable";
    if (fate == "busy") return disposition == "busy";
    if (fate == "declined") return disposition == "declined";
    if (fate == "unavailable" || fate == "no-response") return disposition == "no_answer";
    if (fate == "not-found" || fate == "gone" || fate == "bad-number") return disposition == "invalid_number";
    if (fate == "rejected") return disposition == "rejected" || disposition == "declined";
    return true;
}

std::string row_text(const AttemptRow& row) {
    return fmt::format("{} {} {} {}", row.ended_at.value_or(0), row.disposition, row.charged, row.number);
}

}  // namespace

void Checker::process_started(Instant) {
    for (const CampaignRow& row : view_->campaigns()) {
        Permission& permission = campaigns_[row.name];
        const bool runs = row.state == "running";
        const bool has_file = rules_.back().campaigns.contains(row.name);
        const auto from = permission.orders.begin() + static_cast<std::ptrdiff_t>(permission.stored_from);
        if (std::find(from, permission.orders.end(), runs) == permission.orders.end()) {
            violate("orders",
                    fmt::format("campaign {} is {} after a start, which is not what was stored", row.name, row.state));
        }
        permission = {runs && has_file, {runs, runs && has_file}};
    }
    check_claims_survive();
    audit();
}

// Whatever happened to the former process and its machine: who was called is known.
void Checker::check_claims_survive() {
    for (const auto& [attempt, call] : calls_) {
        if (!view_->attempt(attempt)) violate("claim", attempt + " had left, and its claim is gone after a start");
    }
}

void Checker::audit() {
    if (view_ == nullptr) return;
    for (const CampaignRow& row : view_->campaigns()) {
        const auto sum = row.ready + row.waiting + row.in_call + row.done;
        if (sum != row.contacts) {
            violate("balance",
                    fmt::format("campaign {} has {} contacts, and {} in its states", row.name, row.contacts, sum));
        }
        const auto& [least, most] = imported_[row.list];
        if (row.contacts < least || row.contacts > most) {
            violate("balance", fmt::format("campaign {} has {} contacts, imported were {} to {}", row.name,
                                           row.contacts, least, most));
        }
    }
    if (const std::string found = view_->contradiction(); !found.empty()) violate("balance", found);
    view_->each_attempt([this](const AttemptRow& row) {
        if (!row.ended_at) return;
        const auto [place, is_new] = ended_rows_.try_emplace(row.attempt, row_text(row));
        if (!is_new && place->second != row_text(row)) {
            violate("terminal", fmt::format("{} ended as {} and is now {}", row.attempt, place->second, row_text(row)));
        }
    });
    for (const auto& [attempt, text] : ended_rows_) {
        if (!view_->attempt(attempt)) violate("terminal", attempt + " had ended, and its row is gone");
        if (violation_) break;
    }
    if (!view_->problem().empty()) violate("database", view_->problem());
}

void Checker::audit_end() {
    audit();
    std::size_t rows = 0;
    view_->each_attempt([&](const AttemptRow& row) {
        const auto found = calls_.find(row.attempt);
        if (found == calls_.end()) return;
        ++rows;
        check_verdict(found->second, row);
    });
    if (rows != calls_.size()) violate("claim", fmt::format("{} calls, and {} rows of them", calls_.size(), rows));
    if (const std::string fault = view_->audit_fault(); !fault.empty()) violate("audit", fault);
    for (const std::string& number : forbidden_) {
        if (!view_->audit_tells_of_order(number)) violate("audit", "nothing of the order that forbade " + number);
    }
    if (!live_.empty()) violate("end", fmt::format("{} lives on a server, and all should be over", *live_.begin()));
}

void Checker::check_verdict(const Call& call, const AttemptRow& row) {
    if (!events_are_whole_ || !call.truth || call.disturbed || !row.ended_at) return;
    if (!fits(*call.truth, row.disposition)) {
        violate("verdict",
                fmt::format("{}: a call of fate {} that ended {}{} is booked as {}", row.attempt, call.truth->fate,
                            call.truth->end, call.truth->answered ? " after an answer" : "", row.disposition));
    }
}

}  // namespace outdial::simulation
