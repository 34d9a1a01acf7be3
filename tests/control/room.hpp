#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "base/file_descriptor.hpp"
#include "control/address.hpp"
#include "control/client.hpp"
#include "control/server.hpp"

namespace outdial::control {

/// A folder that is gone with its contents after the test.
class TemporaryFolder {
public:
    TemporaryFolder() {
        std::string name = (std::filesystem::temp_directory_path() / "outdial-control-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder() { std::filesystem::remove_all(path_); }
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

/// A daemon's control room on a thread of its own, on a socket of its own.
class Room {
public:
    explicit Room(Handler handler, ServerLimits limits = {})
        : socket_(folder_.path() / "control.sock"), server_(io_, socket_, std::move(handler), limits) {
        const Result<void> started = server_.start();
        REQUIRE(started);
        thread_ = std::thread([this] { io_.run(); });
    }
    Room(const Room&) = delete;
    Room& operator=(const Room&) = delete;
    ~Room() {
        on_loop([this] { server_.stop(); });
        keep_running_.reset();
        thread_.join();
    }

    [[nodiscard]] const std::filesystem::path& socket() const { return socket_; }
    [[nodiscard]] boost::asio::io_context& io() { return io_; }
    [[nodiscard]] Client client() const {
        Result<Client> client = Client::connect(socket_);
        REQUIRE(client);
        return *std::move(client);
    }
    /// Runs it on the room's thread, and waits for it.
    template <class Function>
    void on_loop(Function function) {
        std::promise<void> done;
        boost::asio::post(io_, [&] {
            function();
            done.set_value();
        });
        done.get_future().wait();
    }
    void stop() {
        on_loop([this] { server_.stop(); });
    }

private:
    TemporaryFolder folder_;
    std::filesystem::path socket_;
    boost::asio::io_context io_;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> keep_running_ =
        boost::asio::make_work_guard(io_);
    Server server_;
    std::thread thread_;
};

/// A client that may send anything.
class RawClient {
public:
    explicit RawClient(const std::filesystem::path& path) : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        const auto address = Address::of(path);
        REQUIRE(address);
        REQUIRE(::connect(socket_.get(), address->get(), Address::size()) == 0);
    }

    /// False if the other end closed before it had read everything.
    bool send(std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t size = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (size <= 0) {
                return false;
            }
            bytes.remove_prefix(static_cast<std::size_t>(size));
        }
        return true;
    }
    void end_sending() { ::shutdown(socket_.get(), SHUT_WR); }
    /// Everything up to the next newline, or up to the end.
    std::string line() {
        std::string text;
        char c = 0;
        while (::recv(socket_.get(), &c, 1, 0) == 1 && c != '\n') {
            text += c;
        }
        return text;
    }

private:
    FileDescriptor socket_;
};

/// Answers every request with itself.
inline void echo(const Peer&, const nlohmann::json& request, const Reply& reply) {
    reply({{"ok", true}, {"request", request}});
}

inline nlohmann::json called(Client& client, const nlohmann::json& request) {
    const Result<nlohmann::json> answer = client.call(request);
    INFO((answer ? std::string{} : answer.error().message));
    REQUIRE(answer);
    return *answer;
}

}  // namespace outdial::control
