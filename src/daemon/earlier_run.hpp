#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "core/engine.hpp"
#include "store/store.hpp"

namespace outdial::daemon {

/// What the database holds of earlier runs, as a start gives it to the engine.
struct EarlierRun {
    std::vector<CampaignRecord> records;
    std::vector<std::string> paused;  // campaigns that ran, and have no file any more
    AttemptsFound found;
};

/// Registers the site's campaigns, pauses those whose file is gone (as the engine does at a reload), and reads the
/// attempts without an end. Before the store's thread has the store.
[[nodiscard]] Result<EarlierRun> take_up(store::Store& store, const Site& site, UtcTime now, bool trust_clock);

[[nodiscard]] std::vector<store::CampaignListing> listings_of(const Site& site);

}  // namespace outdial::daemon
