// Puts the contacts of a campaign in its order before any of them is taken: schema/008_contact_order.sql.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>

#include "core/contact_order.hpp"
#include "store/call_queue.hpp"
#include "store/campaigns.hpp"
#include "store/contacts.hpp"
#include "store/statement.hpp"

namespace outdial::store {

/// Contacts put in order by one claim; other campaigns' claims wait for so many.
inline constexpr std::size_t max_put_in_order_per_claim = 5000;

/// All members run inside the caller's Scope. What one claim has done and how far it has come is one transaction with
/// it, so that a crash between two claims leaves nothing undone or half done.
class ContactOrders {
public:
    ContactOrders(Database& database, Contacts& contacts) : database_(database), contacts_(contacts) {}

    /// Has the queue go by the order from now on. False where contacts are left to be put in order: then nobody may be
    /// taken, or they would be taken out of order.
    [[nodiscard]] bool keep(CampaignId campaign, const Campaigns::Progress& progress, const SharedContactOrder& order,
                            CallQueue& queue);
    /// What keep() has left to do, for people.
    [[nodiscard]] std::string progress_of(CampaignId campaign, CallQueue& queue);
    /// It gets a row in campaign_contact.
    void took(CampaignId campaign, ContactId contact) { remove_.run(campaign, contact); }

private:
    struct Batch;
    /// What the campaign has made of a contact so far.
    struct Standing {
        enum class Kind : std::uint8_t { fresh, left_out_fresh, left_out, waits, settled };
        Kind kind = Kind::fresh;
        PlaceId place;
    };

    [[nodiscard]] Standing standing_of(CampaignId campaign, ContactId contact);
    void begin(Batch& batch);
    void order_again(Batch& batch);
    void order_place(Batch& batch, PlaceId place);
    void put_in_order(Batch& batch, const Contact& contact, PlaceId place);

    Database& database_;
    Contacts& contacts_;
    Statement begin_{database_, "UPDATE campaign SET contact_order = ?2 WHERE campaign_id = ?1"};
    Statement begin_places_{database_, "UPDATE campaign_place SET ordered_through = 0 WHERE campaign_id = ?1"};
    Statement through_{database_,
                       "SELECT ordered_through FROM campaign_place WHERE campaign_id = ?1 AND place_id = ?2"};
    Statement set_through_{database_,
                           "INSERT INTO campaign_place (campaign_id, place_id, ordered_through) VALUES (?1, ?2, ?3) "
                           "ON CONFLICT DO UPDATE SET ordered_through = excluded.ordered_through"};
    Statement next_{database_,
                    "SELECT contact_id FROM contact INDEXED BY contact_by_place "
                    "WHERE list_id = ?1 AND place_id = ?2 AND contact_id > ?3 ORDER BY contact_id LIMIT ?4"};
    Statement count_{
        database_,
        "SELECT count(*), count(*) FILTER (WHERE c.contact_id <= coalesce(p.ordered_through, 0)) "
        "FROM campaign AS ca JOIN list_place AS l ON l.list_id = ca.list_id "
        "JOIN contact AS c INDEXED BY contact_by_place ON c.list_id = l.list_id AND c.place_id = l.place_id "
        "LEFT JOIN campaign_place AS p ON p.campaign_id = ca.campaign_id AND p.place_id = l.place_id "
        "WHERE ca.campaign_id = ?1"};
    Statement again_{database_, "SELECT contact_id FROM campaign_order_again WHERE campaign_id = ?1 LIMIT ?2"};
    Statement place_of_{database_, "SELECT place_id FROM contact WHERE contact_id = ?1"};
    Statement ordered_again_{database_, "DELETE FROM campaign_order_again WHERE campaign_id = ?1 AND contact_id = ?2"};
    Statement row_{
        database_,
        "SELECT state, coalesce(reason, ''), attempts, place_id, callback_id IS NOT NULL FROM campaign_contact "
        "WHERE campaign_id = ?1 AND contact_id = ?2"};
    Statement put_{database_,
                   "INSERT INTO campaign_order (campaign_id, contact_id, place_id, priority, rank) "
                   "VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE SET place_id = excluded.place_id, "
                   "priority = excluded.priority, rank = excluded.rank"};
    Statement remove_{database_, "DELETE FROM campaign_order WHERE campaign_id = ?1 AND contact_id = ?2"};
    Statement leave_out_fresh_{database_,
                               "INSERT INTO campaign_contact (campaign_id, contact_id, state, reason, place_id) "
                               "VALUES (?1, ?2, 'done', 'filtered', ?3)"};
    Statement leave_out_{database_,
                         "UPDATE campaign_contact SET state = 'done', reason = 'filtered' "
                         "WHERE campaign_id = ?1 AND contact_id = ?2"};
    Statement remove_row_{database_, "DELETE FROM campaign_contact WHERE campaign_id = ?1 AND contact_id = ?2"};
    Statement take_back_{database_,
                         "UPDATE campaign_contact SET state = 'pending', reason = NULL "
                         "WHERE campaign_id = ?1 AND contact_id = ?2"};
};

}  // namespace outdial::store
