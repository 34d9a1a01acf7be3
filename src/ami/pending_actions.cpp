#include "ami/pending_actions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "ami/text.hpp"
#include "base/check.hpp"

namespace outdial::ami {

void PendingActions::add(std::string action_id, std::string name, Kind kind, SteadyTime deadline,
                         ReplyHandler handler) {
    const auto [at, added] = pending_.try_emplace(
        std::move(action_id), Pending{std::move(name), kind, deadline, std::move(handler), {}, 0, false});
    OUTDIAL_CHECK(added);
    if (kind == Kind::originate) ++originates_;
    if (kind == Kind::list) ++lists_;
}

// Out of the table first: the handler may add actions.
void PendingActions::finish(Table::iterator found, Reply reply) {
    auto node = pending_.extract(found);
    Pending& done = node.mapped();
    if (done.kind == Kind::originate) --originates_;
    if (done.kind == Kind::list) --lists_;
    if (reply.kind == Reply::Kind::success) reply.list = done.items;
    done.handler(reply);
}

bool PendingActions::answer(const Message& response) {
    const auto found = pending_.find(response.get("ActionID"));
    if (found == pending_.end()) return false;
    if (equal_ignoring_case(response.name(), "Error")) {
        finish(found, {Reply::Kind::refused, std::string{response.get("Message")}, &response, {}});
    } else if (found->second.kind != Kind::list || !equal_ignoring_case(response.get("EventList"), "start")) {
        finish(found, {Reply::Kind::success, std::string{response.get("Message")}, &response, {}});
    }
    return true;
}

bool PendingActions::collect(const Message& event) {
    if (lists_ == 0) return false;
    const auto found = pending_.find(event.get("ActionID"));
    if (found == pending_.end() || found->second.kind != Kind::list) return false;
    Pending& list = found->second;
    const auto mark = event.get("EventList");
    if (equal_ignoring_case(mark, "Complete")) {
        if (list.too_long) {
            finish(found, {Reply::Kind::unanswered,
                           fmt::format("the list that {} gave is over {} items or {} MB", list.name, max_list_items,
                                       max_list_bytes / 1'000'000),
                           nullptr,
                           {}});
        } else {
            finish(found, {Reply::Kind::success, {}, &event, {}});
        }
        return true;
    }
    if (equal_ignoring_case(mark, "Cancelled")) {
        finish(found, {Reply::Kind::unanswered, fmt::format("Asterisk broke off the list of {}", list.name), {}, {}});
        return true;
    }
    if (list.too_long) return true;
    list.items.emplace_back(event);
    list.item_bytes += list.items.back().bytes();
    if (list.items.size() > max_list_items || list.item_bytes > max_list_bytes) {
        list.too_long = true;
        list.items.clear();
    }
    return true;
}

void PendingActions::expire(SteadyTime now) {
    // What a handler adds is due later, so this ends.
    while (true) {
        const auto due = std::ranges::find_if(pending_, [now](const auto& one) { return one.second.deadline <= now; });
        if (due == pending_.end()) return;
        std::string text = fmt::format("Asterisk did not answer {} in time", due->second.name);
        finish(due, {Reply::Kind::unanswered, std::move(text), nullptr, {}});
    }
}

void PendingActions::abandon(const std::string& reason) {
    while (!pending_.empty()) finish(pending_.begin(), {Reply::Kind::unanswered, reason, nullptr, {}});
}

std::optional<SteadyTime> PendingActions::next_deadline() const {
    std::optional<SteadyTime> next;
    for (const auto& [id, pending] : pending_) next = next ? std::min(*next, pending.deadline) : pending.deadline;
    return next;
}

}  // namespace outdial::ami
