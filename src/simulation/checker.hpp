// Judges a run from outside: by what left the daemon on the wire, what the servers did with it, and what an SQL query
// finds. Shares no line with what it judges.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "simulation/database_view.hpp"
#include "simulation/rules.hpp"
#include "simulation/wire.hpp"

namespace outdial::simulation {

/// Both clocks of the machine with the daemon.
struct Instant {
    std::int64_t steady_us = 0;
    std::int64_t utc_ms = 0;
};

/// What a server knows of a call's end.
struct CallTruth {
    bool answered = false;
    bool rang = false;
    std::string end;   // as the witness names it: refused-by-far-end
    std::string fate;  // busy, no-answer
};

class Checker {
public:
    Checker(SiteRules rules, std::map<std::string, std::vector<Person>> people);

    /// The database was opened; nullptr: it is closed.
    void look_at(DatabaseView* view) { view_ = view; }
    /// These rules hold from now on.
    void in_force(const SiteRules& rules);
    /// An operator's order was accepted.
    void ordered(const std::string& campaign, bool may_dial);
    /// The number that the campaign's next order will have.
    [[nodiscard]] std::size_t next_order(const std::string& campaign) { return campaigns_[campaign].orders.size(); }
    /// The success of the order of that number was told, which may be after later orders.
    void stored(const std::string& campaign, std::size_t order);
    /// The engine has ended or paused the campaign by itself.
    void stopped_itself(const std::string& campaign) { ordered(campaign, false); }
    void imported(const std::string& list, std::int64_t at_least, std::int64_t at_most);
    /// It was told to an operator that the number is on the do-not-call list: E.164.
    void forbidden(const std::string& number) { forbidden_.insert(number); }
    /// Somebody is to be called back then, by an order that may get lost; and it was told that they are, from now on
    /// not before then.
    void callback_ordered(const std::string& campaign, const std::string& contact, std::int64_t at_ms);
    void callback_promised(const std::string& campaign, const std::string& contact, std::int64_t at_ms);
    /// Some events never come, or come too late to count: no verdict can be relied on.
    void events_get_lost() { events_are_whole_ = false; }
    void clock_stepped(std::int64_t by_ms) { stepped_ms_ += by_ms < 0 ? -by_ms : by_ms; }

    /// The bytes of one whole message went into the socket.
    void left(const std::string& server, std::string_view frame, Instant now);
    void taken_up(const std::string& attempt, Instant now);
    void ended(const std::string& attempt, const CallTruth& truth, Instant now);
    /// Whatever is told of this server's calls from now on cannot be relied on, nor what was told a moment ago.
    void server_disturbed(const std::string& server, Instant now);
    void all_disturbed(Instant now) { server_disturbed({}, now); }

    /// A new process has opened the database.
    void process_started(Instant now);
    /// Everything that holds at any time.
    void audit();
    /// After all has ended.
    void audit_end();

    [[nodiscard]] const std::optional<std::string>& violation() const { return violation_; }
    void violate(const std::string& rule, const std::string& what);
    [[nodiscard]] std::size_t calls() const { return calls_.size(); }
    [[nodiscard]] std::size_t live() const { return live_.size(); }

private:
    struct Call {
        std::string campaign, contact, number, trunk, server;
        std::int64_t left_us = 0;
        std::int64_t ended_us = 0;  // on its server; of a call with a truth
        std::size_t rules = 0;      // in rules_: those that were in force when it left
        bool taken_up = false;
        bool disturbed = false;  // its events may have been lost
        std::optional<CallTruth> truth;
    };
    struct Permission {
        bool may_dial = false;
        // What the database may say: what was told to be stored, and whatever was ordered since.
        std::vector<bool> orders{false};  // each: whether it lets the campaign dial
        std::size_t stored_from = 0;
    };

    void check_intent(const WiredCall& call, const std::string& server);
    void check_hours(const WiredCall& call, std::int64_t utc_ms);
    void check_claims_survive();
    void check_claim(const WiredCall& call, const std::string& server);
    void check_history(const WiredCall& call, const AttemptRow& claim);
    void check_order(const WiredCall& call);
    void check_limits(const WiredCall& call, std::int64_t now_us);
    [[nodiscard]] bool is_counted(const LimitRules& limit, const std::string& attempt, const Call& call,
                                  std::int64_t now_us) const;
    [[nodiscard]] std::string account_of(const std::string& campaign, const std::string& contact) const;
    void check_rate(const std::string& level, double per_second, std::int64_t now_us);
    void check_channels(const Call& call, std::int64_t now_us);
    [[nodiscard]] int unseen(const std::string& level, std::int64_t now_us) const;
    void count_channel(const Call& call, int by);
    [[nodiscard]] static std::array<std::string, 4> levels_of(const Call& call);
    void check_verdict(const Call& call, const AttemptRow& row);
    [[nodiscard]] const Person* person(const std::string& campaign, const std::string& external_id) const;
    [[nodiscard]] std::optional<Again> again(const CampaignRules& rules, const AttemptRow& row) const;

    DatabaseView* view_ = nullptr;
    struct Callbacks {
        std::vector<std::int64_t> ordered;  // for when; whether they came to be is not known
        std::int64_t not_before = 0;        // by the last one, once it was told to be
    };
    [[nodiscard]] bool was_promised(const std::string& callee, const AttemptRow& claim) const;

    std::map<std::string, Callbacks> callbacks_;                   // by campaign and contact
    std::deque<SiteRules> rules_;                                  // the last ones are in force
    std::map<std::string, std::map<std::string, Person>> people_;  // by list and external id
    std::map<std::string, Permission> campaigns_;
    std::map<std::string, std::pair<std::int64_t, std::int64_t>> imported_;  // into a list: at least, at most
    std::unordered_map<std::string, Call> calls_;
    std::set<std::string> live_;           // on a server
    std::map<std::string, int> channels_;  // of the live calls, by level
    std::set<std::string> forbidden_;
    std::set<std::string> open_;                                           // those that have left and not ended
    std::deque<std::pair<std::int64_t, std::string>> ended_a_moment_ago_;  // whose end may still be on its way
    std::map<std::string, std::int64_t> last_disturbed_us_;                // by server
    bool events_are_whole_ = true;
    std::map<std::string, std::string> live_numbers_;          // number, attempt
    std::map<std::string, std::deque<std::int64_t>> sent_us_;  // by level, the last second's
    std::map<std::string, std::string> ended_rows_;            // attempt, what its row said at its end
    std::int64_t stepped_ms_ = 0;                              // by how much the wall clock was ever set
    std::optional<std::string> violation_;
};

}  // namespace outdial::simulation
