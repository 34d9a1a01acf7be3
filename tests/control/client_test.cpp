#include "control/client.hpp"

#include <sys/stat.h>

#include "control/room.hpp"

namespace outdial::control {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

/// A daemon that answers with the same bytes, whatever it is asked, and hangs up.
class FixedAnswer {
public:
    explicit FixedAnswer(std::string bytes) : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        REQUIRE(::bind(socket_.get(), Address::of(path())->get(), Address::size()) == 0);
        REQUIRE(::listen(socket_.get(), 1) == 0);
        thread_ = std::thread([this, bytes = std::move(bytes)] {
            const FileDescriptor client{::accept(socket_.get(), nullptr, nullptr)};
            char c = 0;
            while (::recv(client.get(), &c, 1, 0) == 1 && c != '\n') {
            }
            ::send(client.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        });
    }
    FixedAnswer(const FixedAnswer&) = delete;
    FixedAnswer& operator=(const FixedAnswer&) = delete;
    ~FixedAnswer() { thread_.join(); }
    [[nodiscard]] std::filesystem::path path() const { return folder_.path() / "s"; }

private:
    TemporaryFolder folder_;
    FileDescriptor socket_;
    std::thread thread_;
};

/// A daemon that takes one connection and drops it at once.
class HangUp {
public:
    HangUp() : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        REQUIRE(::bind(socket_.get(), Address::of(path())->get(), Address::size()) == 0);
        REQUIRE(::listen(socket_.get(), 1) == 0);
        thread_ = std::thread([this] { const FileDescriptor client{::accept(socket_.get(), nullptr, nullptr)}; });
    }
    HangUp(const HangUp&) = delete;
    HangUp& operator=(const HangUp&) = delete;
    ~HangUp() { thread_.join(); }
    [[nodiscard]] std::filesystem::path path() const { return folder_.path() / "s"; }

private:
    TemporaryFolder folder_;
    FileDescriptor socket_;
    std::thread thread_;
};

std::string call_error(const std::filesystem::path& path) {
    Result<Client> client = Client::connect(path, 2s);
    REQUIRE(client);
    const Result<json> answer = client->call({{"command", "status"}});
    REQUIRE_FALSE(answer);
    return answer.error().message;
}

TEST_CASE("Without a daemon the error names the socket and says how to look for it") {
    TemporaryFolder folder;
    const auto missing = Client::connect(folder.path() / "control.sock");
    REQUIRE_FALSE(missing);
    CHECK(missing.error().message == "no daemon answers at " + (folder.path() / "control.sock").string() +
                                         ": is outdial.service running? (systemctl status outdial)");

    const auto stale = folder.path() / "stale";
    {
        const FileDescriptor dead{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        REQUIRE(::bind(dead.get(), Address::of(stale)->get(), Address::size()) == 0);
    }
    const auto refused = Client::connect(stale);
    REQUIRE_FALSE(refused);
    CHECK_THAT(refused.error().message, Catch::Contains("is outdial.service running?"));
}

TEST_CASE("Without permission the error says which group to join") {
    Room room(echo);
    ::chmod(room.socket().c_str(), 0);
    // root may use every socket, so the question is asked as nobody.
    const uid_t before = ::geteuid();
    ::chmod(room.socket().parent_path().c_str(), 0755);
    if (before == 0) {
        REQUIRE(::seteuid(65534) == 0);
    }
    const auto client = Client::connect(room.socket());
    if (before == 0) {
        REQUIRE(::seteuid(before) == 0);
    }
    REQUIRE_FALSE(client);
    CHECK_THAT(client.error().message, Catch::Contains("join the group that owns it"));
}

TEST_CASE("A daemon that ends before it answers is an error that says so") {
    const FixedAnswer daemon("");
    CHECK_THAT(call_error(daemon.path()), Catch::Contains("ended the connection without an answer"));
}

TEST_CASE("A daemon that ends while a request is being sent is an error that gives the system's reason") {
    const HangUp daemon;
    Result<Client> client = Client::connect(daemon.path());
    REQUIRE(client);
    const Result<json> answer = client->call({{"command", "x"}, {"text", std::string(3'000'000, 'x')}});
    REQUIRE_FALSE(answer);
    CHECK_THAT(answer.error().message, Catch::Contains("ended the connection: "));
}

TEST_CASE("An answer cut short is not taken for an answer") {
    const FixedAnswer daemon(R"({"ok":true})");
    CHECK_THAT(call_error(daemon.path()), Catch::Contains("ended the connection without an answer"));
}

TEST_CASE("A program that is not outdial is recognised") {
    const std::string bytes = GENERATE("SSH-2.0-OpenSSH\n", "{}\n", "[]\n", "{\"ok\":1}\n", "\n");
    const FixedAnswer daemon(bytes);
    CHECK_THAT(call_error(daemon.path()), Catch::Contains("does not speak as outdial does"));
}

TEST_CASE("A daemon that hangs is given up after the time limit") {
    ServerLimits limits;
    Room room([](const Peer&, const json&, const Reply&) {}, limits);
    Result<Client> client = Client::connect(room.socket(), 10ms);
    REQUIRE(client);
    const Result<json> answer = client->call({{"command", "status"}});
    REQUIRE_FALSE(answer);
    CHECK_THAT(answer.error().message, Catch::Contains("did not answer within"));
}

TEST_CASE("A large answer arrives whole, and the next one after it") {
    Room room([](const Peer&, const json& request, const Reply& reply) {
        reply({{"ok", true}, {"text", std::string(request["size"].get<std::size_t>(), 'x')}});
    });
    Client client = room.client();
    CHECK(called(client, {{"command", "x"}, {"size", 2'000'000}})["text"].get<std::string>().size() == 2'000'000);
    CHECK(called(client, {{"command", "x"}, {"size", 3}})["text"] == "xxx");
}

TEST_CASE("Bytes that are not UTF-8 do not stop an answer") {
    Room room([](const Peer&, const json&, const Reply& reply) { reply({{"ok", true}, {"text", "a\xff"}}); });
    Client client = room.client();
    CHECK(called(client, {{"command", "x"}})["text"] == "a\xef\xbf\xbd");
}

}  // namespace
}  // namespace outdial::control
