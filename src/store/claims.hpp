#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "core/attempt.hpp"
#include "store/attempts.hpp"
#include "store/audit.hpp"
#include "store/campaigns.hpp"
#include "store/contacts.hpp"
#include "store/do_not_call.hpp"
#include "store/statement.hpp"

namespace outdial::store {

/// A contact whose person or number is in another live attempt is left alone for so long.
inline constexpr Milliseconds number_in_call_delay{30'000};
/// Contacts that one claim may find undialable, beside those it takes, before it gives up until the next claim.
inline constexpr std::size_t max_passed_over_per_claim = 256;

/// Which contact is dialed next, and what an ended attempt makes of it. All members run inside the caller's Scope.
class Claims {
public:
    Claims(Database& database, Campaigns& campaigns, Contacts& contacts, Attempts& attempts, DoNotCall& do_not_call,
           Audit& audit);

    /// Due retries first, oldest first; then contacts never taken, in the order of the list.
    [[nodiscard]] ClaimResult claim(const ClaimRequest& request);
    [[nodiscard]] SettleOutcome settle(const Settlement& settlement);

private:
    struct Candidate {
        ContactId contact;
        int position = 0;
        int attempts = 0;
        int charged = 0;
        bool fresh = false;  // without a row in campaign_contact
    };
    struct Take;

    [[nodiscard]] std::vector<Candidate> due(CampaignId campaign, UtcTime at, std::size_t limit);
    void take_due(Take& take);
    void take_fresh(Take& take, const Campaigns::Progress& progress);
    void take_one(Take& take, const Candidate& candidate);
    /// The number whose turn it is, or else the next one that may be called; nothing where none may, and the contact is
    /// put aside.
    [[nodiscard]] std::optional<int> permitted_position(Take& take, const Candidate& candidate, const Contact& contact);
    void forbid_person(const Settlement& settlement);
    void prove(const Take& take, const Candidate& candidate, const Claim& claim, const NumberSalt& salt);
    void put(CampaignId campaign, const Candidate& candidate, const char* state, UtcTime due_at, const char* reason);
    void look_ahead(Take& take);

    Database& database_;
    Campaigns& campaigns_;
    Contacts& contacts_;
    Attempts& attempts_;
    DoNotCall& do_not_call_;
    Audit& audit_;
    Statement due_;
    Statement put_fresh_;
    Statement put_;
    Statement next_due_;
    Statement any_in_call_;
    Statement settle_;
};

}  // namespace outdial::store
