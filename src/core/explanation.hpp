// Why somebody is not being called, rule by rule, and when they may be.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/attempt.hpp"

namespace outdial {

/// One rule's verdict on a contact.
struct RuleVerdict {
    std::string rule;  // a stable word: campaign, contact, retry, attempts, do_not_call, calling_hours, filter, order
    bool permits = true;           // a call now
    std::optional<UtcTime> until;  // it does not: from then on it does; nothing: not by itself
    std::string text;              // for people: "busy: not before its retry is due"
};

/// What the claim of one campaign would make of one contact. What the campaign lacks besides (channels, servers) is not
/// in it.
struct Explanation {
    CampaignId campaign;
    std::string campaign_name;
    std::string list;
    ContactId contact;
    std::string external_id;
    std::string number;  // whose turn it is; empty where the contact has none
    std::vector<RuleVerdict> rules;
    std::optional<UtcTime>
        next_at;  // when a call may be made at the earliest; nothing: not before somebody changes something
};

}  // namespace outdial
