#pragma once

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <memory>
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

    void start() { read(); }
    void close();

private:
    void read();
    void take_line(std::size_t size);
    void handle(std::string_view line);
    /// The answer to request `number`; ignored when that one has been answered.
    void answer(std::uint64_t number, const nlohmann::json& message);
    void write(std::string line, bool last);
    void give_up();
    void refuse_and_close(std::string_view message);
    void set_deadline(std::chrono::milliseconds after, void (Connection::*passed)());

    Socket socket_;
    boost::asio::steady_timer deadline_;
    Peer peer_;
    const Handler& handler_;
    const ServerLimits& limits_;
    std::function<void(const Connection*)> closed_;
    std::string input_;           // bytes read and not yet handled
    std::string output_;          // the answer being written
    std::uint64_t requests_ = 0;  // so far; the last one's number
    bool awaits_reply_ = false;
    bool is_open_ = true;
};

}  // namespace outdial::control
