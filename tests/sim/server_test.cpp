// A real TCP connection to the sandbox.

#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <thread>

#include "sim/sandbox_server.hpp"
#include "virtual_server.hpp"

using namespace outdial;
using namespace outdial::sim;
using namespace outdial::sim::test;
using boost::asio::ip::tcp;

namespace {

SandboxOptions quick_options() {
    SandboxOptions options;
    options.model = lab_options();
    options.model.world.speed = 100;
    options.model.contexts.clear();
    return options;
}

// A sandbox on its own thread, as a program of its own would be.
class RunningSandbox {
public:
    explicit RunningSandbox(SandboxOptions options) : sandbox(io, std::move(options)) {
        const auto opened = sandbox.start();
        REQUIRE(opened.has_value());
        port = *opened;
        thread_ = std::thread{[this] { io.run(); }};
    }
    ~RunningSandbox() { stop(); }
    void stop() {
        if (!thread_.joinable()) return;
        boost::asio::post(io, [this] { sandbox.stop(); });
        thread_.join();
    }

    boost::asio::io_context io{1};
    Sandbox sandbox;
    std::uint16_t port = 0;

private:
    std::thread thread_;
};

class TcpClient {
public:
    explicit TcpClient(std::uint16_t port) : socket_(io_) {
        socket_.connect(tcp::endpoint{boost::asio::ip::address_v4::loopback(), port});
    }
    void send(std::string_view text) { boost::asio::write(socket_, boost::asio::buffer(text)); }
    /// Reads until the text has come, or the connection ends.
    bool read_until(std::string_view text) {
        while (received.find(text) == std::string::npos) {
            char buffer[4'096];
            boost::system::error_code error;
            const auto size = socket_.read_some(boost::asio::buffer(buffer), error);
            if (error) return false;
            received.append(buffer, size);
        }
        return true;
    }
    std::string received;

private:
    boost::asio::io_context io_;
    tcp::socket socket_;
};

}  // namespace

TEST_CASE("a call is dialed over TCP, and the witness file tells of it") {
    const auto path = std::filesystem::temp_directory_path() / fmt::format("outdial-witness-{}.csv", ::getpid());
    auto options = quick_options();
    options.witness_file = path;
    {
        RunningSandbox running{options};
        TcpClient client{running.port};
        client.send("Action: Login\r\nUsername: dialer\r\nSecret: s3cret\r\n\r\n");
        REQUIRE(client.read_until("Fully Booted"));
        CHECK(client.received.starts_with("Asterisk Call Manager/11.0.0\r\n"));
        client.send(
            "Action: Originate\r\nActionID: x1\r\nChannelId: x1\r\nChannel: PJSIP/2125550106@trunk\r\n"
            "Context: any\r\nExten: 2125550106\r\nPriority: 1\r\nAsync: true\r\n\r\n");
        REQUIRE(client.read_until("Event: Hangup\r\n"));
        running.stop();
        CHECK(running.sandbox.witness().rows().size() == 1);
        CHECK(running.sandbox.report().find("1 answered") != std::string::npos);
    }
    std::ifstream file{path};
    std::string header;
    std::string row;
    std::getline(file, header);
    std::getline(file, row);
    CHECK(header == witness_csv_header());
    CHECK(row.find(",2125550106,trunk,answered,hung-up-by-far-end,") != std::string::npos);
    std::filesystem::remove(path);
}

TEST_CASE("a port that is taken is reported, with what to do") {
    boost::asio::io_context io;
    Sandbox first{io, quick_options()};
    const auto port = first.start();
    REQUIRE(port.has_value());
    tcp::acceptor other{io};
    auto options = quick_options();
    options.port = *port;
    Sandbox second{io, options};
    const auto refused = second.start();
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().message.find("choose another port") != std::string::npos);
}

TEST_CASE("a crash closes every connection without a word") {
    RunningSandbox running{quick_options()};
    TcpClient client{running.port};
    client.send("Action: Login\r\nUsername: dialer\r\nSecret: s3cret\r\n\r\n");
    REQUIRE(client.read_until("Fully Booted"));
    boost::asio::post(running.io, [&] { running.sandbox.crash(); });
    CHECK_FALSE(client.read_until("Shutdown"));
}

TEST_CASE("a sandbox tells what it simulates, without secrets") {
    auto options = quick_options();
    const std::string text = describe(options);
    CHECK(text.find("Asterisk 22.10.1") != std::string::npos);
    CHECK(text.find("17=busy") != std::string::npos);
    CHECK(text.find("s3cret") == std::string::npos);
}
