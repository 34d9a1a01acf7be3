#include "daemon/earlier_run.hpp"

#include <algorithm>

#include "daemon/version.hpp"

namespace outdial::daemon {

namespace {

// A clock that NTP set back a little at boot is no wrong clock.
constexpr auto clock_tolerance = std::chrono::seconds{60};

Result<std::vector<std::string>> pause_campaigns_without_file(store::Store& store, const Site& site, UtcTime now) {
    const auto known = store.campaigns();
    if (!known) return tl::unexpected(known.error());
    std::vector<std::string> paused;
    for (const CampaignRecord& record : *known) {
        const bool has_file = std::ranges::find(site.campaigns, record.name, &Campaign::name) != site.campaigns.end();
        if (has_file || record.state != CampaignState::running) continue;
        if (auto set = store.set_campaign_state(record.id, CampaignState::paused, now, "its file is gone"); !set) {
            return tl::unexpected(set.error());
        }
        paused.push_back(record.name);
    }
    return paused;
}

}  // namespace

std::vector<store::CampaignListing> listings_of(const Site& site) {
    std::vector<store::CampaignListing> listings;
    for (const Campaign& campaign : site.campaigns) listings.push_back({.name = campaign.name, .list = campaign.list});
    return listings;
}

Result<EarlierRun> take_up(store::Store& store, const Site& site, UtcTime now, bool trust_clock) {
    auto records = store.register_campaigns(listings_of(site));
    if (!records) return tl::unexpected(records.error());
    auto paused = pause_campaigns_without_file(store, site, now);
    if (!paused) return tl::unexpected(paused.error());
    auto left = store.live_attempts();
    if (!left) return tl::unexpected(left.error());
    const auto last_claim = store.last_claimed_at();
    if (!last_claim) return tl::unexpected(last_claim.error());
    const UtcTime newest = last_claim->value_or(UtcTime{}) - clock_tolerance;
    return EarlierRun{.records = std::move(*records),
                      .paused = std::move(*paused),
                      .found = {.claims = std::move(*left),
                                .not_earlier_than = trust_clock ? UtcTime{} : std::max(newest, released),
                                .dialed_before = last_claim->has_value()}};
}

}  // namespace outdial::daemon
