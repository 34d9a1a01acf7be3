#include "config/campaign_file.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "config/calling_hours_section.hpp"
#include "config/contact_order_section.hpp"
#include "config/destination.hpp"
#include "config/limits_section.hpp"
#include "config/retry_section.hpp"
#include "config/rules.hpp"
#include "config/suggest.hpp"
#include "core/originate_order.hpp"

namespace outdial::config {

namespace {

constexpr std::size_t max_trunks_of_campaign = 64;
constexpr std::size_t max_variables = 50;
constexpr std::size_t max_variable_name_bytes = 79;
constexpr std::size_t max_variable_bytes = 500;
constexpr std::size_t max_caller_name_bytes = 79;  // Asterisk cuts it there
constexpr DurationRange ring_timeouts{std::chrono::seconds{1}, std::chrono::seconds{180}};
constexpr IntegerRange weights{1, 1000};
constexpr std::size_t max_do_not_call_lists = 16;
constexpr DurationRange copy_ages{std::chrono::days{1}, std::chrono::days{366}};

/// CallerID is written `"Name" <number>`, and Asterisk splits it at these.
bool is_caller_name(std::string_view text) { return text.find_first_of("\"<>\\") == std::string_view::npos; }

bool is_variable_name(std::string_view text) {
    return !text.empty() && text.size() <= max_variable_name_bytes && only_alphanumeric_or(text, "_") &&
           !(text.front() >= '0' && text.front() <= '9');
}

bool is_word(std::string_view text) { return only_alphanumeric_or(text, "_-"); }

const TextRule caller_name_rule{max_caller_name_bytes, "a name without \" < > and \\", is_caller_name};
const TextRule variable_rule{max_variable_bytes, "text, with placeholders such as \"{contact.name}\""};
const TextRule mode_rule{32, "a pacing mode; available in this version: rate", is_word};

class CampaignReader {
public:
    CampaignReader(const Site* site, const RulePacks& packs, Problems& problems)
        : site_(site), packs_(packs), problems_(problems) {}

    CampaignFile read(const Node& root) {
        const Fields top = Value{&root, "the campaign", problems_}.fields(
            {"name", "list", "trunks", "caller_id", "ring_timeout", "on_answer", "variables", "pacing", "retry",
             "weight", "do_not_call", "limits", "compliance", "override", "calling_hours", "order", "priority",
             "where"});
        CampaignFile file;
        Campaign& campaign = file.campaign;
        const Value name = top.required("name");
        campaign.name = name.text(name_rule).value_or("");
        if (name.present()) file.name_at = name.at();
        campaign.list = top.required("list").text(name_rule).value_or("");
        const Value trunks = top.required("trunks");
        for (const Value& item : trunks.items(max_trunks_of_campaign)) read_trunk(item, campaign);
        const Value caller_id = top.optional("caller_id");
        const bool shows_number = read_caller_id(caller_id, campaign);
        campaign.ring_timeout = top.optional("ring_timeout").duration(ring_timeouts).value_or(campaign.ring_timeout);
        if (const Value on_answer = top.required("on_answer"); on_answer.present()) {
            campaign.on_answer = read_destination(on_answer);
        }
        for (const NamedValue& variable : top.optional("variables").entries(max_variables)) {
            read_variable(variable, campaign);
        }
        const Value pacing = top.required("pacing");
        campaign.pacing = read_pacing(pacing);
        campaign.retry = read_retry(top.optional("retry"), problems_);
        campaign.weight = top.optional("weight").integer(weights).value_or(campaign.weight);
        for (const Value& item : top.optional("do_not_call").items(max_do_not_call_lists)) {
            read_do_not_call(item, campaign);
        }
        campaign.calling = read_calling_hours(top.optional("calling_hours"), problems_);
        if (auto limits = read_limits(top.optional("limits")); !limits.empty()) {
            campaign.limits = std::make_shared<const std::vector<ContactLimit>>(std::move(limits));
        }
        campaign.order = read_contact_order(top);
        if (site_ != nullptr) {
            if (!shows_number) check_trunks_show_a_number(campaign, caller_id.present() ? caller_id : trunks);
            if (pacing.present()) warn_of_idle_pacing(campaign, pacing);
            read_compliance(top, packs_, campaign, problems_);
        }
        return file;
    }

private:
    [[nodiscard]] const Trunk* find_trunk(const std::string& name) const {
        const auto found = std::ranges::find(site_->trunks, name, &Trunk::name);
        return found == site_->trunks.end() ? nullptr : &*found;
    }

