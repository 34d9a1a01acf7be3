#include "control/server.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "control/room.hpp"

namespace outdial::control {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

std::string error_of(const std::string& line) {
    const json answer = json::parse(line, nullptr, false);
    if (!answer.is_object() || answer.value("ok", true)) {
        return "no refusal: " + line;
    }
    return answer.value("error", "");
}

TEST_CASE("A request is answered with what the handler replies") {
    Room room(echo);
    Client client = room.client();
    const json request = {{"command", "status"}, {"text", "line\nbreak, \"quotes\" and \xc3\xa9"}};
    CHECK(called(client, request) == json{{"ok", true}, {"request", request}});
    CHECK(called(client, request)["request"] == request);
}

TEST_CASE("The handler knows who asks") {
    Room room([](const Peer& peer, const json&, const Reply& reply) {
        reply({{"ok", true}, {"uid", peer.uid}, {"gid", peer.gid}, {"pid", peer.pid}});
    });
    Client client = room.client();
    const json answer = called(client, {{"command", "who"}});
    CHECK(answer["uid"] == ::getuid());
    CHECK(answer["gid"] == ::getgid());
    CHECK(answer["pid"] == ::getpid());
}

TEST_CASE(
    "Requests sent ahead are handled in order, a few at a time, and answered in order whenever the replies come") {
    constexpr int sent = 20;
    std::vector<std::pair<int, Reply>> waiting;  // with its request's number
    std::vector<int> handled;
    std::size_t most_in_hand = 0;
    ServerLimits limits;
    limits.requests_in_hand = 3;
    Room room(
        [&](const Peer&, const json& request, const Reply& reply) {
            handled.push_back(request["number"]);
            waiting.emplace_back(request["number"], reply);
            most_in_hand = std::max(most_in_hand, waiting.size());
            if (waiting.size() < limits.requests_in_hand && handled.size() < sent) {
                return;
            }
            while (!waiting.empty()) {  // the last one first
                const auto [number, late_reply] = waiting.back();
                waiting.pop_back();
                late_reply({{"ok", true}, {"number", number}});
            }
        },
        limits);
    RawClient client(room.socket());
    std::string requests;
    for (int i = 0; i < sent; ++i) {
        requests += json{{"command", "count"}, {"number", i}}.dump() + '\n';
    }
    REQUIRE(client.send(requests));
    for (int i = 0; i < sent; ++i) {
        CHECK(json::parse(client.line())["number"] == i);
    }
    CHECK(std::ranges::is_sorted(handled));
    CHECK(most_in_hand == limits.requests_in_hand);
}

TEST_CASE("Without replies no more requests are taken than may be in hand") {
    ServerLimits limits;
    limits.requests_in_hand = 3;
    limits.reply_time = 50ms;
    std::atomic<int> handled = 0;
    Room room([&](const Peer&, const json&, const Reply&) { ++handled; }, limits);
    RawClient client(room.socket());
    std::string requests;
    for (int i = 0; i < 10; ++i) {
        requests += "{\"command\":\"status\"}\n";
    }
    REQUIRE(client.send(requests));
    CHECK_THAT(error_of(client.line()), Catch::Contains("no answer in time"));
    CHECK(client.line().empty());  // the connection has ended
    CHECK(handled == 3);
}

TEST_CASE("A client that ends its sending after the request still gets its answer") {
    Room room(echo);
    RawClient client(room.socket());
    REQUIRE(client.send("{\"command\":\"status\"}\n"));
    client.end_sending();
    CHECK(json::parse(client.line())["ok"] == true);
    CHECK(client.line().empty());
}

TEST_CASE("What is no request is refused with the reason, and the connection goes on") {
    Room room(echo);
    RawClient client(room.socket());
    const auto [sent, reason] = GENERATE(table<std::string, std::string>({
        {"hello", "not JSON"},
        {"", "not JSON"},
        {"{\"command\":\"status\"", "not JSON"},
        {"{\"command\":\"\xff\"}", "not JSON"},
        {"[1,2]", "not a JSON object"},
        {"{}", "has no \"command\""},
        {"{\"command\":7}", "has no \"command\""},
        {std::string(100'000, '['), "nested deeper than 16"},
        {"{\"command\":\"x\",\"a\":" + std::string(16, '[') + std::string(16, ']') + "}", "nested deeper than 16"},
    }));
    REQUIRE(client.send(sent + "\n"));
    CHECK_THAT(error_of(client.line()), Catch::Contains(reason));
    REQUIRE(client.send("{\"command\":\"brackets in texts are no nesting: [[[[[[[[[[[[[[[[[[[[\\\"[\"}\n"));
    CHECK(json::parse(client.line())["ok"] == true);
}

TEST_CASE("A request over the limit is refused and its connection closed; one of just that length is served") {
    ServerLimits limits;
    limits.request_bytes = 1000;
    Room room(echo, limits);
    const std::string frame = R"({"command":"x","padding":""})";
    const auto request_of = [&](std::size_t size) {
        std::string text = frame;
        text.insert(text.size() - 2, size - 1 - frame.size(), 'x');
        return text + '\n';
    };
    RawClient fits(room.socket());
    REQUIRE(fits.send(request_of(1000)));
    CHECK(json::parse(fits.line())["ok"] == true);

    RawClient too_long(room.socket());
    REQUIRE(too_long.send(request_of(1001)));
    CHECK_THAT(error_of(too_long.line()), Catch::Contains("longer than 1000 bytes"));
    CHECK(too_long.line().empty());
}

TEST_CASE("A request of 4 MB is served, and one beyond is refused, though the client is still sending") {
    Room room([](const Peer&, const json& request, const Reply& reply) {
        reply({{"ok", true}, {"size", request["text"].get_ref<const std::string&>().size()}});
    });
    Client client = room.client();
    CHECK(called(client, {{"command", "x"}, {"text", std::string(4'194'000, 'x')}})["size"] == 4'194'000);
    const json refused = called(client, {{"command", "x"}, {"text", std::string(6'000'000, 'x')}});
    CHECK(refused["ok"] == false);
    CHECK_THAT(refused["error"].get<std::string>(), Catch::Contains("longer than 4194304 bytes"));
}

TEST_CASE("An exception of the handler becomes the answer and ends nothing") {
    Room room([](const Peer&, const json& request, const Reply& reply) {
        if (request["command"] == "standard") {
            throw std::runtime_error("no such thing");
        }
        if (request["command"] == "other") {
            throw 7;
        }
        reply({{"ok", true}});
        throw std::runtime_error("after the reply");
    });
    Client client = room.client();
    CHECK(called(client, {{"command", "standard"}}) == json{{"ok", false}, {"error", "internal error: no such thing"}});
    CHECK(called(client, {{"command", "other"}}) == json{{"ok", false}, {"error", "internal error"}});
    CHECK(called(client, {{"command", "late"}}) == json{{"ok", true}});
    CHECK(called(client, {{"command", "late"}}) == json{{"ok", true}});
}

TEST_CASE("A second reply, and one to a client that has gone, does nothing") {
    std::vector<Reply> kept;
    Room room([&](const Peer&, const json& request, const Reply& reply) {
        kept.push_back(reply);
        if (request["command"] == "now") {
            reply({{"ok", true}, {"reply", 1}});
            reply({{"ok", true}, {"reply", 2}});
        }
    });
    Client client = room.client();
    CHECK(called(client, {{"command", "now"}})["reply"] == 1);
    room.on_loop([&] { kept.at(0)({{"ok", true}, {"reply", 3}}); });
    CHECK(called(client, {{"command", "now"}})["reply"] == 1);
    room.stop();
    room.on_loop([&] {
        for (const Reply& reply : kept) {
            reply({{"ok", true}});
        }
    });
}

TEST_CASE("A handler that never replies is answered for, in time") {
    ServerLimits limits;
    limits.reply_time = 10ms;
    Room room([](const Peer&, const json&, const Reply&) {}, limits);
    RawClient client(room.socket());
    REQUIRE(client.send("{\"command\":\"status\"}\n"));
    CHECK_THAT(error_of(client.line()), Catch::Contains("no answer in time"));
}

TEST_CASE("A client that sends nothing, or a request byte by byte, is let go after the limit") {
    ServerLimits limits;
    limits.request_time = 10ms;
    Room room(echo, limits);
    RawClient idle(room.socket());
    CHECK(idle.line().empty());
    RawClient slow(room.socket());
    while (slow.send("x")) {  // ends only when the room has closed the connection
    }
    CHECK(slow.line().empty());
}

TEST_CASE("A client that does not read its answer is let go after the limit") {
    ServerLimits limits;
    limits.write_time = 10ms;
    limits.connections = 1;
    Room room(
        [](const Peer&, const json&, const Reply& reply) {
            reply({{"text", std::string(10'000'000, 'x')}});
        },
        limits);
    RawClient client(room.socket());
    REQUIRE(client.send("{\"command\":\"status\"}\n"));
    // Only when the first is gone is there room for another.
    std::string answer;
    do {
        RawClient next(room.socket());
        next.send("{}\n");
        answer = next.line();
    } while (answer.find("connections already") != std::string::npos);
    CHECK_THAT(error_of(answer), Catch::Contains("has no \"command\""));
}

TEST_CASE("64 clients are served at once, the 65th is told so, and a place that is free again is given") {
    Room room(echo);
    std::vector<Client> clients;
    for (int i = 0; i < 64; ++i) {
        clients.push_back(room.client());
        CHECK(called(clients.back(), {{"command", "status"}})["ok"] == true);
    }
    {
        Client one_more = room.client();
        const json answer = called(one_more, {{"command", "status"}});
        CHECK(answer["ok"] == false);
        CHECK_THAT(answer["error"].get<std::string>(), Catch::Contains("64 connections already"));
    }
    for (Client& client : clients) {
        CHECK(called(client, {{"command", "status"}})["ok"] == true);
    }
    clients.pop_back();
    json answer;
    do {  // the room learns of the end in its own time
        Client again = room.client();
        answer = called(again, {{"command", "status"}});
    } while (answer["ok"] == false);
    CHECK(answer["ok"] == true);
}

TEST_CASE("When all places are taken by clients that ask nothing, the one idle longest makes room") {
    const bool just_come = GENERATE(true, false);
    ServerLimits limits;
    limits.connections = 3;
    limits.spared_idle_time = just_come ? 1h : 0h;
    std::vector<Reply> waiting;
    Room room(
        [&](const Peer&, const json& request, const Reply& reply) {
            if (request["command"] == "wait") {
                waiting.push_back(reply);
            } else {
                reply({{"ok", true}});
            }
        },
        limits);
    RawClient busy(room.socket());
    REQUIRE(busy.send("{\"command\":\"wait\"}\n"));
    for (bool has_request_in_hand = false; !has_request_in_hand;) {
        room.on_loop([&] { has_request_in_hand = !waiting.empty(); });
    }
    RawClient half(room.socket());
    REQUIRE(half.send("{\"command\":"));
    RawClient silent(room.socket());
    if (just_come) {
        CHECK_THAT(error_of(RawClient(room.socket()).line()), Catch::Contains("its limit"));
        return;
    }
    Client operator_client = room.client();
    CHECK(called(operator_client, {{"command", "pause"}})["ok"] == true);
    CHECK(half.line().empty());  // let go
    room.on_loop([&] { waiting.at(0)({{"ok", true}, {"late", true}}); });
    CHECK(json::parse(busy.line())["late"] == true);
}

TEST_CASE("A client that takes no answer makes room, too, when all places are taken") {
    ServerLimits limits;
    limits.connections = 1;
    limits.spared_idle_time = 0h;
    const std::string much(8 * 1024 * 1024, 'x');  // more than a socket holds
    bool asked = false;
    Room room(
        [&](const Peer&, const json& request, const Reply& reply) {
            asked = true;
            reply({{"ok", true}, {"text", request["command"] == "much" ? much : ""}});
        },
        limits);
    RawClient deaf(room.socket());
    REQUIRE(deaf.send("{\"command\":\"much\"}\n"));
    for (bool is_answered = false; !is_answered;) {
        room.on_loop([&] { is_answered = asked; });
    }
    json answer{{"ok", false}};
    for (int tries = 0; tries < 100 && answer["ok"] == false; ++tries) {
        Client operator_client = room.client();
        answer = called(operator_client, {{"command", "pause"}});
    }
    CHECK(answer["ok"] == true);
}

TEST_CASE("The socket is open to its owner and group alone, whatever the umask") {
    const mode_t mask = GENERATE(0, 077, 0777);
    const mode_t before = ::umask(mask);
    TemporaryFolder folder;
    ::chmod(folder.path().c_str(), S_IRWXU);
    boost::asio::io_context io;
    Server server(io, folder.path() / "s", echo);
    const Result<void> started = server.start();
    ::umask(before);
    REQUIRE(started);
    struct stat status {};
    REQUIRE(::stat((folder.path() / "s").c_str(), &status) == 0);
    CHECK((status.st_mode & 07777) == 0660);
    server.stop();
    CHECK_FALSE(std::filesystem::exists(folder.path() / "s"));
}

TEST_CASE("The socket of a daemon that has died is replaced") {
    TemporaryFolder folder;
    const auto path = folder.path() / "s";
    {
        const FileDescriptor dead{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        REQUIRE(::bind(dead.get(), Address::of(path)->get(), Address::size()) == 0);
    }
    REQUIRE(std::filesystem::exists(path));
    boost::asio::io_context io;
    Server server(io, path, echo);
    REQUIRE(server.start());
    CHECK(Client::connect(path));
}

TEST_CASE("A socket whose file was removed is made again, with its folder too") {
    ServerLimits limits;
    limits.socket_check = 5ms;
    Room room(echo, limits);
    const auto serves = [&] {
        Result<Client> client = Client::connect(room.socket());
        return client && client->call({{"command", "status"}}).has_value();
    };
    const auto serves_soon = [&] {
        constexpr int most_tries = 1'000'000;
        for (int i = 0; i < most_tries; ++i) {
            if (serves()) {
                return true;
            }
            std::this_thread::yield();
        }
        return false;
    };
    REQUIRE(serves());
    std::filesystem::remove(room.socket());
    CHECK(serves_soon());
    const auto folder = room.socket().parent_path();
    std::filesystem::remove_all(folder);
    CHECK_FALSE(serves());
    std::filesystem::create_directory(folder);
    CHECK(serves_soon());
    std::filesystem::remove_all(folder);
}

TEST_CASE("A socket that somebody listens on is left to them") {
    Room room(echo);
    boost::asio::io_context io;
    Server second(io, room.socket(), echo);
    const Result<void> started = second.start();
    REQUIRE_FALSE(started);
    CHECK_THAT(started.error().message, Catch::Contains("another outdial already listens"));
    second.stop();
    Client client = room.client();
    CHECK(called(client, {{"command", "status"}})["ok"] == true);
}

TEST_CASE("A socket of which nobody can tell whether it is in use is left alone") {
    TemporaryFolder folder;
    const auto path = folder.path() / "s";
    const FileDescriptor datagrams{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    REQUIRE(::bind(datagrams.get(), Address::of(path)->get(), Address::size()) == 0);
    boost::asio::io_context io;
    Server server(io, path, echo);
    const Result<void> started = server.start();
    REQUIRE_FALSE(started);
    CHECK_THAT(started.error().message, Catch::Contains("cannot tell whether anybody listens on " + path.string()));
    CHECK(std::filesystem::exists(path));
}

TEST_CASE("A file that is no socket is left alone, and the error names it") {
    TemporaryFolder folder;
    const auto path = folder.path() / "s";
    std::ofstream(path) << "precious";
    boost::asio::io_context io;
    Server server(io, path, echo);
    const Result<void> started = server.start();
    REQUIRE_FALSE(started);
    CHECK_THAT(started.error().message, Catch::Contains(path.string()) && Catch::Contains("no socket"));
    CHECK(std::filesystem::file_size(path) == 8);
}

TEST_CASE("A path that cannot be used says why") {
    boost::asio::io_context io;
    Server missing(io, "/nonexistent/folder/s", echo);
    const Result<void> started = missing.start();
    REQUIRE_FALSE(started);
    CHECK_THAT(started.error().message, Catch::Contains("/nonexistent/folder/s") && Catch::Contains("No such file"));
    Server long_path(io, "/tmp/" + std::string(103, 'x'), echo);
    const Result<void> too_long = long_path.start();
    REQUIRE_FALSE(too_long);
    CHECK_THAT(too_long.error().message, Catch::Contains("1 to 107 bytes"));
}

TEST_CASE("Stopping leaves a socket alone that another daemon has put there meanwhile") {
    TemporaryFolder folder;
    const auto path = folder.path() / "s";
    boost::asio::io_context io;
    Server first(io, path, echo);
    REQUIRE(first.start());
    std::filesystem::rename(path, folder.path() / "away");
    Server second(io, path, echo);
    REQUIRE(second.start());
    first.stop();
    CHECK(Client::connect(path));
}

}  // namespace
}  // namespace outdial::control
