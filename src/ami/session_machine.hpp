#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ami/action.hpp"
#include "ami/backoff.hpp"
#include "ami/originate.hpp"
#include "ami/parser.hpp"
#include "ami/pending_actions.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"
#include "base/time.hpp"

namespace outdial::ami {

struct SessionSettings {
    std::string peer;  // how messages name the server: "pbx1 (127.0.0.1:5038)"
    std::string username;
    Secret secret;
    /// Login's `Events`: "on", "off" for a session that only acts, or classes such as "system,call,agent,user". An
    /// unknown word makes Asterisk send none.
    std::string events = "on";
};

/// What a server said of itself when the session became ready.
struct ServerInfo {
    std::string ami_version;                     // "11.0.0", of the greeting
    std::string asterisk_version;                // "22.10.1"; empty when the user may not ask (reporting)
    std::string started_at;                      // "2026-11-22 20:59:01" in the server's local time; empty likewise
    std::optional<std::chrono::seconds> uptime;  // of FullyBooted; derived from the server's wall clock

    bool operator==(const ServerInfo&) const = default;
};

/// What the server's wall clock said, and when, by our steady one: within half a round trip.
struct ServerClock {
    UtcTime said;
    SteadyTime at;

    bool operator==(const ServerClock&) const = default;
};

/// Told of what happens in a session, in order, during the machine's inputs. May submit actions meanwhile, and may stop
/// the machine; must neither feed nor destroy it.
class SessionListener {
public:
    /// Logged in, booted, and ready for actions: reconcile, then dial. Again when a shutdown was called off.
    virtual void session_ready(const ServerInfo& info) = 0;
    /// Every event from the login on; items of lists that were asked for excepted.
    virtual void session_event(const Message& event) = 0;
    /// The server is shutting down: no more Originates. The session stays, and live calls are still reported.
    virtual void session_draining(const std::string& why) = 0;
    /// No session, and another attempt in `retry_in`. All pending actions were answered before.
    virtual void session_down(const std::string& reason, Milliseconds retry_in) = 0;
    /// Something that a person should put right.
    virtual void session_warning(const std::string& text) = 0;

protected:
    ~SessionListener() = default;
};

/// One AMI session over its whole life, connections come and go, without I/O, clock or randomness of its own:
///
///   waiting -> connecting -> greeting -> challenge -> login -> booting -> ready
///      ^__________________________any failure_____________________________/
///
/// Whoever drives it calls an input, then looks at `state()` (connecting: have one connection attempt running; waiting
/// or stopped: have none open), sends `take_output()`, and calls `tick` at `deadline()`.
class SessionMachine {
public:
    enum class State { stopped, waiting, connecting, greeting, challenge, login, booting, ready };
    /// Whether the secret may cross this link in the clear, should the server refuse MD5: TLS, loopback, or configured.
    enum class Plaintext { forbidden, allowed };

