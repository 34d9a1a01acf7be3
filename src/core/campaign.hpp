#pragma once

#include <map>
#include <string>
#include <variant>
#include <vector>

#include "base/time.hpp"
#include "core/calling_rules.hpp"
#include "core/compliance.hpp"
#include "core/contact_limits.hpp"
#include "core/contact_order.hpp"
#include "core/disposition.hpp"
#include "core/do_not_call.hpp"
#include "core/template.hpp"

namespace outdial {

/// Where an answered call goes.
struct DialplanDestination {
    std::string context;
    Template exten;  // number placeholders only
    int priority = 1;
};
struct QueueDestination {
    std::string queue;
};
struct StasisDestination {
    std::string application;
    std::vector<Template> arguments;
};
struct ApplicationDestination {
    std::string application;
    Template data;
};
using Destination = std::variant<DialplanDestination, QueueDestination, StasisDestination, ApplicationDestination>;

/// How many to originate now. `rate` is so many calls a second on so many channels.
struct RatePacing {
    double originates_per_second = 1;
    int channels = 1;
};

/// After this outcome: how long to wait, and how many times to try again after outcomes of this kind (of this contact
/// in this campaign). 3 is three retries, so the fourth such outcome ends the contact, if max_attempts has not before.
struct RetryRule {
    Milliseconds after{};
    int times = 0;
};

/// What follows an outcome. `max_attempts` is the person's whole budget, all outcomes and numbers together; nothing
/// exceeds it.
struct RetryRules {
    int max_attempts = 1;
    std::map<Disposition, RetryRule> person;  // busy, no_answer, declined, machine, abandoned: absent = no retry
    RetryRule technical{std::chrono::minutes{1},
                        5};  // rejected, congestion, unreachable, failed; does not use up max_attempts
    Milliseconds lost_after = std::chrono::hours{24};  // outcome unseen: charged, and left alone for long
};

struct CampaignVariable {
    std::string name;
    Template value;
};

/// A campaign as its YAML file describes it: rules, call list and pacing.
struct Campaign {
    std::string name;
    std::string list;
    std::vector<std::string> trunks;
    std::string caller_id_name;    // may be empty
    std::string caller_id_number;  // E.164; empty = one of the trunk's
    Milliseconds ring_timeout = std::chrono::seconds{30};
    Destination on_answer;
    std::vector<CampaignVariable> variables;
    RatePacing pacing;
    RetryRules retry;
    std::vector<DoNotCallChoice> do_not_call;  // beside the global list
    SharedCallingRules calling;                // nothing: at all hours
    Milliseconds ring_floor{};                 // so long it rings at least before Outdial hangs up an unanswered call
    Compliance compliance;                     // of its rule packs
    SharedContactLimits limits;                // of all campaigns together; nothing: max_attempts alone
    SharedContactOrder order;                  // nothing: everybody, in the order of the list
    int weight = 1;                            // its share where campaigns compete for the same trunk
    /// Names what its file holds: the first 16 hex digits of its SHA-256, and the versions of its rule packs; empty
    /// without a file.
    std::string rules;
};

enum class CampaignState : std::uint8_t { draft, running, paused, draining, finished };
inline constexpr std::array all_campaign_states{CampaignState::draft, CampaignState::running, CampaignState::paused,
                                                CampaignState::draining, CampaignState::finished};
[[nodiscard]] std::string_view to_text(CampaignState state);
[[nodiscard]] std::optional<CampaignState> campaign_state_from(std::string_view text);

/// What an operator may order. start: from draft, paused or finished; pause: no new calls, live ones go on; resume:
/// from paused; drain: no new calls, finished when the live ones have ended; stop: finished at once, calls still
/// ringing are hung up, answered ones go on.
enum class CampaignOrder : std::uint8_t { start, pause, resume, drain, stop };
[[nodiscard]] std::string_view to_text(CampaignOrder order);
[[nodiscard]] std::optional<CampaignOrder> campaign_order_from(std::string_view text);
/// The state that the order leads to, or why it cannot be given now.
[[nodiscard]] Result<CampaignState> apply(CampaignOrder order, CampaignState state);

}  // namespace outdial
