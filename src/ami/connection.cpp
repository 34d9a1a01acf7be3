#include "ami/connection.hpp"

#include <fmt/format.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <openssl/tls1.h>
#include <openssl/x509_vfy.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <utility>

namespace outdial::ami {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

/// One connection, or the attempt at one. Held by its pending handlers, which may outlast its turn.
struct Connection::Link {
    explicit Link(asio::io_context& io) : resolver{io}, socket{io} {}

    tcp::resolver resolver;
    tcp::socket socket;
    std::optional<asio::ssl::context> tls_context;
    std::optional<asio::ssl::stream<tcp::socket&>> tls;  // on `socket`
    std::array<char, read_buffer_bytes> read_buffer;
    std::string writing;  // what the pending write sends; empty when there is none
    bool write_failed = false;
};

struct Connection::Timer {
    explicit Timer(asio::io_context& io) : timer{io} {}

    asio::steady_timer timer;
    std::optional<SteadyTime> armed_for;
};

namespace {

// The context that trusts the configured authorities and nothing older than TLS 1.2.
void set_up_tls(std::optional<asio::ssl::context>& context, std::optional<asio::ssl::stream<tcp::socket&>>& stream,
                tcp::socket& socket, const TlsSettings& tls, const std::string& name, error_code& error) {
    context.emplace(asio::ssl::context::tls_client);
    SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
    if (tls.ca_file.empty()) {
        context->set_default_verify_paths(error);
    } else {
        context->load_verify_file(tls.ca_file, error);
    }
    if (error) return;
    stream.emplace(socket, *context);
    stream->set_verify_mode(asio::ssl::verify_peer, error);
    if (!error) stream->set_verify_callback(asio::ssl::host_name_verification{name}, error);
    // An address is no server name (RFC 6066), and then there is none to indicate.
    error_code not_an_address;
    asio::ip::make_address(name, not_an_address);
    if (error || !not_an_address) return;
    // SSL_set_tlsext_host_name, without its C cast; OpenSSL copies the name.
    SSL_ctrl(stream->native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
             const_cast<char*>(name.c_str()));
}

std::string why_ended(const error_code& error) {
    if (error == asio::error::eof || error == asio::ssl::error::stream_truncated) return "the server closed it";
    return error.message();
}

// A lost link must not look like a quiet one: the pings would tell after ten seconds, these help them along.
void set_socket_options(tcp::socket& socket) {
    error_code ignored;  // each is an improvement, none a need
    socket.set_option(tcp::no_delay{true}, ignored);
    socket.set_option(asio::socket_base::keep_alive{true}, ignored);
    const unsigned int timeout_ms = static_cast<unsigned int>(Connection::unacknowledged_timeout.count());
    ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms, sizeof timeout_ms);
}

}  // namespace

SteadyTime steady_now() {
    return SteadyTime{std::chrono::duration_cast<Microseconds>(std::chrono::steady_clock::now().time_since_epoch())};
}

std::shared_ptr<Connection> Connection::make(asio::io_context& io, ConnectionSettings settings, Random random,
                                             SessionListener& listener) {
    return std::shared_ptr<Connection>{new Connection{io, std::move(settings), random, listener}};
}

Connection::Connection(asio::io_context& io, ConnectionSettings settings, Random random, SessionListener& listener)
    : io_{io},
      settings_{std::move(settings)},
      machine_{settings_.session, random, listener},
      timer_{std::make_unique<Timer>(io)} {}

Connection::~Connection() = default;

void Connection::start() {
    machine_.start(steady_now());
    update();
}

void Connection::stop() {
    machine_.stop(steady_now());
    close_link();
    update();
}

Result<void> Connection::submit(const Action& action, ReplyHandler handler) {
    auto sent = machine_.submit(action, std::move(handler), steady_now());
    update();
    return sent;
}

Result<void> Connection::submit_list(const Action& action, ReplyHandler handler) {
    auto sent = machine_.submit_list(action, std::move(handler), steady_now());
    update();
    return sent;
}

Result<void> Connection::originate(const Originate& call, ReplyHandler handler) {
    auto sent = machine_.originate(call, std::move(handler), steady_now());
    update();
    return sent;
}

void Connection::reopen(std::string_view reason) {
    machine_.reopen(reason, steady_now());
    update();
}

// After every input: makes the socket and the timer what the machine wants.
void Connection::update() {
    switch (machine_.state()) {
        case SessionMachine::State::stopped:
        case SessionMachine::State::waiting: close_link(); break;
        case SessionMachine::State::connecting:
            if (!link_) open_link();
            break;
        case SessionMachine::State::greeting:
        case SessionMachine::State::challenge:
        case SessionMachine::State::login:
        case SessionMachine::State::booting:
        case SessionMachine::State::ready: write(link_); break;
    }
    arm_timer();
}

