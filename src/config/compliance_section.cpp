#include "config/compliance_section.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <iterator>

#include "config/rules.hpp"
#include "config/suggest.hpp"

namespace outdial::config {

namespace {

constexpr std::size_t max_reason_bytes = 500;
constexpr std::size_t max_by_bytes = 200;
// From the Originate until it rings, abroad and on mobiles.
constexpr Milliseconds longest_way = std::chrono::seconds{10};

const TextRule rule_name_rule{
    128, "a rule's name with its pack's, such as us-states/ca-records",
    [](std::string_view text) { return only_alphanumeric_or(text, "-/") && std::ranges::count(text, '/') == 1; }};
const TextRule reason_rule{max_reason_bytes, "why the rule does not hold for this campaign"};
const TextRule by_rule{max_by_bytes, "the name of who answers for it"};

class ComplianceReader {
public:
    ComplianceReader(const Fields& file, const RulePacks& packs, Problems& problems)
        : file_(file), known_(packs), problems_(problems) {}

    void read(Campaign& campaign) {
        const Value names = file_.optional("compliance");
        for (const Value& item : names.items(max_packs_of_campaign)) read_name(item);
        std::vector<RuleOverride> overrides;
        for (const Value& item : file_.optional("override").items(max_overrides)) read_override(item, overrides);
        if (chosen_.empty()) return;
        RulesInForce rules = rules_in_force(chosen_, std::move(overrides));
        check_ring_floor(rules, names, campaign);
        for (const NamedDuration& age : rules.copy_ages) check_copy_age(age, names, campaign);
        add(std::move(rules), campaign);
    }

private:
    void read_name(const Value& item) {
        const auto name = item.text(name_rule);
        if (!name) return;
        const auto found = std::ranges::find(known_.packs, *name, &RulePack::name);
        if (found == known_.packs.end()) {
            std::vector<std::string_view> names;
            for (const RulePack& pack : known_.packs) names.push_back(pack.name);
            item.fail(
                known_.packs.empty()
                    ? fmt::format("names the rule pack {}, and there are none in {}; 'compliance' in outdial.yaml "
                                  "names their folder",
                                  in_quotes(*name), in_quotes(known_.folder))
                    : fmt::format("names the rule pack {}, which is not in {}; {}", in_quotes(*name),
                                  in_quotes(known_.folder), suggestion(*name, names)));
        } else if (std::ranges::find(chosen_, &*found) != chosen_.end()) {
            item.fail(fmt::format("names the rule pack {} a second time", in_quotes(*name)));
        } else {
            chosen_.push_back(&*found);
        }
    }

    /// Of the campaign's packs; nothing: no such rule, which is reported.
    [[nodiscard]] const PackRule* find_rule(const Value& where, std::string_view name) const {
        std::vector<std::string> names;
        for (const RulePack* pack : chosen_) {
            for (const PackRule& rule : pack->rules) {
                names.push_back(fmt::format("{}/{}", pack->name, rule.id));
                if (names.back() == name) return &rule;
            }
        }
        const std::string_view near = nearest(name, std::vector<std::string_view>{names.begin(), names.end()});
        where.fail(fmt::format("names {}, which is no rule of the campaign's packs{}", in_quotes(name),
                               near.empty() ? "" : fmt::format("; did you mean {}?", in_quotes(near))));
        return nullptr;
    }

    void read_override(const Value& item, std::vector<RuleOverride>& overrides) const {
        const Fields fields = item.fields({"rule", "reason", "by"});
        const Value rule = fields.required("rule");
        const auto name = rule.text(rule_name_rule);
        const auto reason = fields.required("reason").text(reason_rule);
        const auto by = fields.required("by").text(by_rule);
        if (!name || !reason || !by) return;
        const PackRule* found = find_rule(rule, *name);
        if (found == nullptr) return;
        if (!may_be_overridden(*found)) {
            return rule.fail(fmt::format(
                "names {}, which cannot be switched off: nobody's reason permits calls at hours, to numbers or "
                "with a ring that it forbids; leave the pack out if it is not for these calls",
                in_quotes(*name)));
        }
        if (std::ranges::find(overrides, *name, &RuleOverride::rule) != overrides.end()) {
            return rule.fail(fmt::format("names {} a second time", in_quotes(*name)));
        }
        problems_.warn(item.at(),
                       fmt::format("switches the rule {} off for this campaign, by {}: {}", *name, *by, *reason));
        overrides.push_back({*name, *reason, *by});
    }

    void check_ring_floor(const RulesInForce& rules, const Value& names, Campaign& campaign) const {
        const auto longest = std::ranges::max_element(rules.ring_floors, {}, &NamedDuration::value);
        if (longest == rules.ring_floors.end()) return;
        campaign.ring_floor = longest->value;
        const bool written = file_.has("ring_timeout");
        const Value where = written ? file_.optional("ring_timeout") : names;
        if (campaign.ring_timeout < longest->value) {
            where.fail(
                fmt::format("lets calls ring for {}, and the rule {} wants {} at least before an unanswered call is "
                            "hung up; write 'ring_timeout: {}' or more",
                            to_text(campaign.ring_timeout), longest->rule, to_text(longest->value),
                            to_text(longest->value + longest_way)));
        } else if (campaign.ring_timeout < longest->value + longest_way) {
            problems_.warn(
                where.at(),
                fmt::format("'ring_timeout' counts from the Originate: a call that begins to ring after more "
                            "than {} is hung up before it has rung for the {} of {}; write {}",
                            to_text(campaign.ring_timeout - longest->value), to_text(longest->value), longest->rule,
                            to_text(longest->value + longest_way)));
        }
    }

    static void check_copy_age(const NamedDuration& age, const Value& names, const Campaign& campaign) {
        const bool kept = std::ranges::any_of(campaign.do_not_call, [&](const DoNotCallChoice& choice) {
            return choice.max_age && *choice.max_age <= age.value;
        });
        if (kept) return;
        names.fail(
            fmt::format("asks for the rule {}: calls only by a copy of the do-not-call register that is {} old at "
                        "most. Name your copy and its age: do_not_call: [{{list: NAME, max_age: {}}}]",
                        age.rule, to_text(age.value), to_text(age.value)));
    }

    static void add(RulesInForce rules, Campaign& campaign) {
        campaign.compliance = std::move(rules.compliance);
        if (!rules.limits.empty()) {
            auto limits = campaign.limits ? *campaign.limits : std::vector<ContactLimit>{};
            std::ranges::move(rules.limits, std::back_inserter(limits));
            campaign.limits = std::make_shared<const std::vector<ContactLimit>>(std::move(limits));
        }
        if (!rules.hours.empty()) {
            CallingRules calling = campaign.calling ? *campaign.calling : CallingRules{};
            std::ranges::move(rules.hours, std::back_inserter(calling.hours));
            campaign.calling = std::make_shared<const CallingRules>(std::move(calling));
        }
    }

    const Fields& file_;
    const RulePacks& known_;
    Problems& problems_;
    std::vector<const RulePack*> chosen_;
};

}  // namespace

void read_compliance(const Fields& campaign_file, const RulePacks& packs, Campaign& campaign, Problems& problems) {
    ComplianceReader{campaign_file, packs, problems}.read(campaign);
}

}  // namespace outdial::config
