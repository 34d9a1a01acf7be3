// A world for the engine: one virtual clock, a store in memory that honours the claim contract, servers and telephones.
// It drives the engine by nothing but its inputs and next_wakeup(), and keeps its own account of what must never
// happen. The same options and seed give the same run.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <queue>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/engine.hpp"

namespace outdial::test {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

/// What becomes of a call, as Asterisk would tell it.
enum class Fate {
    answered,
    machine,
    busy,
    ring_timeout,      // Asterisk 22.8 and newer: cause 19
    old_ring_timeout,  // older: cause 0
    declined,
    rejected,
    not_found,
    congestion,
    unknown_endpoint,  // no channel at all
    refused,           // Response: Error
};

/// Ids of the campaigns in Site::campaigns, in their order, from 1.
inline CampaignId campaign_id(int number) { return CampaignId{number}; }

struct WorldOptions {
    std::uint64_t seed = 1;
    Site site;
    UtcTime not_earlier_than{};  // AttemptsFound's
    bool dialed_before = false;  // likewise
    std::function<Fate(const OriginateOrder&, Random&)> fate = [](const OriginateOrder&, Random&) {
        return Fate::busy;
    };
    Microseconds commit_from = milliseconds{2};  // latency of a claim's commit, uniform
    Microseconds commit_to = milliseconds{8};
    Microseconds created_after{};                    // of the channel, beside a few milliseconds
    Microseconds wakeup_lateness = milliseconds{1};  // at most
    Microseconds ring_from = milliseconds{100};
    Microseconds ring_to = milliseconds{400};
    Microseconds talk_from = milliseconds{500};
    Microseconds talk_to = seconds{3};
    Microseconds jitter = milliseconds{3};  // between the messages of one call: their order varies
    double drop = 0;                        // share of events that never come
    double repeat = 0;                      // share of events that come twice
    double late = 0;                        // share of events that come up to 20 s late
    bool check_slots = false;               // compare status() with our own count after each step
};

class World {
public:
    struct Call {
        AttemptId attempt;
        CampaignId campaign;
        std::string trunk;
        std::string server;
        SteadyTime sent_at;
        Fate fate = Fate::busy;
        bool exists = false;  // its channel does, on the server
        bool over = false;
        bool ringing = false;
        bool up = false;
        bool was_up = false;   // a person or a machine answered
        SteadyTime told_at{};  // its channel's own events keep their order
    };
    struct Person {
        enum class State { ready, waiting, in_call, done };
        Contact contact;
        State state = State::ready;
        UtcTime due_at{};
        int position = 0;
        AttemptHistory history;
        std::string reason;
        int attempts = 0;
    };
    struct Campaigned {
        std::vector<Person> people;
        std::deque<std::size_t> ready;
        std::set<std::pair<UtcTime, std::size_t>> waiting;
        int in_call = 0;
        CampaignState state = CampaignState::running;
    };

    explicit World(WorldOptions options);

    // --- preparing
    void add_people(int campaign, int count, int numbers = 1);
    /// Gives the engine the site, all campaigns running unless `states` says otherwise, and brings the servers up.
    void start(const std::map<int, CampaignState>& states = {});

    // --- driving
    void run_for(Microseconds duration);
    /// Until nothing is to be done but to wait for instants further than `horizon`, or `limit` has passed.
    void run_until_settled(Microseconds limit);
    void give(const Input& input);
    void order(int campaign, CampaignOrder order);
    void reload(const Site& site);
    void server_down(const std::string& server, bool calls_survive);
    void server_up(const std::string& server);
    void server_draining(const std::string& server);
    void at(Microseconds from_now, std::function<void()> action);

    // --- looking
    [[nodiscard]] Now now() const;
    [[nodiscard]] Engine& engine() { return engine_; }
    [[nodiscard]] int sent(int campaign) const;
    [[nodiscard]] int sent_between(int campaign, Microseconds from, Microseconds to) const;
    [[nodiscard]] int count(Disposition disposition) const;
    [[nodiscard]] std::size_t unsettled() const { return claims_.size() - settlements.size(); }
    [[nodiscard]] Campaigned& campaign(int number) { return campaigns_[campaign_id(number)]; }
    [[nodiscard]] CampaignStatus status(int number) const;
    /// Sends that break "at most N in any sliding second" for campaigns, trunks, servers and the whole, by the site
    /// given last.
    void check_rates();

