// Calls at a time that somebody chose: the person in an earlier call, or an operator for them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/attempt.hpp"
#include "store/audit.hpp"
#include "store/campaigns.hpp"
#include "store/contacts.hpp"
#include "store/forgetting.hpp"
#include "store/places.hpp"
#include "store/statement.hpp"

namespace outdial::store {

using CallbackId = RowId<struct CallbackTag>;

/// What an operator orders.
struct CallbackOrder {
    CampaignId campaign;
    PersonKey person;
    std::string at;         // as callback_time() reads it
    std::string otherwise;  // the zone that is meant where the person's is not clear; empty: refused then
    std::string agent;      // empty: anybody
    std::string note;
};

/// What became of it.
struct CallbackMade {
    ContactId contact;
    std::string number;  // that will be called
    UtcTime at;
    bool replaced = false;  // another one of the same contact
    bool in_call = false;   // they are in a call now
    CampaignState campaign{};
};

inline constexpr std::size_t max_callback_note_bytes = 500;

/// The rows of the callbacks, and of their contacts in the campaign. All members run inside the caller's Scope; what is
/// wrong is refused there.
class Callbacks {
public:
    Callbacks(Database& database, Contacts& contacts, Places& places, Audit& audit)
        : database_(database), contacts_(contacts), places_(places), audit_(audit) {}

    /// The one that the contact's next call keeps.
    struct Open {
        CallbackId id;
        UtcTime at;
        std::string agent;
        std::string attempt;  // the call that is to keep it, as text; empty: none yet
    };
    [[nodiscard]] std::optional<Open> open(CampaignId campaign, ContactId contact);

    enum class Outcome { called, replaced, canceled, dropped };
    /// The contact has none any more.
    void end(CallbackId id, Outcome outcome, UtcTime at);
    void begin_call(CallbackId id, const AttemptId& attempt);
    /// The call was not made: the next one keeps it.
    void take_back(CallbackId id);
    /// Chosen in the call that has ended so, which is to replace the one that was open.
    void make(const Settlement& settlement);

    /// Where the contact's row stands now, and where it did before.
    struct Moved {
        CallbackMade made;
        PlaceId from;
        PlaceId to;
    };
    /// Of one of `people`, who are the ones that the order's key means.
    [[nodiscard]] std::optional<Moved> order(const CallbackOrder& order, const CampaignRecord& campaign,
                                             const std::vector<PersonRecord>& people, const Origin& by);
    /// The contact stands again where it did before.
    [[nodiscard]] std::optional<Moved> cancel(const CampaignRecord& campaign, const std::vector<PersonRecord>& people,
                                              const Origin& by);

private:
    struct Row {
        std::string state;
        std::string reason;
        UtcTime due_at;
        int position = 0;
        PlaceId place;
    };
    [[nodiscard]] std::optional<Row> row_of(CampaignId campaign, ContactId contact);
    [[nodiscard]] std::optional<ContactId> one_of(const CampaignRecord& campaign,
                                                  const std::vector<PersonRecord>& people);
    void note(const CampaignRecord& campaign, ContactId contact, const Origin& by, std::string_view what,
              std::optional<UtcTime> at, std::string_view agent);

    Database& database_;
    Contacts& contacts_;
    Places& places_;
    Audit& audit_;
    Statement open_{database_,
                    "SELECT callback_id, at, agent, attempt_id FROM callback "
                    "WHERE campaign_id = ?1 AND contact_id = ?2 AND ended_at IS NULL"};
    Statement insert_{database_,
                      "INSERT INTO callback (campaign_id, contact_id, at, agent, note, made_at, actor, asked_in, "
                      "state_before, reason_before, due_before) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) "
                      "RETURNING callback_id"};
    Statement end_{database_, "UPDATE callback SET outcome = ?2, ended_at = ?3 WHERE callback_id = ?1"};
    Statement unlink_{database_,
                      "UPDATE campaign_contact SET callback_id = NULL WHERE (campaign_id, contact_id) IN "
                      "(SELECT campaign_id, contact_id FROM callback WHERE callback_id = ?1)"};
    Statement set_attempt_{database_, "UPDATE callback SET attempt_id = ?2 WHERE callback_id = ?1"};
    Statement row_{database_,
                   "SELECT state, reason, due_at, position, place_id FROM campaign_contact "
                   "WHERE campaign_id = ?1 AND contact_id = ?2"};
    Statement link_{database_,
                    "UPDATE campaign_contact SET callback_id = ?3 WHERE campaign_id = ?1 AND contact_id = ?2"};
    Statement wait_{database_,
                    "UPDATE campaign_contact SET state = ?3, due_at = ?4, reason = ?5, position = ?6, place_id = ?7 "
                    "WHERE campaign_id = ?1 AND contact_id = ?2"};
    Statement put_{
        database_,
        "INSERT INTO campaign_contact (campaign_id, contact_id, state, due_at, attempts, position, place_id) "
        "VALUES (?1, ?2, 'pending', ?3, 0, ?4, ?5)"};
    Statement take_out_of_order_{database_, "DELETE FROM campaign_order WHERE campaign_id = ?1 AND contact_id = ?2"};
    Statement put_early_{database_,
                         "INSERT INTO campaign_early (campaign_id, place_id, contact_id) "
                         "SELECT ?1, place_id, contact_id FROM contact WHERE contact_id = ?2"};
    Statement order_again_{database_,
                           "INSERT OR IGNORE INTO campaign_order_again (campaign_id, contact_id) "
                           "SELECT campaign_id, ?2 FROM campaign WHERE campaign_id = ?1 AND contact_order IS NOT NULL"};
    Statement before_{database_, "SELECT state_before, reason_before, due_before FROM callback WHERE callback_id = ?1"};
};

}  // namespace outdial::store
