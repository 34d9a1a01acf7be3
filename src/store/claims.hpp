#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "core/attempt.hpp"
#include "store/attempts.hpp"
#include "store/audit.hpp"
#include "store/call_queue.hpp"
#include "store/callbacks.hpp"
#include "store/campaigns.hpp"
#include "store/contact_limits.hpp"
#include "store/contact_orders.hpp"
#include "store/contacts.hpp"
#include "store/do_not_call.hpp"
#include "store/statement.hpp"

namespace outdial::store {

/// A contact whose person or number is in another live attempt is left alone for so long.
inline constexpr Milliseconds number_in_call_delay{30'000};
/// Whose hours the reports are to show.
struct HoursRequest {
    CampaignId campaign;
    SharedCallingRules calling{};
    Milliseconds ring_timeout{};
    UtcTime at{};
};

/// Contacts that one claim may find undialable, beside those it takes, before it gives up until the next claim.
inline constexpr std::size_t max_passed_over_per_claim = 128;

/// Which contact is dialed next, and what an ended attempt makes of it. All members run inside the caller's Scope.
class Claims {
public:
    Claims(Database& database, Campaigns& campaigns, Contacts& contacts, Attempts& attempts, DoNotCall& do_not_call,
           ContactLimits& contact_limits, Places& places, Callbacks& callbacks, Audit& audit);

    /// Callbacks first, then due retries, of both the oldest first; then contacts never taken, in the order of the list
    /// or in the campaign's own. Only where it is time.
    [[nodiscard]] ClaimResult claim(const ClaimRequest& request);
    [[nodiscard]] SettleOutcome settle(const Settlement& settlement);
    /// A list has new contacts at a place.
    void expect_fresh(ListId list, PlaceId place) { queues_.expect_fresh(list, place); }
    /// Somebody is to be called at a time that was chosen: callbacks.hpp.
    [[nodiscard]] std::optional<CallbackMade> call_back(const CallbackOrder& order, const CampaignRecord& campaign,
                                                        const std::vector<PersonRecord>& people, const Origin& by);
    [[nodiscard]] std::optional<CallbackMade> cancel_callback(const CampaignRecord& campaign,
                                                              const std::vector<PersonRecord>& people,
                                                              const Origin& by);
    /// Tells the reports when the campaign may call, by these rules.
    void look_up_hours(const HoursRequest& request);

private:
    struct Candidate {
        ContactId contact;
        int position = 0;
        int attempts = 0;
        int charged = 0;
        bool fresh = false;  // without a row in campaign_contact
        PlaceId place;       // by which it came up
        std::optional<Callbacks::Open> callback{};
    };
    struct Take;
    /// What is to be dialed of a contact.
    struct Choice {
        int position = 0;
        PlaceId place;
        CallingWindow window;
    };

    [[nodiscard]] CallQueue* open_queue(CampaignId campaign, const std::optional<Campaigns::Progress>& progress);
    [[nodiscard]] std::optional<Candidate> candidate_of(CampaignId campaign, const CallQueue::Next& next);
    void take_in_turn(Take& take);
    void take_one(Take& take, const Candidate& candidate);
    /// The number whose turn it is, or else the next one that may be called; nothing where none may, and the contact is
    /// put aside.
    [[nodiscard]] std::optional<int> permitted_position(Take& take, const Candidate& candidate, const Contact& contact);
    /// Nothing where it is not the time to call that number, and the contact is put where it belongs.
    [[nodiscard]] std::optional<Choice> within_hours(Take& take, const Candidate& candidate, const Contact& contact,
                                                     int position);
    /// Why the number must not be called now, and until when.
    struct Hindrance {
        std::string reason;  // empty: it may be called
        UtcTime until{};     // UtcTime::max(): for good
    };
    [[nodiscard]] Hindrance hindrance_of(Take& take, const Contact& contact, int position);
    [[nodiscard]] PlaceId place_of(const Contact& contact, int position);
    void forbid_person(const Settlement& settlement);
    /// What the end of a call makes of its contact's callback: who waits for one has no other next step.
    [[nodiscard]] NextStep after_callback(const Settlement& settlement);
    [[nodiscard]] std::optional<CallbackMade> look_again(CampaignId campaign, std::optional<Callbacks::Moved> moved);
    /// Where a contact stands from now on.
    struct Step {
        std::string_view state;
        UtcTime due_at;
        std::string_view reason{};
        int position = 0;
        PlaceId place;
    };
    void put(Take& take, const Candidate& candidate, const Step& step);
    void put_aside(Take& take, const Candidate& candidate, std::string_view state, UtcTime due_at,
                   std::string_view reason);
    void prove(const Take& take, const Candidate& candidate, const Claim& claim, const Choice& choice,
               const NumberSalt& salt);
    void look_ahead(Take& take);

    Database& database_;
    Campaigns& campaigns_;
    Contacts& contacts_;
    Attempts& attempts_;
    DoNotCall& do_not_call_;
    ContactLimits& contact_limits_;
    Places& places_;
    Callbacks& callbacks_;
    Audit& audit_;
    CallQueues queues_;
    ContactOrders orders_;
    Statement row_;
    Statement exists_;
    Statement put_fresh_;
    Statement put_;
    Statement any_in_call_;
    Statement place_of_number_;
    Statement settle_;
};

}  // namespace outdial::store