    static constexpr Milliseconds connect_timeout{10'000};
    static constexpr Milliseconds greeting_timeout{10'000};
    static constexpr Milliseconds boot_timeout{60'000};
    /// A user without the class `system` is never told of FullyBooted: a server that has not been seen booted before is
    /// taken for it after so long. Not sooner, for Asterisk takes logins and tells its start time before its dialplan
    /// is there, and refuses every call until then ("Extension does not exist."): half a second before in 16.28 and
    /// 22.10 on an idle machine, 8 to 12 s on a busy one.
    static constexpr Milliseconds unannounced_boot{30'000};
    /// Asterisk sleeps one second before it refuses a login; an ordinary answer takes about one millisecond.
    static constexpr Milliseconds action_timeout{10'000};
    static constexpr Milliseconds list_timeout{30'000};
    static constexpr Milliseconds ping_interval{5'000};  // and each ping's deadline
    static constexpr int max_missed_pings = 2;
    static constexpr Milliseconds boot_poll_interval{2'000};
    /// After connections that failed or did not last.
    static constexpr Milliseconds longest_wait{30'000};
    /// Where nobody listens. It costs neither side anything, and a server that restarts is found again soon.
    static constexpr Milliseconds longest_wait_for_listener{3'000};
    /// A refused login costs the server a second and a slot of authlimit, and only a person can mend it.
    static constexpr Milliseconds refused_login_wait{60'000};
    /// Back-off starts anew only after the session was ready for this long, or with a shutdown that was announced.
    static constexpr Milliseconds stable_after{30'000};
    /// What is unanswered when the link is lost is in doubt, and may not be dialed again: so the window is small. At a
    /// millisecond per answer it still passes 10,000 a second.
    static constexpr std::size_t max_unanswered_originates = 32;
    static constexpr std::size_t max_unanswered_actions = 256;
    static constexpr std::size_t max_outgoing_bytes = 262'144;

    /// The listener must outlive the machine.
    SessionMachine(SessionSettings settings, Random random, SessionListener& listener);
    SessionMachine(const SessionMachine&) = delete;
    SessionMachine& operator=(const SessionMachine&) = delete;

    // Inputs. `now` never goes back.
    void start(SteadyTime now);
    void stop(SteadyTime now);
    void connected(Plaintext plaintext, SteadyTime now);
    void received(std::string_view bytes, SteadyTime now);
    /// The connection, or the attempt at one, ended: `reason` as the system gives it. Ignored when the machine gave it
    /// up first.
    void closed(std::string_view reason, SteadyTime now);
    /// The same where no connection came about: nobody listens, no route, no such name.
    void unreachable(std::string_view reason, SteadyTime now);
    void tick(SteadyTime now);
    /// Gives the connection up and makes another, after the usual wait: what was still to be read is not wanted.
    void reopen(std::string_view reason, SteadyTime now);

    /// An error means that nothing was sent and the handler is never called; else it is called exactly once.
    [[nodiscard]] Result<void> submit(const Action& action, ReplyHandler handler, SteadyTime now);
    /// The same for an action that answers with a list (CoreShowChannels, QueueStatus), delivered as a whole.
    [[nodiscard]] Result<void> submit_list(const Action& action, ReplyHandler handler, SteadyTime now);
    /// Sent once, never again. Its ActionID is the channel id, which the OriginateResponse event carries too.
    [[nodiscard]] Result<void> originate(const Originate& call, ReplyHandler handler, SteadyTime now);

    // Outputs.
    [[nodiscard]] State state() const { return state_; }
    [[nodiscard]] std::optional<SteadyTime> deadline() const;
    /// What to send next. Counts against max_outgoing_bytes until `written`.
    [[nodiscard]] std::string take_output();
    void written(std::size_t bytes);

    [[nodiscard]] bool ready() const { return state_ == State::ready; }
    [[nodiscard]] bool draining() const { return draining_ != Draining::no; }
    [[nodiscard]] bool can_originate() const;
    [[nodiscard]] const ServerInfo& info() const { return info_; }

    struct Counters {
        std::size_t unanswered = 0;
        std::uint64_t events = 0;
        std::uint64_t orphan_responses = 0;  // answers to nothing we wait for
        std::uint64_t skipped_messages = 0;
        std::uint64_t connections = 0;
        std::optional<Microseconds> ping_round_trip;  // the last one
        std::optional<ServerClock> clock;             // of the last ping that told it
    };
    [[nodiscard]] Counters counters() const;

private:
    /// The answer to any action, logins and pings included, once a shutdown has begun (main/manager.c).
    static constexpr std::string_view shutting_down = "Asterisk is shutting down";
    enum class Draining { no, refusing, shut_down };  // refusing: it may be called off; a Shutdown event is final
    enum class Retry { with_backoff, soon, after_refused_login };

    [[nodiscard]] bool is_connected() const;
    void begin_connecting();
    void greet();
    void send_login(std::string_view challenge);
    void on_challenge(const Reply& reply);
    void on_login(const Reply& reply);
    void on_core_settings(const Reply& reply);
    void poll_boot();
    void on_core_status(const Reply& reply);
    [[nodiscard]] bool is_booted() const;
    void become_ready();
    void ping();
    void on_ping(const Reply& reply, SteadyTime sent_at);
    void handle(const Message& message);
    void handle_event(const Message& event);
    void begin_draining(Draining how, const std::string& why);
    void report_skipped();
    [[nodiscard]] Milliseconds next_wait(Retry retry);
    void drop(const std::string& reason, Retry retry = Retry::with_backoff);
    void refuse_login(const std::string& reason);

    [[nodiscard]] Result<void> check_room() const;
    [[nodiscard]] Result<void> send(const Action& action, std::string action_id, PendingActions::Kind kind,
                                    Milliseconds timeout, ReplyHandler handler);
    void send_own(const Action& action, Milliseconds timeout, ReplyHandler handler);
    [[nodiscard]] std::string next_action_id();

    const SessionSettings settings_;
    SessionListener& listener_;
    Random random_;
    const std::string action_id_prefix_;  // random: no other program's session shares our ids
    std::uint64_t last_action_number_ = 0;

    State state_ = State::stopped;
    SteadyTime now_{};             // of the present input
    SteadyTime stage_deadline_{};  // waiting: when to connect; connecting, greeting, booting: when to give up
    SteadyTime next_poll_at_{};    // booting
    SteadyTime next_ping_at_{};    // ready
    SteadyTime ready_at_{};
    Plaintext plaintext_ = Plaintext::forbidden;
    Backoff backoff_{longest_wait};
    Backoff listener_backoff_{longest_wait_for_listener};
    Parser parser_;
    Message message_;
    PendingActions pending_;
    std::string output_;
    std::size_t in_flight_ = 0;  // bytes taken and not yet written
    ServerInfo info_;
    bool fully_booted_ = false;
    std::string seen_booted_;  // the `started_at` that a session was ready with
    bool core_status_pending_ = false;
    bool core_status_refused_ = false;
    Draining draining_ = Draining::no;
    int missed_pings_ = 0;
    std::uint64_t reported_skipped_ = 0;
    Counters counters_;
};

}  // namespace outdial::ami
