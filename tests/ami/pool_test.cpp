#include "ami/pool.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <catch2/catch.hpp>
#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "fake_asterisk.hpp"

namespace outdial::ami {
namespace {

using State = ServerStatus::State;

bool has_ipv6() {
    boost::asio::io_context io;
    boost::asio::ip::tcp::socket socket{io};
    boost::system::error_code error;
    socket.open(boost::asio::ip::tcp::v6(), error);
    return !error;
}

// A pool on real sockets of this machine, and what it told.
struct World final : PoolListener {
    explicit World(std::optional<TestAuthority::Certificate> certificate = std::nullopt)
        : asterisk{io, std::move(certificate)} {}

    void server_up(std::size_t server, const ServerInfo& info) override {
        told.push_back("up " + std::to_string(server) + " " + info.asterisk_version);
    }
    void server_down(std::size_t server, const std::string& reason) override {
        told.push_back("down " + std::to_string(server) + " " + reason);
    }
    void server_draining(std::size_t server, const std::string&) override {
        told.push_back("draining " + std::to_string(server));
    }
    void server_event(std::size_t, const Message& event) override {
        if (!event.is_event("FullyBooted")) events.emplace_back(event.name());
    }
    void server_warning(std::size_t, const std::string& text) override { warnings.push_back(text); }

    [[nodiscard]] ServerSettings settings() const {
        return {.name = "pbx1",
                .host = "127.0.0.1",
                .port = asterisk.port(),
                .username = "outdial",
                .secret = Secret{std::string{"s3cret"}}};
    }
    void start(std::vector<ServerSettings> servers) {
        pool = std::make_unique<Pool>(io, std::move(servers), 7, *this);
        pool->start();
    }
    // Runs both ends until the condition holds; the limit is for a machine under load, not for us.
    void run_until(const std::function<bool()>& condition) {
        const auto end = std::chrono::steady_clock::now() + std::chrono::minutes{3};
        while (!condition() && std::chrono::steady_clock::now() < end) io.run_one_until(end);
        REQUIRE(condition());
    }
    void run_until_told(const std::string& begin) {
        run_until([&] { return !told.empty() && told.back().starts_with(begin); });
    }
    Result<void> originate(const std::string& id) {
        Originate call;
        call.channel_id = id;
        call.channel = "PJSIP/12125550100@carrier-a";
        call.context = "outbound";
        call.exten = "12125550100";
        return pool->originate(0, call, [this](const Reply& reply) { replies.push_back(reply.text); });
    }

