#include "ami/pool.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/check.hpp"

namespace outdial::ami {

/// One server's sessions: the first has the events, the others only act.
class Pool::Server {
public:
    Server(boost::asio::io_context& io, const ServerSettings& settings, std::size_t index, Random& random,
           PoolListener& listener)
        : name_{settings.name}, index_{index}, listener_{listener}, since_{steady_now()} {
        OUTDIAL_CHECK(settings.action_sessions >= 0);
        for (int number = 0; number <= settings.action_sessions; ++number) {
            sessions_.push_back(std::make_unique<Session>(*this, number > 0));
            ConnectionSettings connection{
                .host = settings.host,
                .port = settings.port,
                .tls = settings.tls,
                .allow_plaintext = settings.allow_plaintext,
                .session = {.peer = fmt::format("{} ({}:{})", settings.name, settings.host, settings.port),
                            .username = settings.username,
                            .secret = settings.secret,
                            .events = number == 0 ? settings.events : "off"}};
            sessions_.back()->connection =
                Connection::make(io, std::move(connection), Random{random.next()}, *sessions_.back());
        }
    }

    void start() {
        for (const auto& session : sessions_) session->connection->start();
    }
    void stop() {
        for (const auto& session : sessions_) session->connection->stop();
        enter(ServerStatus::State::down, "stopped");
    }

    void reopen(std::string_view reason) {
        for (const auto& session : sessions_) session->connection->reopen(reason);
    }

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] Connection& events() const { return *sessions_.front()->connection; }

    /// The session to originate through, or null.
    [[nodiscard]] Connection* with_room() const {
        if (state_ != ServerStatus::State::up) return nullptr;
        Connection* best = nullptr;
        for (const auto& session : sessions_) {
            Connection* one = session->connection.get();
            if (!one->machine().can_originate()) continue;
            // The event session only when no action session has room.
            const bool spare = best == nullptr || best == &events();
            if (spare || one->machine().counters().unanswered < best->machine().counters().unanswered) best = one;
        }
        return best;
    }

    [[nodiscard]] std::optional<ServerClock> clock() const { return events().machine().counters().clock; }
    [[nodiscard]] ServerStatus status() const {
        ServerStatus status{.name = name_,
                            .state = state_,
                            .why = why_,
                            .since = since_,
                            .info = info_,
                            .sessions = sessions_.size(),
                            .counters = {}};
        for (const auto& session : sessions_) {
            const auto one = session->connection->machine().counters();
            status.sessions_ready += session->connection->machine().ready();
            status.counters.unanswered += one.unanswered;
            status.counters.events += one.events;
            status.counters.orphan_responses += one.orphan_responses;
            status.counters.skipped_messages += one.skipped_messages;
            status.counters.connections += one.connections;
        }
        status.counters.ping_round_trip = events().machine().counters().ping_round_trip;
        return status;
    }

private:
    struct Session final : SessionListener {
        Session(Server& owner, bool acts_only) : server{owner}, action_only{acts_only} {}

        void session_ready(const ServerInfo& info) override { server.on_ready(*this, info); }
        void session_event(const Message& event) override {
            if (!action_only) server.listener_.server_event(server.index_, event);
        }
        void session_draining(const std::string& why) override { server.on_draining(why); }
        void session_down(const std::string& reason, Milliseconds retry_in) override {
            server.on_down(*this, reason, retry_in);
        }
        void session_warning(const std::string& text) override { server.listener_.server_warning(server.index_, text); }

        Server& server;
        const bool action_only;
        std::shared_ptr<Connection> connection;
    };

    void enter(ServerStatus::State state, std::string why) {
        if (state != state_) since_ = steady_now();
        state_ = state;
        why_ = std::move(why);
    }

    void on_ready(const Session& session, const ServerInfo& info) {
        if (!session.action_only) info_ = info;
        review({});
    }

    void on_draining(const std::string& why) { review(why); }

    void on_down(const Session& session, const std::string& reason, Milliseconds retry_in) {
        const auto text =
            fmt::format("{}; next attempt in {:.1f} s", reason, std::chrono::duration<double>{retry_in}.count());
        if (session.action_only) {
            listener_.server_warning(index_, fmt::format("an action session is down: {}", text));
            return review({});
        }
        enter(ServerStatus::State::down, reason);
        listener_.server_down(index_, text);
    }

    // The server's state out of its sessions': up with its event session, draining as soon as one session was told so
    // and until none says so.
    void review(const std::string& why) {
        if (!events().machine().ready()) return;
        const bool draining = std::ranges::any_of(
            sessions_, [](const auto& session) { return session->connection->machine().draining(); });
        if (state_ == ServerStatus::State::down || (state_ == ServerStatus::State::draining && !draining)) {
            enter(ServerStatus::State::up, {});
            listener_.server_up(index_, info_);
        }
        if (state_ == ServerStatus::State::up && draining) {
            enter(ServerStatus::State::draining, why);
            listener_.server_draining(index_, why);
        }
    }

    const std::string name_;
    const std::size_t index_;
    PoolListener& listener_;
    std::vector<std::unique_ptr<Session>> sessions_;  // never empty
    ServerStatus::State state_ = ServerStatus::State::down;
    std::string why_ = "not connected yet";
    SteadyTime since_;
    ServerInfo info_;
};

Pool::Pool(boost::asio::io_context& io, std::vector<ServerSettings> servers, std::uint64_t seed,
           PoolListener& listener) {
    Random random{seed};
    for (const auto& settings : servers) {
        servers_.push_back(std::make_unique<Server>(io, settings, servers_.size(), random, listener));
    }
}

Pool::~Pool() { stop(); }

void Pool::start() {
    for (const auto& server : servers_) server->start();
}

void Pool::stop() {
    for (const auto& server : servers_) server->stop();
}

Pool::Server& Pool::at(std::size_t server) const {
    OUTDIAL_CHECK(server < servers_.size());
    return *servers_[server];
}

std::size_t Pool::size() const { return servers_.size(); }

bool Pool::can_originate(std::size_t server) const { return at(server).with_room() != nullptr; }

Result<void> Pool::originate(std::size_t server, const Originate& call, ReplyHandler done) {
    Connection* session = at(server).with_room();
    if (session == nullptr) {
        return fail(fmt::format("{} takes no Originates now: it is down, shutting down, or has {} of them unanswered",
                                at(server).name(), SessionMachine::max_unanswered_originates));
    }
    return session->originate(call, std::move(done));
}

Result<void> Pool::hang_up(std::size_t server, std::string_view channel, ReplyHandler done) {
    return submit(server, Action{"Hangup"}.header("Channel", channel), std::move(done));
}

Result<void> Pool::list_channels(std::size_t server, ChannelsHandler done) {
    return submit_list(
        server, Action{"CoreShowChannels"},
        [name = at(server).name(), done = std::move(done)](const Reply& reply) { done(listed_channels(reply, name)); });
}

Result<void> Pool::submit(std::size_t server, const Action& action, ReplyHandler done) {
    return at(server).events().submit(action, std::move(done));
}

Result<void> Pool::submit_list(std::size_t server, const Action& action, ReplyHandler done) {
    return at(server).events().submit_list(action, std::move(done));
}

void Pool::reopen(std::size_t server, std::string_view reason) { at(server).reopen(reason); }

ServerStatus Pool::status(std::size_t server) const { return at(server).status(); }

std::optional<ServerClock> Pool::clock(std::size_t server) const { return at(server).clock(); }

}  // namespace outdial::ami
