#pragma once

#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/configuration.hpp"
#include "core/engine.hpp"
#include "daemon/alerts.hpp"
#include "daemon/call_record_reader.hpp"
#include "daemon/load_meter.hpp"
#include "daemon/server_links.hpp"
#include "store/store_thread.hpp"

namespace outdial::daemon {

/// Drives the engine: gives it what the servers, the store and the operator say, and carries out what it commands.
/// Holds no rule of its own. On the loop's thread only; the store works on its own.
class Dialer {
public:
    template <class T>
    using Done = std::function<void(Result<T>)>;

    /// `io` and `alerts` must outlive it. The caller holds the database's lock.
    Dialer(boost::asio::io_context& io, Alerts& alerts);
    ~Dialer();

    /// Takes up what an earlier run left, and connects. `servers` are the configuration's, with their secrets.
    [[nodiscard]] Result<void> start(config::Configuration configuration, std::vector<ami::ServerSettings> servers,
                                     store::Store store, bool trust_clock = false);
    /// All or nothing: an error leaves everything as it was.
    void reload(config::Configuration configuration, std::vector<ami::ServerSettings> servers, store::Origin by,
                Done<void> done);

    /// No new calls from now on; `done` comes when no Originate waits for its answer, or after `longest_stop_wait`.
    void stop_dialing(std::function<void()> done);
    /// Closes the sessions, commits everything and closes the database, `because` of whom the audit tells; `done` is
    /// told what could not be written until `give_up_at`. Calls go on in Asterisk; the next run adopts them.
    void close(std::chrono::steady_clock::time_point give_up_at, const std::string& because,
               std::function<void(store::Unwritten)> done);
    /// The same, with one try.
    store::Unwritten close_at_once(const std::string& because);
    static constexpr Milliseconds longest_stop_wait = std::chrono::seconds{2};

    /// Of everything that is ordered the audit tells, with who ordered it.
    void order(const std::string& campaign, CampaignOrder order, store::Origin by, Done<CampaignState> done);
    void add_contacts(std::string list, std::vector<NewContact> contacts, store::Origin by,
                      Done<store::AddedContacts> done);
    /// Numbers that must not be called: do_not_call.hpp. In force, also for calls that ring, when `done` comes.
    void forbid(std::string list, std::vector<DoNotCallNumber> numbers, store::Origin by,
                Done<store::DoNotCallChange> done);
    void permit(std::string list, std::vector<std::string> numbers, store::Origin by,
                Done<store::DoNotCallChange> done);
    void set_copied_at(std::string list, UtcTime copied_at, store::Origin by, Done<void> done);
    void do_not_call_lists(Done<std::vector<store::DoNotCallListing>> done);
    /// callbacks.hpp. The order's clock is the campaign's, where it leaves it open.
    void call_back(store::CallbackOrder order, const std::string& campaign, store::Origin by,
                   Done<store::CallbackMade> done);
    void cancel_callback(const std::string& campaign, store::PersonKey person, store::Origin by,
                         Done<store::CallbackMade> done);
    /// What each campaign would decide of them now: explanation.hpp.
    void explain(store::PersonKey key, Done<std::vector<Explanation>> done);
    void find_people(store::PersonKey key, Done<std::vector<store::PersonRecord>> done);
    struct Forgotten {
        std::vector<store::PersonRecord> people;
        store::Copies copies = store::Copies::in_log;
    };
    void forget(store::PersonKey key, store::Origin by, Done<Forgotten> done);
    /// Grows while the store's thread is alive.
    [[nodiscard]] std::uint64_t store_turns() const { return store_->turns(); }
    /// Why the database lets no call be started; empty where it does.
    [[nodiscard]] const std::string& why_not_dialing() const { return why_not_dialing_; }
    /// It was found damaged: no calls are started from now on.
    void condemn_database(Error error);

    [[nodiscard]] EngineStatus status() const;
    [[nodiscard]] const ServerLinks& links() const { return *links_; }
    [[nodiscard]] const config::Configuration& configuration() const { return configuration_; }

private:
    void feed(Input input);
    void carry_out(Command& command);
    void arm_timer();
    void deliver_from_store(std::vector<store::StoreReply> replies);
    void take_reply(store::StoreReply reply);
    void connect(std::vector<ami::ServerSettings> servers);
    void find_call_records(const FindCallRecords& command);
    void answer_when_stored(const std::string& campaign, SteadyTime until, Done<CampaignState> done);
    void wait_for_answers(SteadyTime until, std::function<void()> done);
    void begin_close(std::chrono::steady_clock::time_point give_up_at, const std::string& because);
    void wait_for_store(std::function<void(store::Unwritten)> done);
    void store_opt_out(OptedOut command);
    void keep_hours(Milliseconds wait);
    void keep_all_hours();
    void look_up_hours(std::shared_ptr<std::deque<store::HoursRequest>> requests);
    [[nodiscard]] bool post_task(std::function<void(store::Store&)> run, std::function<void(const Result<void>&)> done);

    boost::asio::io_context& io_;
    Alerts& alerts_;
    boost::asio::steady_timer timer_;
    boost::asio::steady_timer hours_timer_;
    int hours_round_ = 0;
    SteadyTime armed_for_ = SteadyTime::max();
    config::Configuration configuration_;
    std::vector<ami::ServerSettings> server_settings_;
    std::shared_ptr<const Geography> geography_;
    Engine engine_;
    std::deque<Input> inputs_;  // those that came while one was being worked through
    /// While an order is given to the engine: who gave it.
    struct Ordered {
        CampaignId campaign;
        CampaignOrder order{};
        std::string actor;
    };
    std::optional<Ordered> ordered_;
    bool feeding_ = false;
    bool closing_ = false;
    std::string why_not_dialing_;
    std::unique_ptr<ServerLinks> links_;
    std::unique_ptr<store::StoreThread> store_;
    LoadMeter load_meter_;
    CallRecordReader record_reader_;
    std::shared_ptr<bool> alive_ =
        std::make_shared<bool>(true);  // false once destroyed: for what the store's thread still posts
};

/// What an order for a campaign that there is not is told.
[[nodiscard]] tl::unexpected<Error> not_loaded(const std::string& campaign);

}  // namespace outdial::daemon
