// The scheduler and tracker as one machine without I/O: inputs in, commands out, and the clock is an argument. The
// daemon gives it Asio, SQLite and the real clock; tests give it a priority queue and a seed.
//
// A call's way through it:
//   plan      a running campaign with free capacity on a trunk and a ready server sets aside slots and asks the store
//             for contacts (ClaimRequest)
//   in hand   the store's answer, committed, joins contacts with slots; they wait for their turn, some 100 ms at the
//             most
//   send      every limit, the campaign's state and the server are looked at once more; then one Originate, never a
//             second one
//   sent      events fold into facts (call_facts.hpp) until the verdict is certain or waiting longer would bring
//             nothing (verdict.hpp)
//   settled   the disposition and the contact's next step (retry.hpp) go to the store together
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <unordered_map>
#include <variant>
#include <vector>

#include "base/random.hpp"
#include "core/attempt.hpp"
#include "core/capacity.hpp"
#include "core/geography.hpp"
#include "core/originate_order.hpp"
#include "core/overload.hpp"
#include "core/site.hpp"

namespace outdial {

// --- inputs

/// The configuration, at start and after each reload. Campaigns without a record or a record without a campaign do not
/// dial. The state of a record counts when the engine first meets the campaign; later the engine's own does.
struct SiteChanged {
    Site site;
    std::vector<CampaignRecord> records;
};
/// An order that the caller has checked with apply(); one that does not fit the state any more is ignored.
struct CampaignOrdered {
    CampaignId campaign;
    CampaignOrder order;
};
/// What an earlier run of the daemon left; given once, before any server is up. Nothing is dialed while the wall clock
/// says that it is earlier than `not_earlier_than`, when something is known to have happened.
struct AttemptsFound {
    std::vector<Claim> claims;  // attempts without an end
    UtcTime not_earlier_than{};
    bool dialed_before = false;  // there are attempts, if only ended ones
};
struct ServerUp {
    std::string server;
    int originate_window = 32;  // Originates that may be un-answered at once over all its sessions
};
struct ServerDown {
    std::string server;
};
/// It is shutting down: its calls go on, it takes no new ones.
struct ServerDraining {
    std::string server;
};
/// The answer to ListChannels: every channel of the server at some instant after `asked_at`.
struct ChannelList {
    struct Row {
        AttemptId attempt;
        bool up = false;
        bool ringing = false;
    };
    std::string server;
    SteadyTime asked_at;
    std::vector<Row> rows;  // those with ids of our form
};
struct ChannelListFailed {
    std::string server;
};
/// The store could not carry the claim out; nothing was claimed.
struct ClaimFailed {
    ClaimRequest request;
};
struct AttemptEvent {
    AttemptId attempt;
    ChannelEvent event;
};
/// The answer to FindCallRecords: what the server's call detail records tell of those attempts, as events.
struct CallRecordsFound {
    std::vector<AttemptId> asked;
    std::vector<AttemptEvent> events;
};
/// Contacts were imported into this list.
struct ContactsAdded {
    std::string list;
};
/// One of the campaign's contacts is to be called from then on, as an operator has it.
struct ContactDue {
    CampaignId campaign;
    UtcTime at;
};
/// Stored by now: these numbers must not be called by the campaigns that keep to the list.
struct NumbersForbidden {
    std::string list;
    std::vector<std::string> numbers;  // E.164
};
/// How much of what it needs the process has left; to be given a few times a second.
struct LoadMeasured {
    Load load;
};
/// Time has passed: to be given whenever next_wakeup() has come.
struct Tick {};

using Input = std::variant<SiteChanged, CampaignOrdered, AttemptsFound, ServerUp, ServerDown, ServerDraining,
                           ChannelList, ChannelListFailed, CallRecordsFound, ClaimResult, ClaimFailed, AttemptEvent,
                           ContactsAdded, ContactDue, NumbersForbidden, LoadMeasured, Tick>;

// --- commands

struct HangUp {
    AttemptId attempt;
    std::string server;
};
struct ProgressMade {
    std::vector<Progress> attempts;
};
struct CampaignStateChanged {
    CampaignId campaign;
    CampaignState state;
};
struct ListChannels {
    std::string server;
};
/// Calls that ended unseen: their call detail records may tell how. Answered by CallRecordsFound, always.
struct FindCallRecords {
    std::string server;
    std::vector<AttemptId> attempts;
};
/// Close the sessions with it and open them again: what was still to be read is given up, and looked up instead.
struct ReconnectServer {
    std::string server;
};
/// The called person asked not to be called again: put all their numbers on the global list, and answer by
/// NumbersForbidden. Their settlement does it once more, should this be lost.
struct OptedOut {
    AttemptId attempt;
    std::vector<std::string> numbers;  // E.164
};
/// Something that the operator should read; `about` is the campaign, trunk or server.
struct Alert {
    std::string about;
    std::string text;
};

using Command = std::variant<ClaimRequest, OriginateOrder, HangUp, Settlement, ProgressMade, CampaignStateChanged,
                             ListChannels, FindCallRecords, ReconnectServer, OptedOut, Alert>;

// --- status

struct CampaignStatus {
    std::string name;
    CampaignState state = CampaignState::draft;
    int calls = 0;            // slots in use
    std::string waiting_for;  // why no call is being started now, empty when calls are
    std::string limited_by;   // while calls are: what keeps it from starting more
};
struct CapacityStatus {
    std::string name;
    int calls = 0;
    Cap cap;
    bool ready = true;    // servers: may be dialed through
    bool silent = false;  // servers: accepts calls and tells nothing of them
};
struct EngineStatus {
    std::vector<CampaignStatus> campaigns;
    std::vector<CapacityStatus> trunks;
    std::vector<CapacityStatus> servers;
    CapacityStatus all;
    std::uint64_t events_without_attempt = 0;  // late, or of channels that are not ours
    std::string overload;                      // what it is short of, and what it leaves undone; empty when nothing
    std::string clock_problem;                 // why the wall clock is not trusted now; empty when it is
};

class Engine {
public:
    /// `seed` makes attempt ids; it must differ between runs of the daemon.
    explicit Engine(std::uint64_t seed);
    ~Engine();