    WorldOptions options;
    std::vector<std::string> violations;
    std::deque<Call> calls;
    std::unordered_map<AttemptId, Settlement> settlements;
    std::vector<HangUp> hang_ups;
    std::vector<Alert> alerts;
    std::vector<std::string> reconnected;  // servers, as they were commanded
    std::vector<OptedOut> opt_outs;
    int progress_made = 0;  // commands
    std::vector<ClaimRequest> claim_requests;
    std::string claim_problem;           // with which the store claims nobody
    UtcTime closes_at = UtcTime::max();  // everybody's hours end then, until opens_at
    UtcTime opens_at = UtcTime::max();
    int store_fails = 0;         // so many claims to come fail
    std::string mute;            // a server that tells nothing of its calls, not even a Response
    std::string eventless;       // a server that answers, and tells nothing of its calls
    Milliseconds clock_shift{};  // of the wall clock
    std::uint64_t ticks = 0;     // steps because of next_wakeup()
    std::uint64_t steps = 0;
    int most_unanswered = 0;

private:
    struct Event {
        SteadyTime at;
        std::uint64_t number;
        std::function<void()> action;
        bool operator>(const Event& other) const { return std::pair{at, number} > std::pair{other.at, other.number}; }
    };
    struct ServerState {
        bool link = false;
        bool ready = false;  // its channels have been listed
        bool draining = false;
    };

    void step(const Input& input);
    void carry_out(const Command& command);
    void store(std::function<void()> action, Microseconds latency);
    void claim(const ClaimRequest& request);
    void apply(const Settlement& settlement);
    void originate(const OriginateOrder& order);
    void script(Call& call);
    void script_unanswered(Call& call, Microseconds end, int cause, std::optional<int> status, bool remote, int reason);
    void end_call(Call& call);
    void hang_up(const HangUp& command);
    void list_channels(const std::string& server);
    void tell(Call& call, Microseconds after, ChannelEvent::Kind kind, std::optional<int> cause = {},
              std::optional<int> tech_cause = {}, std::string text = {});
    void deliver(const AttemptId& attempt, const std::string& server, ChannelEvent event);
    void check_channels(const Call& call);
    void check_slots();
    void violate(const std::string& what);
    [[nodiscard]] Microseconds between(Microseconds from, Microseconds to);

    Engine engine_;
    Random random_;
    SteadyTime time_{seconds{1000}};
    SteadyTime reloaded_at_{};
    std::uint64_t events_ = 0;
    SteadyTime store_free_at_{};
    std::priority_queue<Event, std::vector<Event>, std::greater<>> queue_;
    std::map<CampaignId, Campaigned> campaigns_;
    std::unordered_map<ContactId, std::size_t> place_of_;  // in Campaigned::people
    std::map<std::string, ServerState> servers_;
    std::unordered_map<AttemptId, Claim> claims_;  // delivered
    std::unordered_map<AttemptId, Call*> call_of_;
    std::map<std::string, int> channels_;           // by "campaign 1", "trunk t", "server s", "all"
    std::unordered_map<AttemptId, Slot> occupied_;  // our own count of slots
    std::unordered_map<AttemptId, CampaignId> occupied_by_;
    std::unordered_map<AttemptId, ClaimRequest> claimed_by_;
    std::set<std::string> forbidden_;  // numbers, globally
    std::set<AttemptId> told_created_;
    std::set<AttemptId> awaiting_response_;
    int next_contact_ = 1;
};

/// One server `s`, one trunk `t`, one campaign `c` with roomy caps.
[[nodiscard]] Site small_site(double originates_per_second = 20, int channels = 50);
[[nodiscard]] Campaign a_campaign(const std::string& name, std::vector<std::string> trunks, double per_second,
                                  int channels);
[[nodiscard]] Trunk a_trunk(const std::string& name, std::vector<std::string> servers, Cap cap);
[[nodiscard]] std::vector<CampaignRecord> records_of(const Site& site, const std::map<int, CampaignState>& states = {});

}  // namespace outdial::test
