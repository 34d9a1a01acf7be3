#pragma once

#include <string>
#include <vector>

#include "config/fields.hpp"
#include "core/campaign.hpp"

namespace outdial::config {

inline constexpr std::size_t max_packs_of_campaign = 32;
inline constexpr std::size_t max_overrides = 100;

/// The rule packs that there are.
struct RulePacks {
    std::string folder;  // for messages
    std::vector<RulePack> packs;
};

/// `compliance` and `override` of a campaign: adds the packs' rules to what the rest of its file says, and refuses what
/// they do not permit. To be called last. Every override is warned of, so that it is in the log.
void read_compliance(const Fields& campaign_file, const RulePacks& packs, Campaign& campaign, Problems& problems);

}  // namespace outdial::config