    boost::asio::io_context io;
    FakeAsterisk asterisk;
    std::vector<std::string> told;
    std::vector<std::string> events;
    std::vector<std::string> warnings;
    std::vector<std::string> replies;
    std::unique_ptr<Pool> pool;
};

}  // namespace

TEST_CASE("a server comes up, takes a call, reports its events and hangs it up", "[pool]") {
    World world;
    world.start({world.settings()});
    CHECK_FALSE(world.pool->can_originate(0));
    CHECK_FALSE(world.originate("aaaa"));
    world.run_until_told("up 0 22.10.1");
    CHECK(world.asterisk.logins.at(0).headers.at("Events") == "system,call,agent,user");
    CHECK(world.pool->can_originate(0));

    REQUIRE(world.originate("aaaa"));
    world.run_until([&] { return world.asterisk.requests.size() == 1; });
    CHECK(world.asterisk.requests[0].headers.at("ChannelId") == "aaaa");
    CHECK(world.pool->status(0).counters.unanswered == 1);
    world.asterisk.answer(world.asterisk.requests[0], "Success", "Message: Originate successfully queued\r\n");
    world.asterisk.send_event("Event: Newchannel\r\nUniqueid: aaaa\r\n\r\n");
    world.run_until([&] { return world.events.size() == 1; });
    CHECK(world.replies == std::vector<std::string>{"Originate successfully queued"});

    std::optional<Reply::Kind> hung_up;
    REQUIRE(world.pool->hang_up(0, "aaaa", [&](const Reply& reply) { hung_up = reply.kind; }));
    world.run_until([&] { return world.asterisk.requests.size() == 2; });
    CHECK(world.asterisk.requests[1].headers.at("Action") == "Hangup");
    CHECK(world.asterisk.requests[1].headers.at("Channel") == "aaaa");
    world.asterisk.answer(world.asterisk.requests[1], "Error", "Message: No such channel\r\n");
    world.run_until([&] { return hung_up.has_value(); });
    CHECK(hung_up == Reply::Kind::refused);
}

TEST_CASE("the live channels are listed with what reconciling needs", "[pool]") {
    World world;
    world.start({world.settings()});
    world.run_until_told("up 0");
    std::optional<Result<std::vector<ListedChannel>>> listed;
    REQUIRE(world.pool->list_channels(0, [&](auto channels) { listed = std::move(channels); }));
    world.run_until([&] { return world.asterisk.requests.size() == 1; });
    const auto request = world.asterisk.requests[0];
    const auto id = "ActionID: " + request.headers.at("ActionID") + "\r\n";
    world.asterisk.answer(request, "Success", "EventList: start\r\nMessage: Channels will follow\r\n");
    world.asterisk.send(0, "Event: CoreShowChannel\r\n" + id +
                               "Channel: PJSIP/carrier-a-0000002c\r\nChannelState: 5\r\nUniqueid: aaaa\r\n"
                               "Linkedid: bbbb\r\nApplication: AppDial2\r\n\r\n"
                               "Event: CoreShowChannelsComplete\r\n" +
                               id + "EventList: Complete\r\nListItems: 1\r\n\r\n");
    world.run_until([&] { return listed.has_value(); });
    REQUIRE(listed->has_value());
    CHECK(listed->value() == std::vector<ListedChannel>{{"aaaa", "bbbb", "PJSIP/carrier-a-0000002c", 5, "AppDial2"}});

    listed.reset();
    REQUIRE(world.pool->list_channels(0, [&](auto channels) { listed = std::move(channels); }));
    world.run_until([&] { return world.asterisk.requests.size() == 2; });
    world.asterisk.answer(world.asterisk.requests[1], "Error", "Message: Permission denied\r\n");
    world.run_until([&] { return listed.has_value(); });
    REQUIRE_FALSE(listed->has_value());
    CHECK_THAT(listed->error().message, Catch::Contains("pbx1") && Catch::Contains("reporting"));
}

TEST_CASE("a lost server is told with its pending call in doubt, and comes back by itself", "[pool]") {
    World world;
    world.start({world.settings()});
    world.run_until_told("up 0");
    REQUIRE(world.originate("aaaa"));
    world.run_until([&] { return world.asterisk.requests.size() == 1; });
    world.asterisk.close(0);
    world.run_until_told("down 0 lost the connection to pbx1 (127.0.0.1:");
    REQUIRE(world.replies.size() == 1);
    CHECK_THAT(world.replies[0], Catch::Contains("lost the connection"));
    CHECK(world.pool->status(0).state == State::down);
    CHECK_FALSE(world.pool->can_originate(0));
    world.run_until_told("up 0");
    CHECK(world.asterisk.requests.size() == 1);
    const auto status = world.pool->status(0);
    CHECK(status.state == State::up);
    CHECK(status.counters.connections == 2);
    CHECK(status.info.started_at == "2026-11-22 20:59:01");
}

TEST_CASE("sessions that are opened anew are told as down and up, and what was pending is answered, not sent again",
          "[pool]") {
    World world;
    world.start({world.settings()});
    world.run_until_told("up 0");
    REQUIRE(world.originate("aaaa"));
    world.run_until([&] { return world.asterisk.requests.size() == 1; });
    world.pool->reopen(0, "short of memory");
    world.run_until_told("up 0");
    REQUIRE(world.told.size() == 3);
    CHECK_THAT(world.told[1], Catch::StartsWith("down 0") && Catch::Contains("short of memory"));
    CHECK(world.replies.size() == 1);
    CHECK(world.asterisk.requests.size() == 1);
    CHECK(world.pool->status(0).counters.connections == 2);
}

TEST_CASE("a server that is not there is told with the reason and the wait", "[pool]") {
    World world;
    const auto settings = world.settings();
    world.asterisk.close_port();
    world.start({settings});
    world.run_until_told("down 0 cannot connect to pbx1 (127.0.0.1:");
    CHECK_THAT(world.told[0], Catch::Contains("Connection refused; next attempt in"));
    CHECK_THAT(world.pool->status(0).why, Catch::Contains("Connection refused"));
}

TEST_CASE("the secret goes in the clear to this machine's own addresses alone, whatever the name of the server",
          "[pool]") {
    // The same address in the notation of IPv6 is not ::1, so it stands for any other machine's here.
    for (const std::string host : {"127.0.0.1", "::ffff:127.0.0.1"}) {
        CAPTURE(host);
        if (host.starts_with("::") && !has_ipv6()) {
            WARN("not tried with another machine's address: this machine has no IPv6");
            continue;
        }
        for (const bool allowed : {false, true}) {
            World world;
            world.asterisk.refuses_challenges = true;
            ServerSettings settings = world.settings();
            settings.host = host;
            settings.allow_plaintext = allowed;
            world.start({settings});
            if (allowed || host == "127.0.0.1") {
                world.run_until_told("up 0");
                CHECK(world.asterisk.logins.at(0).headers.at("Secret") == "s3cret");
            } else {
                world.run_until_told("down 0");
                CHECK(world.asterisk.logins.empty());
                CHECK_THAT(world.told[0], Catch::Contains("allow_plaintext"));
            }
        }
    }
}

TEST_CASE("two servers live apart", "[pool]") {
    World world;
    FakeAsterisk second{world.io};
    auto other = world.settings();
    other.name = "pbx2";
    other.port = second.port();
    world.start({world.settings(), other});
    world.run_until([&] { return world.told.size() == 2; });
    second.close_port();
    second.close(0);
    world.run_until_told("down 1");
    CHECK(world.pool->status(0).state == State::up);
    CHECK(world.pool->can_originate(0));
    CHECK_FALSE(world.pool->can_originate(1));
}

TEST_CASE("action sessions carry the Originates by turns, and only the event session has events", "[pool]") {
    World world;
    auto settings = world.settings();
    settings.action_sessions = 2;
    world.start({settings});
    world.run_until([&] { return world.pool->status(0).sessions_ready == 3; });
    std::size_t event_session = 99;
    for (const auto& login : world.asterisk.logins) {
        if (login.headers.at("Events") != "off") event_session = login.session;
    }
    REQUIRE(event_session != 99);
    for (const auto* id : {"a1", "a2", "a3", "a4"}) REQUIRE(world.originate(id));
    world.run_until([&] { return world.asterisk.requests.size() == 4; });
    std::map<std::size_t, int> carried;
    for (const auto& request : world.asterisk.requests) ++carried[request.session];
    CHECK(carried.size() == 2);
    CHECK_FALSE(carried.contains(event_session));
    for (const auto& [session, count] : carried) CHECK(count == 2);

    // Without its action sessions the server is slower, not down.
    world.asterisk.close_port();
    for (std::size_t i = 0; i < 3; ++i) {
        if (i != event_session) world.asterisk.close(i);
    }
    world.run_until([&] { return world.pool->status(0).sessions_ready == 1; });
    CHECK(world.pool->status(0).state == State::up);
    REQUIRE(world.originate("b1"));
    world.run_until([&] { return world.asterisk.requests.size() == 5; });
    CHECK(world.asterisk.requests[4].session == event_session);
    CHECK(world.warnings.size() >= 2);
}

TEST_CASE("a server drains as soon as one session is told of its shutdown, until none is", "[pool]") {
    World world;
    auto settings = world.settings();
    settings.action_sessions = 1;
    world.start({settings});
    world.run_until([&] { return world.pool->status(0).sessions_ready == 2; });
    REQUIRE(world.originate("aaaa"));
    world.run_until([&] { return world.asterisk.requests.size() == 1; });
    world.asterisk.answer(world.asterisk.requests[0], "Error", "Message: Asterisk is shutting down\r\n");
    world.run_until_told("draining 0");
    CHECK(world.pool->status(0).state == State::draining);
    CHECK_FALSE(world.pool->can_originate(0));
    CHECK_FALSE(world.originate("bbbb"));
    world.asterisk.close(world.asterisk.requests[0].session);
    world.run_until_told("up 0");
    CHECK(world.pool->can_originate(0));
}

TEST_CASE("twenty thousand events in one go are all read", "[pool]") {
    World world;
    world.start({world.settings()});
    world.run_until_told("up 0");
    std::string bytes;
    for (int i = 0; i < 20'000; ++i) bytes += "Event: Newstate\r\nUniqueid: aaaa\r\nChannelState: 5\r\n\r\n";
    world.asterisk.send_event(bytes);
    world.run_until([&] { return world.events.size() == 20'000; });
    CHECK(world.pool->status(0).counters.skipped_messages == 0);
}

TEST_CASE("a stopped pool answers what is pending and tells no more", "[pool]") {
    World world;
    world.start({world.settings()});
    world.run_until_told("up 0");
    REQUIRE(world.originate("aaaa"));
    world.told.clear();
    world.pool->stop();
    CHECK(world.replies.size() == 1);
    CHECK_FALSE(world.originate("bbbb"));
    world.run_until([&] { return world.asterisk.open_sessions() == 0; });
    CHECK(world.told.empty());
}

TEST_CASE("a pool may be destroyed while it connects", "[pool]") {
    World world;
    world.start({world.settings()});
    world.pool.reset();
    world.io.poll();
    CHECK(world.told.empty());
}

TEST_CASE("over TLS the certificate's authority and name are verified", "[pool][tls]") {
    const TestAuthority authority;
    const auto settings_for = [&](const World& world, const std::string& name) {
        auto settings = world.settings();
        settings.tls = TlsSettings{.ca_file = authority.ca_file(), .server_name = name};
        return settings;
    };
    SECTION("the right name is let through") {
        World world{authority.issue("DNS:pbx1.example")};
        world.start({settings_for(world, "pbx1.example")});
        world.run_until_told("up 0");
        REQUIRE(world.originate("aaaa"));
        world.run_until([&] { return world.asterisk.requests.size() == 1; });
    }
    SECTION("without a name the host must match, also when it is an address") {
        World world{authority.issue("IP:127.0.0.1")};
        world.start({settings_for(world, "")});
        world.run_until_told("up 0");
    }
    SECTION("another name is refused, before anything of the login is sent") {
        World world{authority.issue("DNS:pbx2.example")};
        world.start({settings_for(world, "pbx1.example")});
        world.run_until_told("down 0 cannot connect to pbx1");
        CHECK_THAT(world.told[0], Catch::Contains("certificate is refused") && Catch::Contains("tls.server_name"));
        CHECK(world.asterisk.logins.empty());
    }
    SECTION("an unknown authority is refused") {
        const TestAuthority stranger;
        World world{stranger.issue("DNS:pbx1.example")};
        world.start({settings_for(world, "pbx1.example")});
        world.run_until_told("down 0 cannot connect to pbx1");
        CHECK_THAT(world.told[0], Catch::Contains("certificate is refused"));
        CHECK(world.asterisk.logins.empty());
    }
    SECTION("a file of authorities that cannot be read is named") {
        World world{authority.issue("DNS:pbx1.example")};
        auto settings = settings_for(world, "pbx1.example");
        settings.tls->ca_file = "/nonexistent/ca.pem";
        world.start({settings});
        world.run_until_told("down 0");
        CHECK_THAT(world.told[0], Catch::Contains("tls.ca_file '/nonexistent/ca.pem'"));
    }
    SECTION("a server without TLS is refused") {
        World world;
        world.start({settings_for(world, "pbx1.example")});
        world.run_until_told("down 0 cannot connect to pbx1");
        CHECK_THAT(world.told[0], Catch::Contains("TLS handshake failed"));
        CHECK(world.asterisk.logins.empty());
    }
}

}  // namespace outdial::ami
