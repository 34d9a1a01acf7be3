// In which order the contacts of a campaign are dialed: callbacks whose time has come, due retries, of both the oldest
// first, then contacts never taken, in the order of the list or in the campaign's own; of all only those in places
// where it is time to call.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "core/calling_windows.hpp"
#include "core/contact_order.hpp"
#include "store/places.hpp"
#include "store/statement.hpp"

namespace outdial::store {

/// The statements of all queues.
struct CallQueueStatements {
    explicit CallQueueStatements(Database& connection) : database(connection) {}

    Database& database;
    Statement place{database, "SELECT taken_through FROM campaign_place WHERE campaign_id = ?1 AND place_id = ?2"};
    Statement due{database,
                  "SELECT due_at, contact_id FROM campaign_contact INDEXED BY campaign_contact_due "
                  "WHERE campaign_id = ?1 AND place_id = ?2 AND state = 'pending' ORDER BY due_at, contact_id LIMIT 1"};
    Statement promised{database,
                       "SELECT due_at, contact_id FROM campaign_contact INDEXED BY campaign_contact_promised "
                       "WHERE campaign_id = ?1 AND place_id = ?2 AND state = 'pending' AND callback_id IS NOT NULL "
                       "ORDER BY due_at, contact_id LIMIT 1"};
    Statement fresh{database,
                    "SELECT contact_id FROM contact INDEXED BY contact_by_place "
                    "WHERE list_id = ?1 AND place_id = ?2 AND contact_id > ?3 ORDER BY contact_id LIMIT 1"};
    Statement first{database,
                    "SELECT contact_id, priority, rank FROM campaign_order INDEXED BY campaign_order_first "
                    "WHERE campaign_id = ?1 AND place_id = ?2 ORDER BY priority DESC, rank, contact_id LIMIT 1"};
    Statement set_taken{database,
                        "INSERT INTO campaign_place (campaign_id, place_id, taken_through) VALUES (?1, ?2, ?3) "
                        "ON CONFLICT DO UPDATE SET taken_through = excluded.taken_through"};
    Statement set_hours{database,
                        "INSERT INTO campaign_place (campaign_id, place_id, hours, opens_at, calls_until, closes_at) "
                        "VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO UPDATE SET hours = excluded.hours, "
                        "opens_at = excluded.opens_at, calls_until = excluded.calls_until, "
                        "closes_at = excluded.closes_at"};
};

/// The queue of one campaign. All of it is in the database; here is remembered who comes first in each place, which
/// costs a look-up each time that it changes. To be made anew after a rollback.
class CallQueue {
public:
    struct Next {
        ContactId contact;
        PlaceId place;
        bool fresh = false;  // without a row in campaign_contact
    };

    CallQueue(CallQueueStatements& statements, Places& places, CampaignId campaign, ListId list,
              ContactId taken_through);

    [[nodiscard]] ListId list() const { return list_; }

    /// The rules from now on. Fails where no geography is known and there are rules.
    [[nodiscard]] Result<void> keep_to(const SharedCallingRules& rules, Milliseconds ring_timeout);
    /// Who is to be called at that time. Stays the same until took().
    [[nodiscard]] std::optional<Next> next(UtcTime at);
    /// Their row has been written: pending again, in a call or done.
    void took(const Next& next);
    /// A contact waits from now on, until `due_at`.
    void expect(PlaceId place, UtcTime due_at, ContactId contact);
    /// The list has new contacts there.
    void expect_fresh(PlaceId place);
    /// Who comes first there has changed otherwise.
    void look_again(PlaceId place);
    [[nodiscard]] std::set<PlaceId> places() const;

    /// Of a campaign that takes contacts in an order of its own: how far ContactOrders has come with putting them in
    /// it.
    struct Ordering {
        bool on = false;
        std::set<PlaceId> unordered{};  // contacts there may be left to be put in order
        std::int64_t total = 0;         // contacts of the list; 0: not counted
        std::int64_t done = 0;
    };
    [[nodiscard]] Ordering& ordering() { return ordering_; }
    /// When calls to the place may leave.
    [[nodiscard]] const CallingWindow& window(PlaceId place, UtcTime at);
    /// Writes how far the contacts were taken.
    void store_progress();
    /// Looks up all hours that say nothing of `at` any more, and writes what has changed.
    void look_up_hours(UtcTime at);

    struct Outlook {
        std::optional<UtcTime> next_at;  // the earliest time at which anybody may be called; nothing if nobody ever
        bool by_hours = false;           // not a retry but the opening of a place comes first then
    };
    [[nodiscard]] Outlook outlook(UtcTime at);
    /// What the system's data could not tell, for the operator; empty where nothing is wrong.
    [[nodiscard]] const std::string& trouble() const { return trouble_; }

private:
    using Due = std::pair<UtcTime, ContactId>;
    struct AtPlace {
        std::optional<Due> promised;     // the first of the callbacks
        std::optional<Due> due;          // the first of those that wait, callbacks or not
        std::optional<ContactId> fresh;  // the first of those never taken
        OrderKey order;                  // theirs
        ContactId taken_through;
        bool heads_known = false;
        bool hours_known = false;
        bool is_open = false;
        CallingWindow window;
        UtcTime changes_at = UtcTime::max();  // when is_open is to be looked at again
    };

    AtPlace& entry(PlaceId place);
    void learn_heads(PlaceId id, AtPlace& place);
    void line_up(PlaceId id, const AtPlace& place);
    void step_out(PlaceId id, const AtPlace& place);
    void look_up(PlaceId id, AtPlace& place, UtcTime at);
    void write_hours(PlaceId id, const CallingWindow& window);
    void pass(UtcTime at);
    void forget_hours();

    CallQueueStatements& statements_;
    Places& known_places_;
    CampaignId campaign_;
    ListId list_;
    ContactId taken_through_;                  // of a time before places
    std::unique_ptr<CallingWindows> windows_;  // nothing: without rules
    UtcTime at_{};
    std::map<PlaceId, AtPlace> places_;
    std::set<PlaceId> taken_from_;  // since the progress was stored
    std::set<std::pair<UtcTime, PlaceId>> changes_;
    // Of the places that are open alone.
    std::set<std::tuple<UtcTime, ContactId, PlaceId>> promised_;
    std::set<std::tuple<UtcTime, ContactId, PlaceId>> due_;
    std::set<std::tuple<OrderKey, ContactId, PlaceId>> fresh_;
    Ordering ordering_;
    std::string trouble_;
};

/// The queues of all campaigns that were asked for.
class CallQueues {
public:
    CallQueues(Database& database, Places& places) : statements_(database), places_(places) {}

    /// `taken_through` as the campaign's row has it.
    [[nodiscard]] CallQueue& of(CampaignId campaign, ListId list, ContactId taken_through);
    /// Nothing where the campaign's was not asked for yet.
    [[nodiscard]] CallQueue* find(CampaignId campaign);
    /// The list has new contacts there.
    void expect_fresh(ListId list, PlaceId place);
    void drop(CampaignId campaign) { queues_.erase(campaign); }

private:
    void forget_what_was_changed();

    CallQueueStatements statements_;
    Places& places_;
    std::uint64_t rollbacks_ = 0;
    std::int64_t data_version_ = 0;
    std::map<CampaignId, CallQueue> queues_;
    Statement data_version_of_{statements_.database, "SELECT data_version FROM pragma_data_version"};
};

}  // namespace outdial::store
