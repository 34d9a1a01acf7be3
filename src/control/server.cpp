#include "control/server.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <system_error>

#include "base/file_descriptor.hpp"
#include "control/address.hpp"
#include "control/connection.hpp"

namespace outdial::control {
namespace asio = boost::asio;
using ErrorCode = boost::system::error_code;

namespace {

/// Without file descriptors accept fails at once, again and again: so long we wait before the next one.
constexpr std::chrono::milliseconds accept_pause{100};

std::string reason(int error) { return std::generic_category().message(error); }

/// Removes the socket of a daemon that has died. An error if somebody listens, or if it is no socket.
Result<void> remove_stale(const std::filesystem::path& path, const Address& address) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) {
        if (errno == ENOENT) {
            return {};
        }
        return fail("cannot look at the control socket " + path.string() + ": " + reason(errno));
    }
    if (!S_ISSOCK(status.st_mode)) {
        return fail("the control socket's path " + path.string() +
                    " is taken by something that is no socket: set control.socket to another path");
    }
    const FileDescriptor probe{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (!probe) {
        return fail("cannot make a socket: " + reason(errno));
    }
    // EAGAIN: a listener whose queue is full. Only a refused connection proves that nobody listens.
    if (::connect(probe.get(), address.get(), address.size()) == 0 || errno == EAGAIN) {
        return fail("another outdial already listens on " + path.string() +
                    ": stop it first (systemctl stop outdial), or set control.socket to another path");
    }
    if (errno != ECONNREFUSED) {
        return fail("cannot tell whether anybody listens on " + path.string() + ": " + reason(errno));
    }
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
        return fail("cannot remove the stale control socket " + path.string() + ": " + reason(errno));
    }
    return {};
}

/// A listening socket with mode 0660 whatever the umask: nobody can connect before listen(), and the mode is right by
/// then. The umask itself belongs to all threads, so it is left alone.
Result<FileDescriptor> listen_on(const std::filesystem::path& path, const Address& address) {
    FileDescriptor socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (!socket) {
        return fail("cannot make the control socket: " + reason(errno));
    }
    ::fchmod(socket.get(), S_IRUSR | S_IWUSR);  // Linux gives a bound socket's file these bits
    if (::bind(socket.get(), address.get(), address.size()) != 0) {
        return fail("cannot make the control socket " + path.string() + ": " + reason(errno) +
                    " (does its folder exist, and may this user write to it?)");
    }
    if (::chmod(path.c_str(), S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP) != 0 || ::listen(socket.get(), SOMAXCONN) != 0) {
        const int error = errno;
        ::unlink(path.c_str());
        return fail("cannot listen on the control socket " + path.string() + ": " + reason(error));
    }
    return socket;
}

std::optional<Peer> peer_of(Connection::Socket& socket) {
    ucred credentials{};
    socklen_t size = sizeof credentials;
    if (::getsockopt(socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) {
        return std::nullopt;
    }
    return Peer{credentials.uid, credentials.gid, credentials.pid};
}

}  // namespace

class Server::Listener : public std::enable_shared_from_this<Listener> {
public:
    Listener(asio::io_context& io, std::filesystem::path path, Handler handler, ServerLimits limits)
        : acceptor_(io),
          pause_(io),
          check_(io),
          path_(std::move(path)),
          handler_(std::move(handler)),
          limits_(limits) {}

    Result<void> start() {
        const Result<Address> address = Address::of(path_);
        if (!address) {
            return tl::unexpected(address.error());
        }
        if (auto removed = remove_stale(path_, *address); !removed) {
            return removed;
        }
        if (auto listening = listen(*address); !listening) {
            return listening;
        }
        accept();
        check_later();
        return {};
    }

