#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ami/connection.hpp"
#include "ami/listed_channel.hpp"
#include "ami/originate.hpp"
#include "ami/pending_actions.hpp"
#include "ami/session_machine.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"
#include "base/time.hpp"

namespace outdial::ami {

/// One Asterisk and how to log in to it.
struct ServerSettings {
    std::string name;
    std::string host;
    std::uint16_t port = 5038;
    std::string username;
    Secret secret;
    std::optional<TlsSettings> tls{};
    bool allow_plaintext = false;
    /// The classes of events wanted. Not `dialplan`: its VarSet and Newexten are most of a call's events and say
    /// nothing of the outcome.
    std::string events = "system,call,agent,user";
    /// Sessions with events off that carry the Originates beside the event session. 0, the event session alone, is the
    /// best that was measured: a response then always comes before the call's events (Asterisk promises no order
    /// between sessions), one session carried 800 Originates a second with a response time of 1.3 ms (p99), four
    /// carried fewer, and before Asterisk 22.11 every event wakes every session's thread. Worth it only where a list or
    /// a slow link holds the one session up.
    int action_sessions = 0;
};

/// Told what happens, on the io_context's thread. May call the pool meanwhile, except to destroy it. `server` counts in
/// the order of the settings. Views and references hold during the call.
class PoolListener {
public:
    /// Events flow and calls may be placed, after reconciling: also after a shutdown that was called off.
    virtual void server_up(std::size_t server, const ServerInfo& info) = 0;
    /// Lost, or once more not reached; the pool tries again by itself. Pending actions were answered before.
    virtual void server_down(std::size_t server, const std::string& reason) = 0;
    /// Up, but shutting down: no Originates until server_up comes again.
    virtual void server_draining(std::size_t server, const std::string& why) = 0;
    virtual void server_event(std::size_t server, const Message& event) = 0;
    /// For the operator.
    virtual void server_warning(std::size_t server, const std::string& text) = 0;

protected:
    ~PoolListener() = default;
};

struct ServerStatus {
    enum class State { down, up, draining };

    std::string name;
    State state = State::down;
    std::string why;   // down or draining: the reason
    SteadyTime since;  // when it came into this state
    ServerInfo info;   // of the last time it was up
    std::size_t sessions = 0;
    std::size_t sessions_ready = 0;
    SessionMachine::Counters counters;  // all its sessions together; the ping is the event session's
};

/// The sessions with all servers. Lives on one thread, the io_context's. A server is up when its event session is
/// ready: without events we would be blind to our calls, while an action session that is missing costs only speed, as
/// the event session carries Originates for it.
class Pool {
public:
    /// `io` and `listener` must outlive the pool. The seed varies back-off and ActionIDs.
    Pool(boost::asio::io_context& io, std::vector<ServerSettings> servers, std::uint64_t seed, PoolListener& listener);
    ~Pool();
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    void start();
    /// Closes everything. Pending actions are answered with `unanswered`; the listener hears nothing more.
    void stop();

    [[nodiscard]] std::size_t size() const;
    [[nodiscard]] bool can_originate(std::size_t server) const;

    // An error means that nothing was sent and `done` is never called; else it is called exactly once.

    /// Sent once and never again, through the session with the fewest unanswered. After can_originate() an error means
    /// that this call itself cannot be sent, now or ever. `success` means that Asterisk queued
    /// it, nothing more; `unanswered` that the call may or may not be ringing.
    [[nodiscard]] Result<void> originate(std::size_t server, const Originate& call, ReplyHandler done);
    /// By the channel's name or its unique id. A channel that is gone is refused with "No such channel".
    [[nodiscard]] Result<void> hang_up(std::size_t server, std::string_view channel, ReplyHandler done);
    using ChannelsHandler = std::function<void(Result<std::vector<ListedChannel>>)>;
    /// Every live channel, ours and others'. No barrier in the stream of events: a channel may be listed after its
    /// Hangup was reported, and missing before its Newchannel.
    [[nodiscard]] Result<void> list_channels(std::size_t server, ChannelsHandler done);
    /// Any other action, through the event session.
    [[nodiscard]] Result<void> submit(std::size_t server, const Action& action, ReplyHandler done);
    [[nodiscard]] Result<void> submit_list(std::size_t server, const Action& action, ReplyHandler done);

    /// Closes its sessions and opens them again: the listener hears server_down, and server_up when events flow again.
    void reopen(std::size_t server, std::string_view reason);

    [[nodiscard]] ServerStatus status(std::size_t server) const;
    /// Its wall clock as its event session last told it.
    [[nodiscard]] std::optional<ServerClock> clock(std::size_t server) const;

private:
    class Server;

    [[nodiscard]] Server& at(std::size_t server) const;

    std::vector<std::unique_ptr<Server>> servers_;
};

}  // namespace outdial::ami
