#pragma once

#include "config/node.hpp"
#include "core/site.hpp"

namespace outdial::config {

/// A campaign file as far as it can be understood: of use only if no problem was reported.
struct CampaignFile {
    Campaign campaign;
    Position name_at;
};

/// Without a site (outdial.yaml could not be read) the trunks are not looked up.
[[nodiscard]] CampaignFile read_campaign_file(const Node& root, const Site* site, Problems& problems);

}  // namespace outdial::config