    void stop() {
        if (!acceptor_.is_open()) {
            return;
        }
        // Another daemon may have put its socket there meanwhile; that one is not ours to remove.
        if (struct stat status{}; ::lstat(path_.c_str(), &status) == 0 && status.st_ino == inode_) {
            ::unlink(path_.c_str());
        }
        ErrorCode ignored;
        acceptor_.close(ignored);
        pause_.cancel();
        check_.cancel();
        const auto connections = std::move(connections_);
        connections_.clear();
        for (const auto& [key, connection] : connections) {
            connection->close();
        }
    }

private:
    Result<void> listen(const Address& address) {
        Result<FileDescriptor> socket = listen_on(path_, address);
        if (!socket) {
            return tl::unexpected(socket.error());
        }
        if (struct stat status{}; ::lstat(path_.c_str(), &status) == 0) {
            inode_ = status.st_ino;
        }
        ErrorCode error;
        acceptor_.assign(asio::local::stream_protocol{}, socket->get(), error);
        if (error) {
            ::unlink(path_.c_str());
            return fail("cannot use the control socket " + path_.string() + ": " + error.message());
        }
        socket->release();
        return {};
    }

    void check_later() {
        check_.expires_after(limits_.socket_check);
        check_.async_wait([self = shared_from_this()](ErrorCode error) {
            if (!error && self->acceptor_.is_open()) {
                self->check();
                self->check_later();
            }
        });
    }

    void check() {
        struct stat status {};
        if (::lstat(path_.c_str(), &status) == 0 || errno != ENOENT) {
            return;
        }
        const Result<Address> address = Address::of(path_);
        ErrorCode ignored;
        acceptor_.close(ignored);  // the accept that waits ends with an error, and begins again on the new socket
        if (address && !listen(*address)) {
            acceptor_.open(asio::local::stream_protocol{},
                           ignored);  // its folder is gone: tried again at the next check
        }
    }

    void accept() {
        acceptor_.async_accept([self = shared_from_this()](ErrorCode error, Connection::Socket socket) {
            if (!self->acceptor_.is_open()) {
                return;
            }
            if (error) {
                self->accept_later();
                return;
            }
            self->take(std::move(socket));
            self->accept();
        });
    }

    void accept_later() {
        pause_.expires_after(accept_pause);
        pause_.async_wait([self = shared_from_this()](ErrorCode) {
            if (self->acceptor_.is_open()) {
                self->accept();
            }
        });
    }

    void take(Connection::Socket socket) {
        const std::optional<Peer> peer = peer_of(socket);
        if (!peer) {
            return;
        }
        if (connections_.size() >= limits_.connections) {
            close_idlest();
        }
        if (connections_.size() >= limits_.connections) {
            ErrorCode ignored;
            socket.non_blocking(true, ignored);
            asio::write(socket,
                        asio::buffer(to_line(refusal("the control socket has " + std::to_string(limits_.connections) +
                                                     " connections already, its limit: try again"))),
                        ignored);
            return;
        }
        auto connection = std::make_shared<Connection>(
            std::move(socket), *peer, handler_, limits_,
            [listener = shared_from_this()](const Connection* closed) { listener->connections_.erase(closed); });
        connections_.emplace(connection.get(), connection);
        connection->start();
    }

    /// Clients that hold connections open and ask nothing, or take no answers, must not keep an operator out.
    void close_idlest() {
        std::shared_ptr<Connection> idlest;
        auto since = std::chrono::steady_clock::now() - limits_.spared_idle_time;
        for (const auto& [key, connection] : connections_) {
            if (const auto idle = connection->idle_since(); idle && *idle <= since) {
                idlest = connection;
                since = *idle;
            }
        }
        if (idlest) {
            idlest->close();
        }
    }

    asio::local::stream_protocol::acceptor acceptor_;
    asio::steady_timer pause_;
    asio::steady_timer check_;
    std::filesystem::path path_;
    Handler handler_;
    ServerLimits limits_;
    ino_t inode_ = 0;  // of our socket's file
    std::map<const Connection*, std::shared_ptr<Connection>> connections_;
};

Server::Server(asio::io_context& io, std::filesystem::path socket, Handler handler, ServerLimits limits)
    : listener_(std::make_shared<Listener>(io, std::move(socket), std::move(handler), limits)) {}

Server::~Server() { stop(); }

Result<void> Server::start() { return listener_->start(); }

void Server::stop() { listener_->stop(); }

}  // namespace outdial::control
