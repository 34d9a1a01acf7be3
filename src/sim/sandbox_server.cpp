#include "sim/sandbox_server.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <map>
#include <utility>

namespace outdial::sim {

namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t read_buffer_bytes = 65'536;
constexpr Milliseconds accept_retry{100};  // when no further descriptor can be had

SteadyTime steady_now() {
    return SteadyTime{std::chrono::duration_cast<Microseconds>(std::chrono::steady_clock::now().time_since_epoch())};
}

Now real_now() {
    const auto wall = std::chrono::system_clock::now().time_since_epoch();
    return {UtcTime{std::chrono::duration_cast<Milliseconds>(wall)}, steady_now()};
}

}  // namespace

class Sandbox::Shell : public std::enable_shared_from_this<Shell> {
public:
    Shell(asio::io_context& io, SandboxOptions options)
        : options_(std::move(options)),
          model_(options_.model, options_.seed, real_now()),
          acceptor_(io),
          timer_(io),
          accept_timer_(io) {}

    Result<std::uint16_t> start();
    void stop();
    void flush();

    SandboxOptions options_;
    AsteriskModel model_;

    [[nodiscard]] std::size_t connections() const { return connections_.size(); }
    [[nodiscard]] bool witness_file_ok() const { return witness_file_.good(); }

private:
    struct Connection {
        Connection(tcp::socket its_socket, AsteriskModel::SessionNumber its_session)
            : socket(std::move(its_socket)), session(its_session) {}
        tcp::socket socket;
        AsteriskModel::SessionNumber session;
        std::array<char, read_buffer_bytes> input{};
        std::string writing;  // in flight; what comes meanwhile piles up in the model, up to its bound
        bool busy = false;
        bool closed = false;
    };
    using ConnectionRef = std::shared_ptr<Connection>;  // shared with its handlers in flight

    Result<void> open_witness();
    void accept();
    void read(const ConnectionRef& connection);
    void write(const ConnectionRef& connection);
    void close(const ConnectionRef& connection);
    void arm_timer();

    tcp::acceptor acceptor_;
    asio::steady_timer timer_;
    asio::steady_timer accept_timer_;
    std::map<AsteriskModel::SessionNumber, ConnectionRef> connections_;
    std::ofstream witness_file_;
    SteadyTime armed_for_ = SteadyTime::max();
    bool stopped_ = false;
};

Result<std::uint16_t> Sandbox::Shell::start() {
    if (auto ok = World::check(options_.model.world); !ok) return tl::unexpected(ok.error());
    if (options_.model.accounts.empty()) return fail("the sandbox has no account to log in with; give it one");
    if (auto ok = open_witness(); !ok) return tl::unexpected(ok.error());
    const tcp::endpoint endpoint{asio::ip::address_v4::loopback(), options_.port};
    error_code error;
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) {
        return fail(fmt::format("cannot listen on 127.0.0.1:{}: {}; choose another port, or 0 for any free one",
                                options_.port, error.message()));
    }
    accept();
    return acceptor_.local_endpoint().port();
}

Result<void> Sandbox::Shell::open_witness() {
    if (options_.witness_file.empty()) return {};
    witness_file_.open(options_.witness_file, std::ios::trunc);
    witness_file_ << witness_csv_header() << '\n';
    witness_file_.flush();
    if (!witness_file_) {
        return fail(fmt::format("cannot write the witness file {}: {}", options_.witness_file, std::strerror(errno)));
    }
    model_.witness().set_sink([this](const WitnessRow& row) { witness_file_ << witness_csv(row) << '\n'; });
    return {};
}

void Sandbox::Shell::stop() {
    if (stopped_) return;
    stopped_ = true;
    error_code ignored;
    acceptor_.close(ignored);
    timer_.cancel();
    accept_timer_.cancel();
    while (!connections_.empty()) close(ConnectionRef{connections_.begin()->second});
    model_.finish_witness();
    if (witness_file_.is_open()) witness_file_.close();
}

