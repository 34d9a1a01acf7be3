// What the daemon's answer to "status" looks like to people. Pure: JSON in, text out; what is missing in the answer is
// shown as nothing, so that a newer or older daemon can be looked at too.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "cli/table.hpp"
#include "cli/terminal.hpp"

namespace outdial::cli {

/// The campaign of that name in the status, or null.
[[nodiscard]] const nlohmann::json* find_campaign(const nlohmann::json& status, std::string_view name);
[[nodiscard]] std::vector<std::string> campaign_names(const nlohmann::json& status);
[[nodiscard]] bool is_finished(const nlohmann::json& campaign);

/// Everything; with a name, that campaign and what concerns all.
[[nodiscard]] std::string status_text(const nlohmann::json& status, std::string_view name, const Style& style);
/// One line for each campaign, for output that is not a terminal.
[[nodiscard]] std::string progress_lines(const nlohmann::json& status, std::string_view name);

/// Campaigns as `status` and `campaign list` show them; `ready` and the like are counts of contacts.
class CampaignTable {
public:
    CampaignTable();
    void add(const nlohmann::json& campaign);
    [[nodiscard]] std::string text(const Style& style) const { return table_.text(style); }
    [[nodiscard]] bool empty() const { return table_.empty(); }

private:
    Table table_;
};

}  // namespace outdial::cli
