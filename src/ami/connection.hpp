#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "ami/session_machine.hpp"
#include "base/random.hpp"
#include "base/time.hpp"

namespace boost::asio {
class io_context;
}

namespace outdial::ami {

/// The certificate is always verified, name included.
struct TlsSettings {
    std::string ca_file;      // PEM; empty: the system's store
    std::string server_name;  // the name the certificate must bear; empty: the host
};

struct ConnectionSettings {
    std::string host;  // a name or an address
    std::uint16_t port = 5038;
    std::optional<TlsSettings> tls{};
    /// Lets the secret cross an unencrypted network when the server refuses the MD5 login. Over TLS and on loopback it
    /// may anyway.
    bool allow_plaintext = false;
    SessionSettings session;
};

/// std::chrono::steady_clock, as SteadyTime: the clock that the session's deadlines run on.
[[nodiscard]] SteadyTime steady_now();

/// A SessionMachine on a real socket: TCP, or TLS on it. Carries out what the machine says and decides nothing itself.
/// All calls and all listener callbacks happen on the io_context's thread. Shared, because the handlers of pending
/// operations hold it: after stop() they do nothing and let it go.
class Connection : public std::enable_shared_from_this<Connection> {
public:
    /// Bytes asked of the socket at once.
    static constexpr std::size_t read_buffer_bytes = 65'536;
    /// How long written bytes may stay without the peer's TCP acknowledgement (TCP_USER_TIMEOUT).
    static constexpr Milliseconds unacknowledged_timeout{10'000};

    /// `io` must outlive the connection; the listener must live until stop().
    [[nodiscard]] static std::shared_ptr<Connection> make(boost::asio::io_context& io, ConnectionSettings settings,
                                                          Random random, SessionListener& listener);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    void start();
    /// Answers what is pending with `unanswered`; the listener hears nothing more.
    void stop();

    // As the machine's, at the present time.
    [[nodiscard]] Result<void> submit(const Action& action, ReplyHandler handler);
    [[nodiscard]] Result<void> submit_list(const Action& action, ReplyHandler handler);
    [[nodiscard]] Result<void> originate(const Originate& call, ReplyHandler handler);

    void reopen(std::string_view reason);

    [[nodiscard]] const SessionMachine& machine() const { return machine_; }

private:
    struct Link;
    struct Timer;
    using LinkPointer = std::shared_ptr<Link>;

    Connection(boost::asio::io_context& io, ConnectionSettings settings, Random random, SessionListener& listener);

    void update();
    void open_link();
    void close_link();
    void connect(const LinkPointer& link);
    void on_tcp_connected(const LinkPointer& link);
    void shake_hands(const LinkPointer& link);
    void on_connected(const LinkPointer& link);
    void read(const LinkPointer& link);
    void write(const LinkPointer& link);
    void fail_link(const LinkPointer& link, const std::string& reason);
    void fail_to_reach(const LinkPointer& link, const std::string& reason);
    void arm_timer();

    boost::asio::io_context& io_;
    const ConnectionSettings settings_;
    SessionMachine machine_;
    LinkPointer link_;  // the present connection or attempt; a handler of any other finds itself out of date
    std::unique_ptr<Timer> timer_;
};

}  // namespace outdial::ami
