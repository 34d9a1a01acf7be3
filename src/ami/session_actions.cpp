// SessionMachine's outgoing half: room, windows, ActionIDs.
#include <fmt/format.h>

#include <utility>

#include "ami/session_machine.hpp"
#include "base/check.hpp"

namespace outdial::ami {

std::string SessionMachine::next_action_id() { return fmt::format("{}{}", action_id_prefix_, ++last_action_number_); }

Result<void> SessionMachine::check_room() const {
    if (state_ != State::ready) return fail(fmt::format("{} is not connected", settings_.peer));
    if (pending_.size() >= max_unanswered_actions) {
        return fail(fmt::format("{} has {} actions without an answer; wait", settings_.peer, pending_.size()));
    }
    return {};
}

Result<void> SessionMachine::send(const Action& action, std::string action_id, PendingActions::Kind kind,
                                  Milliseconds timeout, ReplyHandler handler) {
    auto bytes = action.encode(action_id);
    if (!bytes) return tl::unexpected(bytes.error());
    if (pending_.contains(action_id)) {
        return fail(fmt::format("an action with the id {} waits for its answer already", action_id));
    }
    if (output_.size() + in_flight_ + bytes->size() > max_outgoing_bytes) {
        return fail(fmt::format("{} takes our actions too slowly: {} bytes wait to be sent", settings_.peer,
                                output_.size() + in_flight_));
    }
    output_ += *bytes;
    pending_.add(std::move(action_id), action.name(), kind, now_ + timeout, std::move(handler));
    return {};
}

// The session's own actions. They fail to encode only when the configuration holds control bytes or is too long, or the
// peer has long stopped reading.
void SessionMachine::send_own(const Action& action, Milliseconds timeout, ReplyHandler handler) {
    if (auto sent = send(action, next_action_id(), PendingActions::Kind::plain, timeout, std::move(handler)); !sent) {
        drop(fmt::format("cannot send {} to {}: {}", action.name(), settings_.peer, sent.error().message));
    }
}

Result<void> SessionMachine::submit(const Action& action, ReplyHandler handler, SteadyTime now) {
    now_ = now;
    if (auto room = check_room(); !room) return room;
    return send(action, next_action_id(), PendingActions::Kind::plain, action_timeout, std::move(handler));
}

Result<void> SessionMachine::submit_list(const Action& action, ReplyHandler handler, SteadyTime now) {
    now_ = now;
    if (auto room = check_room(); !room) return room;
    return send(action, next_action_id(), PendingActions::Kind::list, list_timeout, std::move(handler));
}

Result<void> SessionMachine::originate(const Originate& call, ReplyHandler handler, SteadyTime now) {
    now_ = now;
    if (auto room = check_room(); !room) return room;
    if (draining()) return fail(fmt::format("{} is shutting down and takes no calls", settings_.peer));
    if (pending_.originates() >= max_unanswered_originates) {
        return fail(fmt::format("{} has {} Originates without an answer; wait", settings_.peer, pending_.originates()));
    }
    const auto action = to_action(call);
    if (!action) return tl::unexpected(action.error());
    return send(*action, call.channel_id, PendingActions::Kind::originate, action_timeout, std::move(handler));
}

bool SessionMachine::can_originate() const {
    return state_ == State::ready && !draining() && pending_.originates() < max_unanswered_originates &&
           pending_.size() < max_unanswered_actions &&
           output_.size() + in_flight_ + Action::max_headers * Action::max_line_bytes <= max_outgoing_bytes;
}

std::string SessionMachine::take_output() {
    in_flight_ += output_.size();
    return std::exchange(output_, {});
}

void SessionMachine::written(std::size_t bytes) {
    OUTDIAL_CHECK(bytes <= in_flight_);
    in_flight_ -= bytes;
}

}  // namespace outdial::ami
