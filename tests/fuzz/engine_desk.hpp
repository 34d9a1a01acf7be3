// The engine's surroundings for engine_fuzz.cpp: a store that keeps its contract, servers that may say anything of a
// call at any time, and an account of its own of what the engine must never do. Nothing here is fair or likely: each
// input is what the fuzzer chose.
#pragma once

#include <array>
#include <deque>
#include <unordered_map>
#include <vector>

#include "core/engine.hpp"
#include "fuzz/fuzz.hpp"

namespace outdial::fuzz {

class EngineDesk {
public:
    static constexpr int servers = 2;
    static constexpr int trunks = 2;
    static constexpr int campaigns = 2;
    static constexpr int max_attempts = 3;  // of each campaign

    explicit EngineDesk(Bytes& bytes);

    // --- inputs, with their choices taken from the bytes
    void advance(Microseconds by);
    void advance_to_wakeup();
    void jump_wall_clock();
    void change_site();
    void give_order();
    void change_server();
    void answer_claim();
    void fail_claim();
    void tell_event();
    void answer_list();
    void fail_list();
    void answer_records();
    void add_contacts();
    void measure_load();
    void stop_dialing();

    /// Takes every server away and lets time pass: all attempts must end.
    void end_all();

private:
    // Places in caps_ and sends_.
    static constexpr std::size_t all_level = 0;
    static constexpr std::size_t first_server = 1;
    static constexpr std::size_t first_trunk = first_server + servers;
    static constexpr std::size_t first_campaign = first_trunk + trunks;
    static constexpr std::size_t levels = first_campaign + campaigns;

    struct Attempt {
        enum class State { asked, committed, sent, settled, unused };
        State state = State::asked;
        Slot slot;
        std::size_t campaign = 0;  // from 0
        std::array<std::size_t, 4> levels{};
        ContactId contact{};
        int charged = 0;
        CallFacts facts;    // by our own folding
        bool over = false;  // its channel is gone, or never was
        bool records_asked = false;
    };
    struct Level {
        Cap cap;
        bool configured = true;
        int occupied = 0;              // by slots asked for, claims in hand and calls
        int calls = 0;                 // sent and not over
        std::deque<SteadyTime> sends;  // of the last second
    };
    struct ServerState {
        bool up = false;
        bool listed = false;  // since it came up
        bool draining = false;
        bool list_asked = false;
        SteadyTime list_asked_at{};
    };

    void step(const Input& input);
    void account(const ClaimRequest& request);
    void account(const OriginateOrder& order);
    void account(const HangUp& command);
    void account(const Settlement& settlement);
    void account(const ProgressMade& progress);
    void account(const CampaignStateChanged& changed);
    void account(const ListChannels& command);
    void account(const FindCallRecords& command);
    void account(const ReconnectServer& command);
    void account(const OptedOut& command);
    void account(const Alert& alert);

    /// The place of a server or a trunk among its kind, from the digit that its name ends in.
    [[nodiscard]] static std::size_t place_of(std::string_view name) {
        return static_cast<std::size_t>(name.back() - '0');
    }
    [[nodiscard]] Site read_site(int kept);
    void use_site(Site site);
    [[nodiscard]] Cap read_cap();
    [[nodiscard]] Claim read_claim(Attempt& attempt);
    [[nodiscard]] ChannelEvent read_event();
    [[nodiscard]] Attempt* pick_attempt();
    void fold_fact(Attempt& attempt, const ChannelEvent& event);
    void free_channel(Attempt& attempt);
    void check_routes(const Slot& slot, std::size_t campaign) const;
    void check_rate(Level& level);

    Bytes& bytes_;
    Engine engine_{1};
    Now now_;
    Site site_;
    std::array<Level, levels> levels_;
    std::array<ServerState, servers> servers_;
    std::array<CampaignState, campaigns> states_{CampaignState::running, CampaignState::running};
    std::deque<ClaimRequest> claims_asked_;
    std::deque<FindCallRecords> records_asked_;
    std::unordered_map<AttemptId, Attempt> attempts_;
    std::vector<AttemptId> sent_;  // in their order, settled ones too
    std::int64_t next_contact_ = 1;
    double load_ = 0;  // as measured last
    bool stopped_ = false;
};

}  // namespace outdial::fuzz
