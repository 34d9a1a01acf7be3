#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "core/call_facts.hpp"
#include "core/campaign.hpp"
#include "core/contact.hpp"
#include "core/contact_limits.hpp"
#include "core/contact_order.hpp"
#include "core/disposition.hpp"
#include "core/do_not_call.hpp"

namespace outdial {

/// Capacity that the engine has set aside for one attempt, before it is known whom it will ring.
struct Slot {
    AttemptId attempt;
    std::string trunk;
    std::string server;
    std::string caller_id;  // E.164 or empty
};

/// Asks the store for due contacts. In one transaction it takes at most slots.size() of them, re-checks everything that
/// can be checked in the database, and writes their attempt rows.
struct ClaimRequest {
    CampaignId campaign;
    UtcTime at;
    int max_attempts = 1;  // a contact with so many charged attempts is never claimed
    std::vector<Slot> slots;
    std::vector<DoNotCallChoice> do_not_call{};  // beside the global list
    SharedCallingRules calling{};                // nothing: at all hours
    Milliseconds ring_timeout{};                 // what must fit into the hours
    SharedContactLimits limits{};
    std::string rules{};  // Campaign::rules, for the record
    SharedContactOrder order{};
};

/// What a contact has been through in this campaign, the present attempt not counted.
struct AttemptHistory {
    int charged = 0;  // attempts that used up the person's budget
    std::array<std::uint16_t, all_dispositions.size()>
        outcomes{};                       // ended attempts by disposition, indexed by its enum value
    std::uint32_t invalid_positions = 0;  // bit n: number n was found invalid

    [[nodiscard]] int count(Disposition disposition) const { return outcomes[static_cast<std::size_t>(disposition)]; }
    bool operator==(const AttemptHistory&) const = default;
};

/// A committed attempt: a contact joined with a slot. Also what is loaded after a restart for each attempt without an
/// end.
struct Claim {
    Slot slot;
    CampaignId campaign;
    Contact contact;
    int position = 0;  // which of contact.numbers is dialed
    AttemptHistory history;
    UtcTime claimed_at;
    CallFacts facts;                       // as stored; empty for a fresh claim
    UtcTime send_before = UtcTime::max();  // then the called person's hours have no room for the call any more
    std::vector<std::string> zones{};      // where the called person's clocks are; none: unknown
    std::string callback_agent{};          // who is to talk, where it keeps a callback of a named agent

    [[nodiscard]] const PhoneNumber& number() const { return contact.numbers[static_cast<std::size_t>(position)]; }
};

struct ClaimResult {
    CampaignId campaign;
    std::vector<Claim> claims;  // committed, durable
    std::vector<Slot> unused;   // no due contact for these
    std::optional<UtcTime>
        next_due_at;             // when slots were left over: when the next may be called; nothing if nobody may
    bool outside_hours = false;  // it is their calling hours that those who are left wait for
    bool exhausted = false;      // nobody is in a call, and nobody who is left may ever be called
    std::string preparing{};     // how far its contacts are from being in order; nobody is called before
    std::string problem{};       // why nobody of the campaign may be called now; empty where somebody may
};

/// Whether, when and at which number a contact is tried again.
struct NextStep {
    enum class Kind : std::uint8_t { retry, done };
    Kind kind = Kind::done;
    UtcTime due_at{};  // retry
    int position = 0;  // retry: the number to dial
    std::string
        reason;  // a stable word: why done (reached, max_attempts, ...), or what is waited for (busy, no_answer, ...)
    bool charged = true;    // the attempt uses up the person's budget
    bool callback = false;  // retry: at the time that the person chose

    bool operator==(const NextStep&) const = default;
};

/// An attempt's end: written once, together with the contact's next step.
struct Settlement {
    AttemptId attempt;
    CampaignId campaign;
    ContactId contact;
    CallFacts facts;
    UtcTime settled_at;  // ended_at of the row where the facts have none
    Disposition disposition;
    std::string message;  // refusal text and the like, for the operator
    NextStep next;
};

/// The facts of a live attempt so far, for the reports; the last one wins.
struct Progress {
    AttemptId attempt;
    CallFacts facts;
};

/// A campaign as the database knows it.
struct CampaignRecord {
    CampaignId id;
    std::string name;
    std::string list;
    CampaignState state = CampaignState::draft;
};

}  // namespace outdial
