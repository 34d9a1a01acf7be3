#pragma once

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "control/server.hpp"

namespace outdial::control {

/// One client. It keeps itself alive while Asio holds a handler of it, hence the shared pointers.
class Connection : public std::enable_shared_from_this<Connection> {
public:
    using Socket = boost::asio::local::stream_protocol::socket;

    /// `handler` and `limits` must outlive the connection's last turn: close() ends it. `closed` is called once.
    Connection(Socket socket, Peer peer, const Handler& handler, const ServerLimits& limits,
               std::function<void(const Connection*)> closed);

    void start();
    void close();
    /// Since when it has had no request in hand, though it may have sent part of one, or has not taken an answer;
    /// nothing while a request of its is being carried out.
    [[nodiscard]] std::optional<std::chrono::steady_clock::time_point> idle_since() const {
        if (writing_) return write_began_;
        return in_hand_.empty() ? std::optional{idle_since_} : std::nullopt;
    }

private:
    using Clock = boost::asio::steady_timer::clock_type;

    /// A request that has no answer yet, or whose answer is not written yet.
    struct Request {
        Clock::time_point arrived;
        std::string answer;  // empty until there is one
    };

    /// Reads the next request if there is room for it, writes the next answer if there is one, and says how long that
    /// may take; closes when nothing is left to do.
    void go_on();
    void read();
    void take_line(std::size_t size);
    void handle(std::string_view line);
    /// The answer to request `number`; ignored when that one has been answered.
    void answer(std::uint64_t number, const nlohmann::json& message);
    void refuse_and_end(std::string_view message);
    void write();
    void wait_until(Clock::time_point deadline);
    void time_is_up();

    Socket socket_;
    boost::asio::steady_timer deadline_;
    Peer peer_;
    const Handler& handler_;
    const ServerLimits& limits_;
    std::function<void(const Connection*)> closed_;
    std::string input_;             // bytes read and not yet handled
    std::deque<Request> in_hand_;   // in the order of their arrival
    std::uint64_t answered_ = 0;    // so far; the number of the oldest request in hand
    Clock::time_point idle_since_;  // the last answer, or the start
    Clock::time_point write_began_;
    bool reading_ = false;
    bool writing_ = false;  // the oldest one's answer
    bool takes_requests_ = true;
    bool is_open_ = true;
};

}  // namespace outdial::control