    /// By which it knows whose clock a callback's time means; it must outlive the engine. Without it, times that say so
    /// themselves are kept alone.
    void set_geography(const Geography* geography) { geography_ = geography; }

    /// Takes one input. Commands are carried out in order; each Originate only after everything before it.
    [[nodiscard]] std::vector<Command> step(const Now& now, const Input& input);
    /// When the next Tick is due at the latest; SteadyTime::max() for never.
    [[nodiscard]] SteadyTime next_wakeup() const { return next_wakeup_; }

    [[nodiscard]] EngineStatus status(const Now& now) const;
    /// Nothing if no such campaign is configured.
    [[nodiscard]] std::optional<CampaignRecord> campaign(std::string_view name) const;
    /// What the claims of each configured campaign are made by, without slots.
    [[nodiscard]] std::vector<ClaimRequest> claim_rules(const Now& now) const;
    /// Attempts that have not been settled.
    [[nodiscard]] std::size_t live_attempts() const { return attempts_.size(); }
    /// No new claims and Originates from now on: the daemon is about to stop. Calls go on; the next step gives back the
    /// claims in hand and tells what is known of the calls, so a Tick should follow.
    void stop_dialing();

private:
    struct ServerRun;
    struct TrunkRun;
    struct CampaignRun;
    struct LiveAttempt;
    using Attempts = std::unordered_map<AttemptId, std::unique_ptr<LiveAttempt>>;

    void take(const Now& now, const SiteChanged& input);
    void take(const Now& now, const CampaignOrdered& input);
    void take(const Now& now, const AttemptsFound& input);
    void take(const Now& now, const ServerUp& input);
    void take(const Now& now, const ServerDown& input);
    void take(const Now& now, const ServerDraining& input);
    void take(const Now& now, const ChannelList& input);
    void take(const Now& now, const ChannelListFailed& input);
    void take(const Now& now, const CallRecordsFound& input);
    void take(const Now& now, const ClaimResult& input);
    void take(const Now& now, const ClaimFailed& input);
    void take(const Now& now, const AttemptEvent& input);
    void fold_event(const Now& now, const AttemptEvent& input);
    [[nodiscard]] ChannelEvent with_callback_time(const Now& now, const LiveAttempt& attempt, ChannelEvent event);
    void take(const Now& now, const ContactsAdded& input);
    void take(const Now& now, const ContactDue& input);
    void take(const Now& now, const NumbersForbidden& input);
    void take(const Now& now, const LoadMeasured& input);
    void take(const Now& now, const Tick& input);

    // engine_schedule.cpp: whom to ask the store for
    void plan(const Now& now);
    [[nodiscard]] static ClaimRequest request_of(const Now& now, const CampaignRun& campaign);
    bool reserve_one(const Now& now, CampaignRun& campaign, ClaimRequest& request);
    [[nodiscard]] SteadyTime may_claim_at(const Now& now, const CampaignRun& campaign) const;
    [[nodiscard]] Microseconds lead() const;
    void join(CampaignRun& campaign) const;
    void end_claim(const Now& now, CampaignRun& campaign, std::size_t slots);
    void give_back(CampaignRun& campaign, const Slot& slot);
    void find_next_wakeup(const Now& now);
    void keep_rates(const Now& now);
    template <class Visitor>
    void for_each_route(const CampaignRun& campaign, Visitor visit) const;

