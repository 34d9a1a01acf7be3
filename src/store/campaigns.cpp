#include "store/campaigns.hpp"

#include <fmt/core.h>

namespace outdial::store {

namespace {

// The CHECK of the table lets no other word in.
CampaignState state_from(std::string_view text) { return campaign_state_from(text).value_or(CampaignState::draft); }

}  // namespace

ListId Campaigns::list(std::string_view name) {
    {
        Rows found = find_list_.rows(name);
        if (found.next()) return ListId{found.integer(0)};
    }
    Rows inserted = insert_list_.rows(name);
    return inserted.next() ? ListId{inserted.integer(0)} : ListId{};
}

CampaignRecord Campaigns::register_one(const CampaignListing& listing) {
    CampaignRecord record;
    record.name = listing.name;
    record.list = listing.list;
    std::string known_list;
    bool taken = false;
    {
        Rows found = find_.rows(listing.name);
        if (found.next()) {
            record.id = CampaignId{found.integer(0)};
            known_list = found.text(1);
            record.state = state_from(found.text(2));
            taken = found.integer(3) != 0;
        }
    }
    if (known_list == listing.list) return record;
    if (known_list.empty()) {
        Rows inserted = insert_.rows(listing.name, list(listing.list));
        if (inserted.next()) record.id = CampaignId{inserted.integer(0)};
    } else if (taken) {
        database_.refuse(
            fmt::format("campaign {}: it has already dialed contacts of the list '{}', and their outcomes "
                        "belong to that list; to dial '{}', give the campaign a new name",
                        listing.name, known_list, listing.list));
    } else {
        move_.run(record.id, list(listing.list));
        forget_order_.run(record.id);  // of the other list's contacts
        forget_order_again_.run(record.id);
    }
    return record;
}

std::vector<CampaignRecord> Campaigns::all() {
    std::vector<CampaignRecord> records;
    Rows rows = all_.rows();
    while (rows.next()) {
        records.push_back({CampaignId{rows.integer(0)}, std::string{rows.text(1)}, std::string{rows.text(2)},
                           state_from(rows.text(3))});
    }
    return records;
}

void Campaigns::set_state(CampaignId id, CampaignState state, UtcTime at) {
    if (set_state_.run(id, to_text(state), at) == 0) {
        database_.refuse(fmt::format("campaign number {} is not in the database", id.value));
    }
}

std::optional<Campaigns::Progress> Campaigns::progress_of(CampaignId id) {
    Rows rows = progress_.rows(id);
    if (!rows.next()) return std::nullopt;
    return Progress{ListId{rows.integer(0)}, state_from(rows.text(1)), std::string{rows.text(2)},
                    ContactId{rows.integer(3)}, std::string{rows.text(4)}};
}

}  // namespace outdial::store
