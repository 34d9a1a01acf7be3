#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>

#include "base/result.hpp"
#include "control/protocol.hpp"

namespace boost::asio {
class io_context;
}

namespace outdial::control {

/// Who is at the other end, as the kernel knew it when the connection was made (SO_PEERCRED).
struct Peer {
    uid_t uid = 0;
    gid_t gid = 0;
    pid_t pid = 0;
};

using Reply = std::function<void(nlohmann::json)>;

/// Answers a request, which is an object with a text "command": calls `reply` once, now or later, on the io_context's
/// thread. A second call, and one after the connection or the server has gone, does nothing. What it throws before its
/// reply becomes the answer.
using Handler = std::function<void(const Peer& peer, nlohmann::json request, Reply reply)>;

struct ServerLimits {
    std::size_t connections = 64;
    /// When all are taken, the one that has been idle longest, and for at least so long, makes room for a new one.
    std::chrono::milliseconds spared_idle_time = std::chrono::seconds{2};
    /// How often the socket's file is looked for; one that was removed is made again, or nobody could reach the daemon.
    std::chrono::milliseconds socket_check = std::chrono::seconds{5};
    std::size_t request_bytes = max_request_bytes;
    /// Requests of one connection that may wait for their answers; the next is read when one of them is answered.
    std::size_t requests_in_hand = max_requests_in_hand;
    /// From the last answer, or the connection's start, to the last byte of the next request: ends idle clients and
    /// slow ones.
    std::chrono::milliseconds request_time = std::chrono::seconds{60};
    /// How long a reply may take; a little less than clients wait, so that they learn why.
    std::chrono::milliseconds reply_time = std::chrono::seconds{55};
    /// How long a client may take to read its answer.
    std::chrono::milliseconds write_time = std::chrono::seconds{30};
};

/// The control socket: a Unix stream socket, open to its owner and group (mode 0660). A connection's requests are
/// handled, and its answers come, in the order of its requests. All on the io_context's thread.
class Server {
public:
    /// `io` must outlive the server.
    Server(boost::asio::io_context& io, std::filesystem::path socket, Handler handler, ServerLimits limits = {});
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    ~Server();

    /// Listens. The socket of a daemon that has died is replaced; one on which somebody listens, or a file that is no
    /// socket, is an error.
    [[nodiscard]] Result<void> start();
    /// Closes every connection and removes the socket. Requests in hand stay unanswered.
    void stop();

private:
    class Listener;
    std::shared_ptr<Listener> listener_;  // shared with handlers that Asio may still call after stop()
};

}  // namespace outdial::control
