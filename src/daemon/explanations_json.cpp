#include "daemon/explanations_json.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "daemon/log.hpp"

namespace outdial::daemon {

namespace {

using nlohmann::json;

json instant(const std::optional<UtcTime>& at) { return at ? json(to_unix_ms(*at)) : json(nullptr); }

}  // namespace

json explanations_json(const std::vector<Explanation>& explanations, const EngineStatus& status) {
    json result = json::array();
    for (const Explanation& explanation : explanations) {
        json rules = json::array();
        for (const RuleVerdict& verdict : explanation.rules) {
            rules.push_back({{"rule", verdict.rule},
                             {"permits", verdict.permits},
                             {"until", instant(verdict.until)},
                             {"text", one_line(verdict.text)}});
        }
        const auto campaign = std::ranges::find(status.campaigns, explanation.campaign_name, &CampaignStatus::name);
        result.push_back({{"campaign", explanation.campaign_name},
                          {"list", explanation.list},
                          {"contact_id", explanation.contact.value},
                          {"external_id", explanation.external_id},
                          {"number", explanation.number},
                          {"next_at", instant(explanation.next_at)},
                          {"rules", std::move(rules)},
                          {"campaign_waits_for", campaign == status.campaigns.end() ? "" : campaign->waiting_for}});
    }
    return result;
}

}  // namespace outdial::daemon
