#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>
#include <string>
#include <vector>

#include "ami/session_machine.hpp"

namespace outdial::ami {

using State = SessionMachine::State;
using Plaintext = SessionMachine::Plaintext;

inline const std::string fully_booted =
    "Event: FullyBooted\r\nPrivilege: system,all\r\nUptime: 77\r\nStatus: Fully Booted\r\n\r\n";

/// A machine with its notes of what it told, and the far end's lines; time is a number that the test moves.
struct Session final : SessionListener {
    explicit Session(std::string events = "on", std::string username = "outdial")
        : machine{{.peer = "pbx1 (10.0.0.1:5038)",
                   .username = username,
                   .secret = Secret{std::string{"s3cret"}},
                   .events = events},
                  Random{7},
                  *this} {}

    void session_ready(const ServerInfo& info) override {
        told.push_back("ready");
        server = info;
        if (on_ready) on_ready();
    }
    void session_event(const Message& event) override {
        told.push_back("event " + std::string{event.name()});
        if (on_event) on_event();
    }
    void session_draining(const std::string& why) override { told.push_back("draining " + why); }
    void session_down(const std::string& reason, Milliseconds wait) override {
        told.push_back("down " + reason);
        waits.push_back(wait);
    }
    void session_warning(const std::string& text) override { warnings.push_back(text); }

    // What the machine sent since the last look.
    std::string sent() {
        std::string bytes = machine.take_output();
        machine.written(bytes.size());
        return bytes;
    }
    // Answers the last action of that name in `bytes`: `words` are the lines after the ActionID.
    void answer(const std::string& bytes, const std::string& action, const std::string& response,
                const std::string& lines = "") {
        const auto at = bytes.rfind("Action: " + action + "\r\nActionID: ");
        REQUIRE(at != std::string::npos);
        const auto id =
            bytes.substr(at + action.size() + 20, bytes.find('\r', at + action.size() + 20) - at - action.size() - 20);
        give("Response: " + response + "\r\nActionID: " + id + "\r\n" + lines + "\r\n");
    }
    void give(std::string_view bytes) { machine.received(bytes, now); }
    // Moves the clock, stopping at every deadline on the way.
    void pass(Microseconds time) {
        const SteadyTime end = now + time;
        while (machine.deadline() && *machine.deadline() <= end) {
            now = std::max(now, *machine.deadline());
            machine.tick(now);
        }
        now = end;
    }

    void connect(Plaintext plaintext = Plaintext::forbidden) {
        if (machine.state() == State::stopped) machine.start(now);
        REQUIRE(machine.state() == State::connecting);
        machine.connected(plaintext, now);
        give("Asterisk Call Manager/11.0.0\r\n");
    }
    void log_in() {
        connect();
        answer(sent(), "Challenge", "Success", "Challenge: 123456789\r\n");
        answer(sent(), "Login", "Success", "Message: Authentication accepted\r\n");
    }
    void boot() {
        give(fully_booted);
        const auto bytes = sent();
        answer(bytes, "CoreSettings", "Success", "AMIversion: 11.0.0\r\nAsteriskVersion: 22.10.1\r\n");
        answer(bytes, "CoreStatus", "Success", "CoreStartupDate: 2026-11-22\r\nCoreStartupTime: 20:59:01\r\n");
    }
    void make_ready() {
        log_in();
        boot();
        REQUIRE(machine.ready());
        pass(Microseconds{0});
        answer(sent(), "Ping", "Success", "Ping: Pong\r\n");
        told.clear();
    }
    // An Originate whose reply is noted in `replies`.
    Result<void> originate(const std::string& id) {
        Originate call;
        call.channel_id = id;
        call.channel = "PJSIP/12125550100@carrier-a";
        call.context = "outbound";
        call.exten = "12125550100";
        return machine.originate(call, noting(), now);
    }
    ReplyHandler noting() {
        return [this](const Reply& reply) {
            replies.push_back((reply.kind == Reply::Kind::success   ? "success "
                               : reply.kind == Reply::Kind::refused ? "refused "
                                                                    : "unanswered ") +
                              reply.text);
            listed = reply.list.size();
        };
    }
    [[nodiscard]] std::string last_told() const { return told.empty() ? "" : told.back(); }

    SteadyTime now{std::chrono::seconds{1'000}};
    ServerInfo server;
    std::vector<std::string> told;
    std::vector<std::string> warnings;
    std::vector<std::string> replies;
    std::vector<Milliseconds> waits;
    std::size_t listed = 0;
    std::function<void()> on_ready;
    std::function<void()> on_event;
    SessionMachine machine;  // last: it refers to the rest
};

/// Answers every ping there is and lets time pass, second by second.
inline void live_on(Session& session, int seconds) {
    for (int i = 0; i < seconds; ++i) {
        session.pass(std::chrono::seconds{1});
        const auto bytes = session.sent();
        if (bytes.find("Action: Ping") != std::string::npos) session.answer(bytes, "Ping", "Success", "Ping: Pong\r\n");
    }
}

}  // namespace outdial::ami