    void read_trunk(const Value& item, Campaign& campaign) const {
        const auto name = item.text(name_rule);
        if (!name) return;
        if (site_ != nullptr && find_trunk(*name) == nullptr) {
            std::vector<std::string_view> known;
            for (const Trunk& trunk : site_->trunks) known.push_back(trunk.name);
            item.fail(fmt::format("names trunk {}, which outdial.yaml does not describe; {}", in_quotes(*name),
                                  suggestion(*name, known)));
        } else if (std::ranges::find(campaign.trunks, *name) != campaign.trunks.end()) {
            item.fail(fmt::format("names trunk {} a second time", in_quotes(*name)));
        }
        campaign.trunks.push_back(*name);
    }

    /// Whether the campaign gives a number, be it a wrong one.
    static bool read_caller_id(const Value& value, Campaign& campaign) {
        const Fields fields = value.fields({"name", "number"});
        campaign.caller_id_name = fields.optional("name").text(caller_name_rule).value_or("");
        campaign.caller_id_number = fields.optional("number").text(e164_rule).value_or("");
        return fields.has("number");
    }

    void read_variable(const NamedValue& variable, Campaign& campaign) const {
        if (!is_variable_name(variable.name)) {
            problems_.add(variable.at,
                          fmt::format("{} cannot name a channel variable; it must be letters, digits and _, not "
                                      "beginning with a digit, of at most {} characters",
                                      in_quotes(variable.name), max_variable_name_bytes));
        }
        if (variable.name == not_after_variable || variable.name == agent_variable) {
            problems_.add(variable.at,
                          fmt::format("{} is set by Outdial itself; choose another name", in_quotes(variable.name)));
        }
        auto text = variable.value.text_template(variable_rule, Template::Allow::anything);
        if (text) campaign.variables.push_back({variable.name, std::move(*text)});
    }

    /// `internal`, or {list: us-national, max_age: 31d}
    static void read_do_not_call(const Value& item, Campaign& campaign) {
        DoNotCallChoice choice;
        if (item.is_map()) {
            const Fields fields = item.fields({"list", "max_age"});
            choice.list = fields.required("list").text(name_rule).value_or("");
            choice.max_age = fields.optional("max_age").duration(copy_ages);
        } else {
            choice.list = item.text(name_rule).value_or("");
        }
        if (choice.list.empty()) return;  // which has been reported
        if (choice.list == global_do_not_call_list) {
            item.fail("names the list 'global', which every campaign keeps to; remove it");
        } else if (std::ranges::find(campaign.do_not_call, choice.list, &DoNotCallChoice::list) !=
                   campaign.do_not_call.end()) {
            item.fail(fmt::format("names the list {} a second time", in_quotes(choice.list)));
        }
        campaign.do_not_call.push_back(std::move(choice));
    }

    static RatePacing read_pacing(const Value& value) {
        const Fields fields = value.fields({"mode", "originates_per_second", "channels"});
        const Value mode = fields.required("mode");
        const auto written = mode.text(mode_rule);
        if (written && *written != "rate") {
            mode.fail(fmt::format("{} is not available in this version; available: rate", in_quotes(*written)));
        }
        return {fields.required("originates_per_second").decimal(originate_rate).value_or(0),
                fields.required("channels").integer(channel_count).value_or(0)};
    }

    void check_trunks_show_a_number(const Campaign& campaign, const Value& where) const {
        for (const std::string& name : campaign.trunks) {
            const Trunk* trunk = find_trunk(name);
            if (trunk == nullptr || !trunk->caller_ids.empty()) continue;
            where.fail(
                fmt::format("leaves calls through trunk {} without a number to show: add a number to "
                            "'caller_id', or 'caller_ids' to the trunk",
                            in_quotes(name)));
        }
    }

    void warn_of_idle_pacing(const Campaign& campaign, const Value& pacing) const {
        Cap together;
        for (const std::string& name : campaign.trunks) {
            const Trunk* trunk = find_trunk(name);
            if (trunk == nullptr) return;
            together.originates_per_second += trunk->cap.originates_per_second;
            together.channels += trunk->cap.channels;
        }
        const auto warn = [&](std::string_view key, double asked, double allowed) {
            if (asked <= allowed) return;
            problems_.warn(pacing.at(), fmt::format("'{}' is {}, but the campaign's trunks allow {} together, which "
                                                    "therefore is the limit",
                                                    key, asked, allowed));
        };
        warn("originates_per_second", campaign.pacing.originates_per_second, together.originates_per_second);
        warn("channels", campaign.pacing.channels, together.channels);
    }

    const Site* site_;
    const RulePacks& packs_;
    Problems& problems_;
};

}  // namespace

CampaignFile read_campaign_file(const Node& root, const Site* site, const RulePacks& packs, Problems& problems) {
    return CampaignReader{site, packs, problems}.read(root);
}

}  // namespace outdial::config