    // engine_send.cpp: who leaves now
    void send(const Now& now);
    void take_back_claims(const Now& now);
    [[nodiscard]] static bool is_way(const CampaignRun& campaign, const TrunkRun& trunk, const ServerRun& server);
    [[nodiscard]] SteadyTime may_send_at(const Now& now, const LiveAttempt& attempt) const;
    void put_in_hand(LiveAttempt& attempt);
    void remove_from_hand(LiveAttempt& attempt);
    void originate(const Now& now, LiveAttempt& attempt);

    // engine.cpp: what became of it
    void move(LiveAttempt& attempt, SlotStage to);
    void response_known(LiveAttempt& attempt);
    void note_refusal(const Now& now, CampaignRun& campaign, std::string because);
    void after_facts(const Now& now, LiveAttempt& attempt);
    void settle(const Now& now, LiveAttempt& attempt, Disposition disposition);
    void set_state(CampaignRun& campaign, CampaignState state);
    void finish_if_idle(CampaignRun& campaign);
    void hang_up_unanswered(const Now& now, const CampaignRun& campaign);
    void cancel_unanswered(const Now& now, LiveAttempt& attempt);
    void cancel_later(LiveAttempt& attempt);
    void mark_changed(const Now& now, LiveAttempt& attempt);
    void flush_progress(const Now& now);
    LiveAttempt& add_attempt(const Claim& claim, SlotStage stage);
    template <class Command>
    void emit(Command&& command);

    // engine_reconcile.cpp: what is still alive
    void set_deadline(LiveAttempt& attempt, SteadyTime at);
    void pass_deadlines(const Now& now);
    void pass_deadline(const Now& now, LiveAttempt& attempt);
    void ask_for_channels(const Now& now);
    void settle_unseen(const Now& now, const ServerRun& server, const std::vector<LiveAttempt*>& gone);

    // engine_watch.cpp: what is not to be trusted
    void watch_clock(const Now& now);
    [[nodiscard]] SteadyTime trusts_clock_at(const Now& now) const;
    [[nodiscard]] std::string clock_problem(const Now& now) const;
    void listen_to(const Now& now, const LiveAttempt& attempt, ChannelEvent::Kind kind);
    void watch_servers(const Now& now);

    // engine_do_not_call.cpp: who must not be called any more
    void withdraw_claims(CampaignRun& campaign);
    void note_opt_out(const LiveAttempt& attempt);

    // engine_overload.cpp: what is left undone
    void slow_down(bool slowed);
    void shed(const Now& now);
    [[nodiscard]] std::string overload() const;

    // engine_status.cpp
    [[nodiscard]] std::string waiting_for(const Now& now, const CampaignRun& campaign) const;
    [[nodiscard]] std::string limited_by(const CampaignRun& campaign) const;

    const Geography* geography_ = nullptr;
    Random random_;
    UtcTime not_earlier_than_{};
    std::optional<Microseconds> clock_offset_;  // of the wall clock from the steady one
    Microseconds clock_step_{};                 // the last one
    SteadyTime clock_settled_at_ = SteadyTime::min();
    bool clock_is_early_ = false;  // earlier than not_earlier_than_
    bool stopping_ = false;
    OverloadLadder overload_;
    SteadyTime shed_again_at_ = SteadyTime::min();
    std::unique_ptr<Capacity> all_;
    std::map<std::string, std::unique_ptr<ServerRun>, std::less<>> servers_;
    std::map<std::string, std::unique_ptr<TrunkRun>, std::less<>> trunks_;
    std::map<CampaignId, std::unique_ptr<CampaignRun>> campaigns_;
    Attempts attempts_;
    /// Claims in hand by their way out, first come first sent. One that has to wait for its campaign's or its server's
    /// turn holds up none of another's; no queue is empty.
    std::map<std::tuple<CampaignRun*, TrunkRun*, ServerRun*>, std::deque<LiveAttempt*>> in_hand_;
    std::uint64_t claims_in_hand_so_far_ = 0;
    std::map<std::pair<SteadyTime, AttemptId>, LiveAttempt*> deadlines_;  // one entry an attempt
    std::vector<LiveAttempt*> changed_;                                   // facts not yet given to the store
    SteadyTime flush_at_ = SteadyTime::max();
    SteadyTime plan_at_{};
    double served_ = 0;       // CampaignRun::served of the campaign that was served last
    double trunk_turn_ = 0;   // of the trunk that had the last slot
    double server_turn_ = 0;  // likewise
    int claims_under_way_ = 0;
    Microseconds claim_latency_{};  // from ClaimRequest to ClaimResult: the longest, slowly forgotten
    SteadyTime next_wakeup_ = SteadyTime::max();
    std::uint64_t events_without_attempt_ = 0;
    std::vector<Command> commands_;
};

}  // namespace outdial
