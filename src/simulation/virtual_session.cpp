#include "simulation/virtual_session.hpp"

#include <fmt/format.h>

#include "daemon/ami_events.hpp"
#include "daemon/ami_orders.hpp"
#include "simulation/simulated_server.hpp"
#include "simulation/virtual_daemon.hpp"

namespace outdial::simulation {

VirtualSession::VirtualSession(std::size_t number, std::string server, std::uint64_t seed, Outside& outside,
                               ServerListener& listener)
    : number_(number),
      server_(std::move(server)),
      outside_(outside),
      listener_(listener),
      machine_({.peer = server_,
                .username = std::string{account_name},
                .secret = Secret{std::string{account_secret}},
                .events = "system,call,agent,user"},
               Random{seed}, *this) {}

void VirtualSession::start() {
    machine_.start(outside_.now().steady);
    update();
}

void VirtualSession::connected() {
    machine_.connected(ami::SessionMachine::Plaintext::allowed, outside_.now().steady);
    update();
}

void VirtualSession::received(std::string_view bytes) {
    machine_.received(bytes, outside_.now().steady);
    update();
}

void VirtualSession::closed(const std::string& reason) {
    has_link_ = false;
    if (machine_.state() == ami::SessionMachine::State::connecting) {
        machine_.unreachable(reason, outside_.now().steady);
    } else {
        machine_.closed(reason, outside_.now().steady);
    }
    update();
}

void VirtualSession::tick_if_due() {
    const auto deadline = machine_.deadline();
    if (!deadline || *deadline > outside_.now().steady) return;
    machine_.tick(outside_.now().steady);
    update();
}

// As ami::Connection::update.
void VirtualSession::update() {
    using State = ami::SessionMachine::State;
    switch (machine_.state()) {
        case State::stopped:
        case State::waiting:
            if (std::exchange(has_link_, false)) outside_.disconnect(number_);
            return;
        case State::connecting:
            if (!std::exchange(has_link_, true)) outside_.connect(number_);
            return;
        case State::greeting:
        case State::challenge:
        case State::login:
        case State::booting:
        case State::ready: break;
    }
    const std::string bytes = machine_.take_output();
    if (bytes.empty()) return;
    machine_.written(bytes.size());
    outside_.send(number_, bytes);
}

void VirtualSession::report(const AttemptId& attempt, ChannelEvent::Kind kind, std::string text) {
    listener_.hear(AttemptEvent{
        .attempt = attempt,
        .event = {.kind = kind, .at = outside_.now().utc, .cause = {}, .tech_cause = {}, .text = std::move(text)}});
}

void VirtualSession::carry_out(const OriginateOrder& order) {
    using Kind = ChannelEvent::Kind;
    const bool room = machine_.can_originate();
    const auto on_reply = [this, attempt = order.attempt](const ami::Reply& reply) {
        switch (reply.kind) {
            case ami::Reply::Kind::success: return report(attempt, Kind::accepted);
            case ami::Reply::Kind::refused: return report(attempt, Kind::refused, reply.text);
            case ami::Reply::Kind::unanswered: return report(attempt, Kind::unanswered);
        }
    };
    if (!room) return report(order.attempt, Kind::not_sent);
    const Now now = outside_.now();
    const auto sent =
        machine_.originate(daemon::to_originate(order, now, machine_.counters().clock), on_reply, now.steady);
    update();
    if (!sent) report(order.attempt, Kind::refused, sent.error().message);
}

void VirtualSession::carry_out(const HangUp& command) {
    (void)machine_.submit(
        ami::Action{"Hangup"}.header("Channel", command.attempt.view()), [](const ami::Reply&) {},
        outside_.now().steady);
    update();
}

void VirtualSession::carry_out(const ListChannels&) {
    const SteadyTime asked_at = outside_.now().steady;
    const auto on_reply = [this, asked_at](const ami::Reply& reply) {
        const auto channels = ami::listed_channels(reply, server_);
        if (!channels) return listener_.hear(ChannelListFailed{.server = server_});
        listener_.hear(
            ChannelList{.server = server_, .asked_at = asked_at, .rows = daemon::attempts_listed(*channels)});
    };
    const auto sent = machine_.submit_list(ami::Action{"CoreShowChannels"}, on_reply, asked_at);
    update();
    if (!sent) listener_.hear(ChannelListFailed{.server = server_});
}

void VirtualSession::carry_out(const ReconnectServer&) {
    machine_.reopen("Outdial is overloaded", outside_.now().steady);
    update();
}

void VirtualSession::session_ready(const ami::ServerInfo&) {
    listener_.hear(ServerUp{.server = server_, .originate_window = ami::SessionMachine::max_unanswered_originates});
}

void VirtualSession::session_event(const ami::Message& event) {
    if (auto input = daemon::attempt_event(event, outside_.now().utc)) listener_.hear(std::move(*input));
}

void VirtualSession::session_draining(const std::string&) { listener_.hear(ServerDraining{.server = server_}); }

void VirtualSession::session_down(const std::string& reason, Milliseconds) {
    outside_.say(fmt::format("{} down: {}", server_, reason));
    listener_.hear(ServerDown{.server = server_});
}

void VirtualSession::session_warning(const std::string& text) { outside_.say(fmt::format("{}: {}", server_, text)); }

}  // namespace outdial::simulation
