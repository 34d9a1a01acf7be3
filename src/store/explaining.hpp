#pragma once

#include <span>
#include <vector>

#include "core/explanation.hpp"
#include "store/attempts.hpp"
#include "store/callbacks.hpp"
#include "store/campaigns.hpp"
#include "store/contact_limits.hpp"
#include "store/contacts.hpp"
#include "store/do_not_call.hpp"
#include "store/forgetting.hpp"
#include "store/places.hpp"
#include "store/statement.hpp"

namespace outdial::store {

/// Contacts that one question is answered for.
inline constexpr std::size_t max_contacts_explained = 20;

/// Answers what a claim would decide, by the same pieces that decide it. All members run inside the caller's Scope.
class Explaining {
public:
    Explaining(Database& database, Campaigns& campaigns, Contacts& contacts, Attempts& attempts, DoNotCall& do_not_call,
               ContactLimits& contact_limits, Places& places, Callbacks& callbacks)
        : database_(database),
          campaigns_(campaigns),
          contacts_(contacts),
          attempts_(attempts),
          do_not_call_(do_not_call),
          contact_limits_(contact_limits),
          places_(places),
          callbacks_(callbacks) {}

    /// Of each of the campaigns (claims without slots are their rules) whose list has one of the contacts.
    [[nodiscard]] std::vector<Explanation> explain(std::span<const PersonRecord> people,
                                                   std::span<const ClaimRequest> campaigns);

private:
    struct Row {
        std::string state = "pending";
        std::string reason;
        UtcTime due_at{};
        int position = 0;
        int attempts = 0;
        int charged = 0;
        std::optional<Callbacks::Open> callback{};
    };
    class Case;

    [[nodiscard]] Row row_of(CampaignId campaign, ContactId contact);
    [[nodiscard]] Explanation explain_one(const PersonRecord& person, const ClaimRequest& rules,
                                          const CampaignRecord& campaign);

    Database& database_;
    Campaigns& campaigns_;
    Contacts& contacts_;
    Attempts& attempts_;
    DoNotCall& do_not_call_;
    ContactLimits& contact_limits_;
    Places& places_;
    Callbacks& callbacks_;
    Statement row_{database_,
                   "SELECT state, reason, due_at, position, attempts, charged FROM campaign_contact "
                   "WHERE campaign_id = ?1 AND contact_id = ?2"};
    Statement number_in_call_{database_, "SELECT 1 FROM attempt WHERE number = ?1 AND ended_at IS NULL"};
};

}  // namespace outdial::store
