#pragma once

#include "config/compliance_section.hpp"
#include "config/node.hpp"
#include "core/site.hpp"

namespace outdial::config {

/// A campaign file as far as it can be understood: of use only if no problem was reported.
struct CampaignFile {
    Campaign campaign;
    Position name_at;
};

/// Without a site (outdial.yaml could not be read) trunks and rule packs are not looked up.
[[nodiscard]] CampaignFile read_campaign_file(const Node& root, const Site* site, const RulePacks& packs,
                                              Problems& problems);

}  // namespace outdial::config