void Connection::open_link() {
    link_ = std::make_shared<Link>(io_);
    if (settings_.tls) {
        const auto& name = settings_.tls->server_name.empty() ? settings_.host : settings_.tls->server_name;
        error_code error;
        set_up_tls(link_->tls_context, link_->tls, link_->socket, *settings_.tls, name, error);
        if (error) {
            // Not now: this may run inside one of the machine's callbacks.
            asio::post(io_, [self = shared_from_this(), link = link_, error] {
                self->fail_link(link, fmt::format("cannot read the certificate authorities of tls.ca_file '{}': {}",
                                                  self->settings_.tls->ca_file, error.message()));
            });
            return;
        }
    }
    connect(link_);
}

void Connection::close_link() {
    if (!link_) return;
    error_code ignored;
    link_->resolver.cancel();
    link_->socket.close(ignored);
    link_.reset();
}

void Connection::connect(const LinkPointer& link) {
    link->resolver.async_resolve(
        settings_.host, std::to_string(settings_.port),
        [self = shared_from_this(), link](const error_code& error, const tcp::resolver::results_type& endpoints) {
            if (link != self->link_) return;
            if (error) return self->fail_to_reach(link, fmt::format("cannot resolve its name: {}", error.message()));
            asio::async_connect(link->socket, endpoints, [self, link](const error_code& failed, const tcp::endpoint&) {
                if (link != self->link_) return;
                if (failed) return self->fail_to_reach(link, failed.message());
                self->on_tcp_connected(link);
            });
        });
}

void Connection::on_tcp_connected(const LinkPointer& link) {
    set_socket_options(link->socket);
    if (link->tls) {
        shake_hands(link);
    } else {
        on_connected(link);
    }
}

void Connection::shake_hands(const LinkPointer& link) {
    link->tls->async_handshake(
        asio::ssl::stream_base::client, [self = shared_from_this(), link](const error_code& error) {
            if (link != self->link_) return;
            if (!error) return self->on_connected(link);
            const long verdict = SSL_get_verify_result(link->tls->native_handle());
            self->fail_link(link, verdict == X509_V_OK
                                      ? fmt::format("TLS handshake failed: {}", error.message())
                                      : fmt::format("its certificate is refused: {}; check tls.ca_file and "
                                                    "tls.server_name",
                                                    X509_verify_cert_error_string(verdict)));
        });
}

void Connection::on_connected(const LinkPointer& link) {
    error_code error;
    const auto peer = link->socket.remote_endpoint(error);
    if (error) return fail_link(link, error.message());
    const bool safe = settings_.tls.has_value() || peer.address().is_loopback() || settings_.allow_plaintext;
    machine_.connected(safe ? SessionMachine::Plaintext::allowed : SessionMachine::Plaintext::forbidden, steady_now());
    update();
    if (link == link_) read(link);
}

// One read is always pending, whatever else happens: a slow reader is disconnected by Asterisk.
void Connection::read(const LinkPointer& link) {
    auto on_read = [self = shared_from_this(), link](const error_code& error, std::size_t size) {
        if (link != self->link_) return;
        if (size > 0) self->machine_.received({link->read_buffer.data(), size}, steady_now());
        if (link == self->link_ && error) return self->fail_link(link, why_ended(error));
        self->update();
        if (link == self->link_) self->read(link);
    };
    if (link->tls) {
        link->tls->async_read_some(asio::buffer(link->read_buffer), std::move(on_read));
    } else {
        link->socket.async_read_some(asio::buffer(link->read_buffer), std::move(on_read));
    }
}

// A failed write ends nothing: what the server said before it closed is still to be read, and the read then ends too.
void Connection::write(const LinkPointer& link) {
    if (!link->writing.empty() || link->write_failed) return;
    link->writing = machine_.take_output();
    if (link->writing.empty()) return;
    auto on_written = [self = shared_from_this(), link](const error_code& error, std::size_t) {
        if (link != self->link_) return;
        link->write_failed = static_cast<bool>(error);
        self->machine_.written(link->writing.size());
        link->writing.clear();
        self->update();
    };
    if (link->tls) {
        asio::async_write(*link->tls, asio::buffer(link->writing), std::move(on_written));
    } else {
        asio::async_write(link->socket, asio::buffer(link->writing), std::move(on_written));
    }
}

void Connection::fail_link(const LinkPointer& link, const std::string& reason) {
    if (link != link_) return;
    machine_.closed(reason, steady_now());
    update();
}

void Connection::fail_to_reach(const LinkPointer& link, const std::string& reason) {
    if (link != link_) return;
    machine_.unreachable(reason, steady_now());
    update();
}

void Connection::arm_timer() {
    const auto deadline = machine_.deadline();
    if (deadline == timer_->armed_for) return;
    timer_->armed_for = deadline;
    if (!deadline) {
        timer_->timer.cancel();
        return;
    }
    timer_->timer.expires_at(std::chrono::steady_clock::time_point{deadline->time_since_epoch()});
    timer_->timer.async_wait([self = shared_from_this()](const error_code& error) {
        if (error) return;  // armed anew, or stopped
        self->timer_->armed_for.reset();
        self->machine_.tick(steady_now());
        self->update();
    });
}

}  // namespace outdial::ami