void Sandbox::Shell::accept() {
    acceptor_.async_accept([self = shared_from_this()](error_code error, tcp::socket socket) {
        if (self->stopped_) return;
        if (error) {
            self->accept_timer_.expires_after(accept_retry);
            self->accept_timer_.async_wait([self](error_code canceled) {
                if (!canceled && !self->stopped_) self->accept();
            });
            return;
        }
        error_code ignored;
        socket.set_option(tcp::no_delay(true), ignored);
        const auto session = self->model_.open_session(steady_now());
        const auto connection = std::make_shared<Connection>(std::move(socket), session);
        self->connections_.emplace(session, connection);
        self->read(connection);
        self->flush();
        self->accept();
    });
}

void Sandbox::Shell::read(const ConnectionRef& connection) {
    connection->socket.async_read_some(
        asio::buffer(connection->input), [self = shared_from_this(), connection](error_code error, std::size_t size) {
            if (connection->closed) return;
            if (error) return self->close(connection);
            self->model_.received(connection->session, {connection->input.data(), size}, steady_now());
            self->flush();
            if (!connection->closed) self->read(connection);
        });
}

// Hands out what the model has written, and makes sure that it is called again when the model has more to say.
void Sandbox::Shell::flush() {
    for (const auto session : model_.ready()) {
        const auto found = connections_.find(session);
        if (found != connections_.end()) write(ConnectionRef{found->second});
    }
    arm_timer();
}

void Sandbox::Shell::write(const ConnectionRef& connection) {
    if (connection->closed) return;
    using Closing = AsteriskModel::Closing;
    const Closing closing = model_.closing(connection->session);
    if (closing == Closing::at_once) return close(connection);
    if (connection->busy) return;
    if (!model_.take_output(connection->session, connection->writing)) {
        if (closing == Closing::after_output) close(connection);
        return;
    }
    connection->busy = true;
    asio::async_write(connection->socket, asio::buffer(connection->writing),
                      [self = shared_from_this(), connection](error_code error, std::size_t) {
                          connection->busy = false;
                          if (connection->closed) return;
                          if (error) return self->close(connection);
                          self->write(connection);
                      });
}

void Sandbox::Shell::close(const ConnectionRef& connection) {
    if (connection->closed) return;
    connection->closed = true;
    error_code ignored;
    connection->socket.shutdown(tcp::socket::shutdown_both, ignored);
    connection->socket.close(ignored);
    connections_.erase(connection->session);
    model_.close_session(connection->session);
}

void Sandbox::Shell::arm_timer() {
    const auto deadline = model_.next_deadline();
    if (!deadline || stopped_) return;
    // One wake-up a tick serves all that falls due in it.
    const auto at = std::max(*deadline, steady_now()) + tick;
    if (armed_for_ <= at) return;
    armed_for_ = at;
    timer_.expires_at(std::chrono::steady_clock::time_point{at.time_since_epoch()});
    timer_.async_wait([self = shared_from_this()](error_code canceled) {
        if (canceled || self->stopped_) return;
        self->armed_for_ = SteadyTime::max();
        self->model_.advance(steady_now());
        self->flush();
    });
}

Sandbox::Sandbox(asio::io_context& io, SandboxOptions options)
    : shell_(std::make_shared<Shell>(io, std::move(options))) {}

Sandbox::~Sandbox() { shell_->stop(); }

Result<std::uint16_t> Sandbox::start() { return shell_->start(); }

void Sandbox::stop() { shell_->stop(); }

std::size_t Sandbox::connections() const { return shell_->connections(); }

bool Sandbox::witness_file_ok() const { return shell_->witness_file_ok(); }

const AsteriskModel& Sandbox::model() const { return shell_->model_; }

const Witness& Sandbox::witness() const { return shell_->model_.witness(); }

void Sandbox::stop_gracefully(bool restart) {
    shell_->model_.stop_gracefully(steady_now(), restart);
    shell_->flush();
}

void Sandbox::crash() {
    shell_->model_.crash(steady_now());
    shell_->flush();
}

}  // namespace outdial::sim
