#include "store/contact_orders.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <vector>

namespace outdial::store {

namespace {

// Of a campaign that once had an order, and whose file now says none.
const ContactOrder order_of_list{};

std::vector<ContactId> ids_in(Rows rows) {
    std::vector<ContactId> ids;
    while (rows.next()) ids.push_back(ContactId{rows.integer(0)});
    return ids;
}

}  // namespace

/// One claim's share of the work.
struct ContactOrders::Batch {
    CampaignId campaign;
    ListId list;
    const ContactOrder& order;
    CallQueue& queue;
    std::size_t left = max_put_in_order_per_claim;
    std::set<PlaceId> changed{};  // who comes first there may be another one now
};

bool ContactOrders::keep(CampaignId campaign, const Campaigns::Progress& progress, const SharedContactOrder& order,
                         CallQueue& queue) {
    if (!order && progress.contact_order.empty()) return true;
    Batch batch{.campaign = campaign, .list = progress.list, .order = order ? *order : order_of_list, .queue = queue};
    if (batch.order.specification() != progress.contact_order) begin(batch);
    CallQueue::Ordering& ordering = queue.ordering();
    if (!ordering.on) {
        ordering.on = true;
        ordering.unordered = queue.places();
        batch.changed = ordering.unordered;
    }
    order_again(batch);
    while (batch.left > 0 && !ordering.unordered.empty()) order_place(batch, *ordering.unordered.begin());
    for (const PlaceId place : batch.changed) queue.look_again(place);
    return ordering.unordered.empty() && batch.left > 0;
}

// Counted once, because counting ten million contacts takes a second.
std::string ContactOrders::progress_of(CampaignId campaign, CallQueue& queue) {
    CallQueue::Ordering& ordering = queue.ordering();
    if (ordering.total == 0) {
        Rows rows = count_.rows(campaign);
        if (rows.next()) {
            ordering.total = rows.integer(0);
            ordering.done = rows.integer(1);
        }
    }
    return fmt::format("its contacts are being put in order: {} of {}", std::min(ordering.done, ordering.total),
                       ordering.total);
}

// Its rows of an earlier order stay until their contacts come up, so that beginning costs nothing, however many they
// are; nobody goes by them meanwhile.
void ContactOrders::begin(Batch& batch) {
    begin_.run(batch.campaign, batch.order.specification());
    begin_places_.run(batch.campaign);
    batch.queue.ordering() = {};
}

void ContactOrders::order_again(Batch& batch) {
    const std::vector<ContactId> ids = ids_in(again_.rows(batch.campaign, static_cast<std::int64_t>(batch.left)));
    for (const ContactId id : ids) {
        PlaceId place = not_looked_up;
        {
            Rows rows = place_of_.rows(id);
            if (rows.next()) place = PlaceId{rows.integer(0)};
        }
        if (const auto contact = contacts_.load(id)) put_in_order(batch, *contact, place);
        ordered_again_.run(batch.campaign, id);
    }
    batch.left -= ids.size();
}

void ContactOrders::order_place(Batch& batch, PlaceId place) {
    ContactId through;
    {
        Rows rows = through_.rows(batch.campaign, place);
        if (rows.next()) through = ContactId{rows.integer(0)};
    }
    const std::vector<ContactId> ids =
        ids_in(next_.rows(batch.list, place, through, static_cast<std::int64_t>(batch.left)));
    for (const ContactId id : ids) {
        if (const auto contact = contacts_.load(id)) put_in_order(batch, *contact, place);
    }
    if (!ids.empty()) set_through_.run(batch.campaign, place, ids.back());
    if (ids.size() < batch.left) batch.queue.ordering().unordered.erase(place);
    batch.left -= ids.size();
    batch.queue.ordering().done += static_cast<std::int64_t>(ids.size());
}

ContactOrders::Standing ContactOrders::standing_of(CampaignId campaign, ContactId contact) {
    Rows row = row_.rows(campaign, contact);
    if (!row.next()) return {};
    const bool left_out = row.text(0) == "done" && row.text(1) == "filtered";
    const bool waits = row.text(0) == "pending" && row.integer(4) == 0;  // a promise is kept whatever the filter says
    const bool called = row.integer(2) > 0;
    return {left_out ? (called ? Standing::Kind::left_out : Standing::Kind::left_out_fresh)
                     : (waits ? Standing::Kind::waits : Standing::Kind::settled),
            PlaceId{row.integer(3)}};
}

void ContactOrders::put_in_order(Batch& batch, const Contact& contact, PlaceId place) {
    const bool takes = batch.order.takes(contact);
    const Standing standing = standing_of(batch.campaign, contact.id);
    switch (standing.kind) {
        case Standing::Kind::settled: return;  // of a call that is up, the claim after it looks again
        case Standing::Kind::waits:
            if (takes) return;
            leave_out_.run(batch.campaign, contact.id);
            batch.changed.insert(standing.place);
            return;
        case Standing::Kind::left_out:
            if (!takes) return;
            take_back_.run(batch.campaign, contact.id);
            batch.changed.insert(standing.place);
            return;
        case Standing::Kind::left_out_fresh:
            if (!takes) return;
            remove_row_.run(batch.campaign, contact.id);
            break;
        case Standing::Kind::fresh:
            if (takes) break;
            remove_.run(batch.campaign, contact.id);
            leave_out_fresh_.run(batch.campaign, contact.id, place);
            batch.changed.insert(place);
            return;
    }
    const OrderKey key = batch.order.key_of(contact.id, contact.attributes);
    put_.run(batch.campaign, contact.id, place, key.priority, Blob{key.rank});
    batch.changed.insert(place);
}

}  // namespace outdial::store
