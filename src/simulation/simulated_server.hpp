// One simulated Asterisk, the link to it, and what may go wrong with both.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "sim/asterisk_model.hpp"
#include "simulation/plan.hpp"

namespace outdial::simulation {

inline constexpr std::string_view account_name = "outdial";
inline constexpr std::string_view account_secret = "s3cret";

/// Told what happens at a server. `server` is its number.
class ServerWitness {
public:
    /// An Originate was taken up, and a telephone may ring.
    virtual void call_taken_up(std::size_t server, const std::string& attempt) = 0;
    virtual void call_ended(std::size_t server, const sim::WitnessRow& row) = 0;
    // What the daemon's side of the link notices.
    virtual void link_made(std::size_t server) = 0;
    virtual void link_said(std::size_t server, const std::string& bytes) = 0;
    virtual void link_lost(std::size_t server) = 0;

protected:
    ~ServerWitness() = default;
};

class SimulatedServer {
public:
    SimulatedServer(std::size_t number, const Plan& plan, std::uint64_t seed, Now start, ServerWitness& witness);

    // --- the daemon's end of the link
    void connect(SteadyTime now);
    /// The daemon's end is closed: by the daemon, or because it died. What is on its way still arrives.
    void disconnect();
    void send(const std::string& bytes, SteadyTime now);
    /// The machine with the daemon lost its power: of what was on its way some bytes arrive, and no word of the end.
    void forget_client(SteadyTime now);

    // --- time
    [[nodiscard]] SteadyTime next_event() const;
    void run(SteadyTime now);

    // --- what goes wrong
    void freeze(SteadyTime until) { frozen_until_ = until; }
    void cut(SteadyTime now);
    void be_unreachable(SteadyTime now, SteadyTime until);
    void refuse_calls(SteadyTime until) { refuses_until_ = until; }
    void be_mute(SteadyTime until) { mute_until_ = until; }
    void restart(SteadyTime now, int how);
    /// Nothing goes wrong any more, from now on.
    void heal(SteadyTime now);

    [[nodiscard]] bool disturbed(SteadyTime now) const {
        return now < std::max({frozen_until_, unreachable_until_, mute_until_, refuses_until_}) || !model_.up();
    }
    [[nodiscard]] const sim::AsteriskModel& model() const { return model_; }

private:
    struct Chunk {
        SteadyTime at;
        std::string bytes;
    };
    struct Connection {
        sim::AsteriskModel::SessionNumber session = 0;
        std::deque<Chunk> to_server;  // in order; empty bytes: the client has closed
        std::deque<Chunk> to_client;  // in order; empty bytes: the server has closed
        std::deque<Chunk> strays;     // whole events on their own way, by their time
        std::string partial;          // of a message to the server
        SteadyTime open_until = SteadyTime::max();
    };

    void deliver_to_server(Connection& connection, SteadyTime now);
    void take_up(Connection& connection, std::string_view frame, SteadyTime now);
    void collect(SteadyTime now);
    void queue_events(Connection& connection, std::string_view text, SteadyTime now);
    void deliver_to_client(SteadyTime now);
    void close(std::uint64_t number);
    void lose_link();
    [[nodiscard]] Microseconds delay();
    [[nodiscard]] bool draw() { return random_.unit() < plan_.event_share; }

    const std::size_t number_;
    const Plan& plan_;
    Random random_;
    ServerWitness& witness_;
    sim::AsteriskModel model_;
    Now start_;
    std::map<std::uint64_t, Connection> connections_;  // former ones too, while something is on its way
    std::uint64_t last_connection_ = 0;
    std::uint64_t current_ = 0;  // the daemon's; 0: none
    SteadyTime connects_at_ = SteadyTime::max();
    SteadyTime frozen_until_{};
    SteadyTime unreachable_until_{};
    SteadyTime refuses_until_{};
    SteadyTime mute_until_{};
    SteadyTime restarts_at_ = SteadyTime::max();  // a graceful stop that takes too long is overtaken
    bool healed_ = false;
    std::string scratch_;
};

}  // namespace outdial::simulation
