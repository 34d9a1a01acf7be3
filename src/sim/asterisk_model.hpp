#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ami/message.hpp"
#include "ami/parser.hpp"
#include "base/time.hpp"
#include "sim/call.hpp"
#include "sim/dialect.hpp"
#include "sim/event_text.hpp"
#include "sim/permissions.hpp"
#include "sim/witness.hpp"
#include "sim/world.hpp"

namespace outdial::sim {

/// A context of the simulated dialplan, and what it does with an answered call.
struct DialplanContext {
    std::string name;
    /// Then it hangs up; nothing: the call lasts until the far end hangs up.
    std::optional<Milliseconds> hold;
    /// What it says on the answer by UserEvent OutdialResult (`dnc`); empty: nothing.
    std::string result;
};

struct ModelOptions {
    /// The events a server with filters sends, or all of a dialer's calls.
    enum class Events {
        filtered,  // those that tell what became of a call
        all        // also Newexten, VarSet, NewCallerid, NewConnectedLine, SoftHangupRequest, DeviceStateChange
    };

    Dialect dialect = Dialect::asterisk_22;
    Events events = Events::filtered;
    WorldOptions world;
    std::vector<Account> accounts;
    std::vector<std::string> technologies = {"PJSIP"};
    std::vector<std::string> endpoints;     // empty: every one exists
    std::vector<DialplanContext> contexts;  // empty: every one exists, and holds calls until the far end hangs up
    Milliseconds boot_time{0};  // from the start to FullyBooted; logins are accepted at once, calls not before
    std::optional<Milliseconds> restart_after = Milliseconds{2'000};  // after a crash or `core restart`; nothing: never

    // Asterisk's own limits, and the sandbox's.
    Milliseconds login_timeout{30'000};    // authtimeout
    std::size_t max_unauthenticated = 50;  // authlimit: further connections are closed
    std::size_t max_sessions = 1'000;
    std::size_t max_output_bytes = 8'000'000;  // a session that lets more pile up is closed, as Asterisk does
    std::size_t max_channels = 200'000;        // beyond, calls fail without a channel
    std::size_t witness_rows = 1'000'000;      // kept in memory
};

/// A simulated Asterisk with a telephone world behind it: no I/O, no clock, no thread. Bytes and instants in, bytes and
/// deadlines out; the same options, seed and inputs give the same bytes.
///
/// Instants never go backwards. Everything due is done before an input is looked at; whoever drives it calls advance()
/// at next_deadline() and takes the output of the sessions that ready() names.
class AsteriskModel {
public:
    using SessionNumber = std::uint64_t;

    struct Statistics {
        std::uint64_t originates = 0;
        std::uint64_t refused = 0;  // with an error Response
        std::uint64_t no_channel = 0;
        std::uint64_t answered = 0;
        std::uint64_t ended = 0;   // channels that are no more
        std::uint64_t events = 0;  // written, counted once a session
        std::uint64_t bytes = 0;   // likewise, with responses
        std::uint64_t overflowed_sessions = 0;
        std::map<Fate, std::uint64_t> fates;  // of the accepted Originates
    };

    AsteriskModel(ModelOptions options, std::uint64_t seed, Now start);
    ~AsteriskModel();
    AsteriskModel(const AsteriskModel&) = delete;
    AsteriskModel& operator=(const AsteriskModel&) = delete;

    /// A client has connected; the greeting is ready, or closing() says so where the server is down or full.
    SessionNumber open_session(SteadyTime now);
    void received(SessionNumber session, std::string_view bytes, SteadyTime now);
    /// The connection is gone, whoever closed it. The number is never used again.
    void close_session(SessionNumber session);

    void advance(SteadyTime now);
    [[nodiscard]] std::optional<SteadyTime> next_deadline() const;

    /// Sessions whose output or wish to close came since the last call.
    [[nodiscard]] std::vector<SessionNumber> ready();
    /// Moves the session's output into `into` (cleared first); false when there is none.
    bool take_output(SessionNumber session, std::string& into);
    enum class Closing {
        no,
        after_output,  // once what take_output gave is written
        at_once        // whatever is still on its way
    };
    [[nodiscard]] Closing closing(SessionNumber session) const;

    /// `core stop gracefully`: refuses everything, ends with the last call.
    void stop_gracefully(SteadyTime now, bool restart);
    /// `core stop now`: hangs everything up, says Shutdown.
    void stop_now(SteadyTime now, bool restart);
    /// As kill -9: connections and channels vanish without a word.
    void crash(SteadyTime now);
    [[nodiscard]] bool up() const { return up_; }
    [[nodiscard]] bool booted() const { return booted_; }

    /// Books the calls that still run as unfinished, for a witness file that is complete. Nothing else may follow.
    void finish_witness();
    [[nodiscard]] Witness& witness() { return witness_; }
    [[nodiscard]] const Statistics& statistics() const { return statistics_; }
    [[nodiscard]] std::size_t live_channels() const { return by_uniqueid_.size(); }
    [[nodiscard]] const ModelOptions& options() const { return options_; }

private:
    struct Session;
    using Slot = std::uint32_t;

    /// What is due when a timer goes off; the first ones concern a call, the others a session or the server.
    enum class Step {
        create,
        progress,
        final_answer,
        ring_timeout,
        far_end_hangs_up,
        dialplan_hangs_up,
        late_response,
        refuse_login,
        login_timeout,
        fully_booted,
        restart,
    };
    struct Timer {
        SteadyTime at;
        std::uint64_t order;  // ties go to the older
        Step step;
        std::uint64_t subject;     // slot or session
        std::uint32_t generation;  // of the slot or the server: a timer of a former one is void
        bool operator>(const Timer& other) const { return at != other.at ? at > other.at : order > other.order; }
    };
    struct CallSlot {
        std::unique_ptr<Call> call;  // null: free
        std::uint32_t generation = 0;
    };
    struct Device {
        int ringing = 0;
        int up = 0;
        std::string_view state = "NOT_INUSE";
    };

    // asterisk_model.cpp: sessions and time
    void run(const Timer& timer);
    void run_session(Step step, Session& session);
    void schedule(SteadyTime at, Step step, std::uint64_t subject, std::uint32_t generation);
    void schedule_call(SteadyTime at, Step step, Slot slot) { schedule(at, step, slot, slots_[slot].generation); }
    void write(Session& session, std::string_view text);
    void touch(Session& session);
    void hang_up_session(Session& session, Closing how);
    void emit(Classes classes, std::string_view event);
    void emit_verbose(Classes classes, std::string_view event);
    void fully_booted(Session& session);
    void shut_down();
    void go_down(bool restart);
    void come_up();
    [[nodiscard]] UtcTime utc(SteadyTime at) const;

    // model_actions.cpp: what clients ask
    void process(Session& session);
    void act(Session& session, const ami::Message& action);
    void act_before_login(Session& session, const ami::Message& action, std::string_view name);
    void act_logged_in(Session& session, const ami::Message& action, std::string_view name);
    void log_in(Session& session, const ami::Message& action);
    void originate(Session& session, const ami::Message& action);
    void hang_up(Session& session, const ami::Message& action);
    void list_channels(Session& session, const ami::Message& action);
    void status(Session& session, const ami::Message& action);
    void ping(Session& session, const ami::Message& action);
    void log_off(Session& session, const ami::Message& action);
    void set_events(Session& session, const ami::Message& action);
    void core_status(Session& session, const ami::Message& action);
    void core_settings(Session& session, const ami::Message& action);
    void get_variable(Session& session, const ami::Message& action);
    void command(Session& session, const ami::Message& action);
    void reply(Session& session, const ami::Message& action, std::string_view response, std::string_view rest);
    void reply_error(Session& session, const ami::Message& action, std::string_view message);
    [[nodiscard]] bool extension_exists(const Call& call) const;
    [[nodiscard]] const DialplanContext* context_of(const Call& call) const;

    // model_calls.cpp: the life of a call
    void run_call(Step step, Slot slot);
    void create(Slot slot);
    void progress(Slot slot);
    void answer(Slot slot);
    void refuse(Slot slot);
    void request_hangup(const Call& call, int cause, int sip_status);
    void time_out(Slot slot);
    void dial_begin(Call& call);
    void respond(Call& call);
    void respond_late(Slot slot);
    void dialplan_begins(Slot slot);
    void dialplan_ends(Slot slot);
    void far_end_hangs_up(Slot slot);
    void hang_up_call(Slot slot, int cause);
    void channel_gone(Slot slot, int cause, int tech_cause, WitnessRow::End end);
    void end_without_channel(Slot slot);
    void release(Slot slot);
    void forget_calls(WitnessRow::End end);
    void hang_up_all();
    void device_changed(const Call& call, int ringing, int up);
    [[nodiscard]] bool may_be_created(const Call& call) const;
    [[nodiscard]] std::optional<Slot> find_call(std::string_view name_or_uniqueid) const;
    [[nodiscard]] Slot take_slot(Call call);
    [[nodiscard]] Call& call_at(Slot slot) { return *slots_[slot].call; }

    const ModelOptions options_;
    World world_;
    EventText events_;
    Witness witness_;
    Statistics statistics_;

    SteadyTime now_;
    SteadyTime clock_origin_;
    UtcTime utc_origin_;
    SteadyTime started_{};
    bool up_ = false;
    bool booted_ = false;
    bool stopping_ = false;  // gracefully
    bool restart_after_stop_ = false;
    std::uint32_t run_number_ = 0;  // counts starts: server timers of a former run are void

    std::map<SessionNumber, std::unique_ptr<Session>> sessions_;
    SessionNumber last_session_ = 0;
    std::size_t unauthenticated_ = 0;
    std::vector<SessionNumber> ready_;

    std::priority_queue<Timer, std::vector<Timer>, std::greater<>> timers_;
    std::uint64_t last_timer_ = 0;

    std::deque<CallSlot> slots_;
    std::vector<Slot> free_slots_;
    std::map<std::string, Slot, std::less<>> by_uniqueid_;  // lower case, of live channels
    std::unordered_map<std::string, Slot> by_name_;
    std::map<std::string, Device, std::less<>> devices_;
    std::size_t calls_in_progress_ = 0;  // slots in use
    std::uint32_t next_channel_ = 0;
    std::uint64_t calls_processed_ = 0;
};

}  // namespace outdial::sim
