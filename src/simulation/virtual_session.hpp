#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "ami/session_machine.hpp"
#include "core/engine.hpp"

namespace outdial::simulation {

class Outside;

/// Told what a server says, as the engine's inputs.
class ServerListener {
public:
    virtual void hear(Input input) = 0;

protected:
    ~ServerListener() = default;
};

/// One server's AMI session: the real machine, its bytes handed to the simulation. What Pool and ServerLinks do for
/// the daemon.
class VirtualSession final : private ami::SessionListener {
public:
    VirtualSession(std::size_t number, std::string server, std::uint64_t seed, Outside& outside,
                   ServerListener& listener);

    void start();
    void connected();
    void received(std::string_view bytes);
    void closed(const std::string& reason);
    void tick_if_due();
    [[nodiscard]] std::optional<SteadyTime> deadline() const { return machine_.deadline(); }
    [[nodiscard]] const std::string& server() const { return server_; }
    [[nodiscard]] std::size_t unanswered() const { return machine_.counters().unanswered; }

    void carry_out(const OriginateOrder& order);
    void carry_out(const HangUp& command);
    void carry_out(const ListChannels& command);
    void carry_out(const ReconnectServer& command);

private:
    void session_ready(const ami::ServerInfo& info) override;
    void session_event(const ami::Message& event) override;
    void session_draining(const std::string& why) override;
    void session_down(const std::string& reason, Milliseconds retry_in) override;
    void session_warning(const std::string& text) override;
    void report(const AttemptId& attempt, ChannelEvent::Kind kind, std::string text = {});
    void update();

    const std::size_t number_;
    const std::string server_;
    Outside& outside_;
    ServerListener& listener_;
    ami::SessionMachine machine_;
    bool has_link_ = false;
};

}  // namespace outdial::simulation
