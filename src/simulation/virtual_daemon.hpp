// The daemon under virtual time: the real engine, store, AMI sessions and what lies between them, without threads,
// sockets and clocks. Where src/daemon has a shell of Asio handlers, this has one that asks the simulation.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/engine.hpp"
#include "simulation/virtual_session.hpp"
#include "store/store_queue.hpp"
#include "store/store_worker.hpp"

namespace outdial::simulation {

/// What the process touches.
class Outside {
public:
    [[nodiscard]] virtual Now now() const = 0;
    /// The action is void when the process has died by then.
    virtual void after(Microseconds delay, std::function<void()> action) = 0;
    /// Asked before and after each effect. False: the process has died at this very instant.
    [[nodiscard]] virtual bool survives(const char* effect) = 0;
    [[nodiscard]] virtual Microseconds commit_time() = 0;
    /// Of whatever the process is short of: 0.0 to more than 1.0.
    [[nodiscard]] virtual double load_share() = 0;
    /// What the servers' call detail records tell of these attempts.
    [[nodiscard]] virtual std::vector<AttemptEvent> call_records(const std::vector<AttemptId>& attempts) = 0;
    virtual void connect(std::size_t server) = 0;
    virtual void disconnect(std::size_t server) = 0;
    virtual void send(std::size_t server, const std::string& bytes) = 0;
    virtual void say(const std::string& text) = 0;
    /// An order was accepted, and leads to this state.
    virtual void ordered(const std::string& campaign, CampaignState state) = 0;
    /// The engine says that a campaign has this state now.
    virtual void state_changed(const std::string& campaign, CampaignState state) = 0;

protected:
    ~Outside() = default;
};

class VirtualDaemon final : public ServerListener {
public:
    template <class T>
    using Done = std::function<void(Result<T>)>;

    VirtualDaemon(Outside& outside, std::uint64_t seed) : outside_(outside), seed_(seed), engine_(seed) {}
    VirtualDaemon(const VirtualDaemon&) = delete;
    VirtualDaemon& operator=(const VirtualDaemon&) = delete;

    /// As Dialer::start: takes up what an earlier run left, and connects.
    [[nodiscard]] Result<void> start(Site site, store::Store store);
    /// As Dialer::stop_dialing; close() follows when the time to wait for answers is over.
    void stop_dialing();
    /// Commits what waits, as far as the database can be written.
    void close();

    // From outside.
    void tick();
    [[nodiscard]] SteadyTime next_wakeup() const;
    void connected(std::size_t server);
    void received(std::size_t server, std::string_view bytes);
    void closed(std::size_t server, const std::string& reason);

    // Orders. The state that they lead to is in force at once; `stored` comes when it is in the database.
    [[nodiscard]] Result<CampaignState> order(const std::string& campaign, CampaignOrder order,
                                              std::function<void()> stored);
    void reload(Site site, Done<void> done);
    void forbid(std::vector<std::string> numbers, Done<void> done);
    void call_back(const std::string& campaign, const std::string& contact, const std::string& at,
                   Done<store::CallbackMade> done);
    void add_contacts(std::string list, std::vector<NewContact> contacts, Done<store::AddedContacts> done);

    [[nodiscard]] const Engine& engine() const { return engine_; }
    [[nodiscard]] bool store_is_healthy() const { return worker_->healthy(); }

private:
    void hear(Input input) override { feed(std::move(input)); }
    void feed(Input input);
    void carry_out(Command& command);
    void take(store::StoreReply& reply);
    void deliver(std::vector<store::StoreReply> replies);
    void store_opt_out(OptedOut command);
    [[nodiscard]] bool post_task(std::function<void(store::Store&)> run, std::function<void(const Result<void>&)> done);
    void wake_store();
    void write_group();
    void keep_house();
    void look_at_load();

    Outside& outside_;
    const std::uint64_t seed_;
    std::shared_ptr<const Geography> geography_;
    Engine engine_;
    Site site_;
    store::StoreQueue queue_;
    store::StoreGroup under_way_;
    std::unique_ptr<store::StoreWorker> worker_;
    std::vector<std::unique_ptr<VirtualSession>> sessions_;  // in the order of the site's servers
    std::deque<Input> inputs_;                               // those that came while one was being worked through
    std::string ordered_by_;                                 // while an order is given to the engine
    bool feeding_ = false;
    double load_share_ = 0;
    int lower_looks_ = 0;
    bool store_is_busy_ = false;
    bool dead_ = false;
};

}  // namespace outdial::simulation
