#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/attempt.hpp"
#include "store/statement.hpp"

namespace outdial::store {

/// A campaign of the configuration.
struct CampaignListing {
    std::string name;
    std::string list;
};

/// Campaigns and call lists. All members run inside the caller's Scope.
class Campaigns {
public:
    explicit Campaigns(Database& database) : database_(database) {}

    struct Progress {
        ListId list;
        CampaignState state = CampaignState::draft;
        std::string name;
        ContactId taken_through;      // up to it all contacts were taken before places were kept
        std::string contact_order{};  // by which its contacts were put in order; empty: it never had one
    };

    /// Creates what is missing. A campaign that has taken contacts stays with its list.
    [[nodiscard]] CampaignRecord register_one(const CampaignListing& listing);
    [[nodiscard]] std::vector<CampaignRecord> all();
    void set_state(CampaignId id, CampaignState state, UtcTime at);
    [[nodiscard]] std::optional<Progress> progress_of(CampaignId id);
    /// The list of that name, created when missing.
    [[nodiscard]] ListId list(std::string_view name);

private:
    Database& database_;
    Statement find_list_{database_, "SELECT list_id FROM call_list WHERE name = ?1"};
    Statement insert_list_{database_, "INSERT INTO call_list (name) VALUES (?1) RETURNING list_id"};
    Statement find_{database_,
                    "SELECT ca.campaign_id, l.name, ca.state, "
                    "EXISTS (SELECT 1 FROM campaign_contact AS cc WHERE cc.campaign_id = ca.campaign_id) "
                    "FROM campaign AS ca JOIN call_list AS l ON l.list_id = ca.list_id WHERE ca.name = ?1"};
    Statement insert_{database_, "INSERT INTO campaign (name, list_id) VALUES (?1, ?2) RETURNING campaign_id"};
    Statement move_{database_, "UPDATE campaign SET list_id = ?2, contact_order = NULL WHERE campaign_id = ?1"};
    Statement forget_order_{database_, "DELETE FROM campaign_order WHERE campaign_id = ?1"};
    Statement forget_order_again_{database_, "DELETE FROM campaign_order_again WHERE campaign_id = ?1"};
    Statement all_{database_,
                   "SELECT ca.campaign_id, ca.name, l.name, ca.state FROM campaign AS ca "
                   "JOIN call_list AS l ON l.list_id = ca.list_id ORDER BY ca.campaign_id"};
    Statement set_state_{database_, "UPDATE campaign SET state = ?2, state_changed_at = ?3 WHERE campaign_id = ?1"};
    Statement progress_{database_,
                        "SELECT list_id, state, name, taken_through, coalesce(contact_order, '') FROM campaign "
                        "WHERE campaign_id = ?1"};
};

}  // namespace outdial::store
