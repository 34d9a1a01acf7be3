#include "store/explaining.hpp"

#include <fmt/chrono.h>
#include <fmt/core.h>

#include <algorithm>
#include <ctime>
#include <iterator>

#include "core/calling_windows.hpp"
#include "store/claims.hpp"

namespace outdial::store {

namespace {

// Each looks for a time at which all rules permit a call; each round passes one rule that does not.
constexpr int max_rounds = 50;

std::string date_text(UtcTime at) {
    return fmt::format("{:%Y-%m-%d %H:%M:%S} UTC", fmt::gmtime(static_cast<std::time_t>(to_unix_ms(at) / 1000)));
}

std::string joined(const std::vector<std::string>& words, const char* none) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
    return text.empty() ? none : text;
}

}  // namespace

/// One contact of one campaign, at any time that is asked for.
class Explaining::Case {
public:
    Case(Explaining& in, const ClaimRequest& rules, Row row, Contact contact)
        : in_(in), rules_(rules), row_(std::move(row)), contact_(std::move(contact)) {
        if (row_.attempts > 0) history_ = in_.attempts_.history(contact_.id, rules_.campaign);
        if (const Geography* geography = in_.places_.geography(); geography != nullptr) {
            windows_.emplace(rules_.calling, rules_.ring_timeout, *geography);
        }
    }

    /// The number whose turn it is at that time.
    [[nodiscard]] const std::string& number() const { return contact_.numbers[position_].e164; }

    std::vector<RuleVerdict> verdicts(UtcTime at) {
        std::vector<RuleVerdict> all{standing(), retry(at), attempts()};
        if (row_.callback) all.push_back(callback(at));
        if (rules_.order) all.push_back(filter());
        if (rules_.order && row_.state == "pending" && row_.attempts == 0) all.push_back(order());
        RuleVerdict of_number = number_at(at);
        const bool limited = of_number.rule == "limits";
        if (limited) all.push_back({"do_not_call", true, {}, "on none of the lists"});
        all.push_back(std::move(of_number));
        if (!limited && rules_.limits && !rules_.limits->empty() && all.back().permits) {
            all.push_back({"limits", true, {}, fmt::format("{} kept", rules_.limits->size())});
        }
        all.push_back(hours(at));
        all.push_back(in_call(at));
        return all;
    }

    /// The earliest time from `at` on. A contact comes up when it is time at the number whose turn it is; where a list
    /// forbids that number, another one is called then, or has its turn from then on.
    std::optional<UtcTime> next_at(UtcTime at) {
        at = std::max(at, row_.due_at);
        for (int round = 0; round < max_rounds; ++round) {
            position_ = static_cast<std::size_t>(row_.position);
            const RuleVerdict verdicts[] = {standing(), attempts(), filter(), hours(at), number_at(at)};
            const auto closed = std::ranges::find(verdicts, false, &RuleVerdict::permits);
            if (closed != std::end(verdicts)) {
                if (!closed->until || *closed->until <= at) return std::nullopt;
                at = *closed->until;
            } else if (hours(at).permits) {
                return at;
            } else {
                row_.position = static_cast<int>(position_);
            }
        }
        return std::nullopt;
    }

private:
    [[nodiscard]] RuleVerdict standing() const {
        RuleVerdict verdict{.rule = "contact", .permits = row_.state == "pending", .until = {}, .text = {}};
        if (row_.state == "done") {
            verdict.text = fmt::format("done in this campaign: {}", row_.reason);
        } else if (row_.state == "in_call") {
            verdict.text = "a call is up or about to be";
        } else {
            verdict.text = row_.attempts == 0 ? "not called yet" : fmt::format("called {} times", row_.attempts);
        }
        return verdict;
    }
    [[nodiscard]] RuleVerdict retry(UtcTime at) const {
        RuleVerdict verdict{.rule = "retry", .permits = row_.due_at <= at, .until = row_.due_at, .text = "due"};
        if (!verdict.permits) {
            verdict.text = fmt::format("{}: not before {}", row_.reason.empty() ? "put aside" : row_.reason,
                                       date_text(row_.due_at));
        }
        return verdict;
    }
    [[nodiscard]] RuleVerdict attempts() const {
        const bool left = row_.charged < rules_.max_attempts;
        const bool extra = !left && row_.callback;  // what a person asked for is one call more
        return {.rule = "attempts",
                .permits = left || extra,
                .until = {},
                .text = fmt::format("{} of {} used{}", row_.charged, rules_.max_attempts,
                                    extra ? ", and the callback is one more" : "")};
    }
    [[nodiscard]] RuleVerdict callback(UtcTime at) const {
        const Callbacks::Open& open = *row_.callback;
        std::string text = fmt::format("wants to be called at {}", date_text(open.at));
        if (!open.agent.empty()) text += " by " + open.agent;
        return {.rule = "callback", .permits = open.at <= at, .until = open.at, .text = std::move(text)};
    }
    [[nodiscard]] RuleVerdict filter() const {
        RuleVerdict verdict{.rule = "filter", .permits = true, .until = {}, .text = "everybody of the list is called"};
        if (!rules_.order || !rules_.order->where) return verdict;
        const bool takes = rules_.order->takes(contact_);
        verdict.permits = takes || row_.callback;
        verdict.text = fmt::format("{}: {}{}", takes ? "matches" : "does not match", rules_.order->where->text(),
                                   takes == verdict.permits ? "" : ", but the callback is made all the same");
        return verdict;
    }
    [[nodiscard]] RuleVerdict order() const {
        RuleVerdict verdict{.rule = "order", .permits = true, .until = {}, .text = rules_.order->in_words()};
        if (!rules_.order->priority.empty()) {
            verdict.text +=
                fmt::format("; its priority is {}", rules_.order->key_of(contact_.id, contact_.attributes).priority);
        }
        return verdict;
    }
    [[nodiscard]] Place place() {
        const auto id = in_.places_.find(contact_.numbers[position_], contact_.attributes);
        return id ? in_.places_.of(*id) : Place{};
    }
    // As Claims does it: the number whose turn it is, else the next that no list and no limit is in the way of.
    [[nodiscard]] RuleVerdict number_at(UtcTime at) {
        const DoNotCall::Lists lists = in_.do_not_call_.lists_of(rules_.do_not_call, at);
        position_ = static_cast<std::size_t>(row_.position);
        if (!lists.problem().empty()) {
            return {"do_not_call", false, {}, "nobody of the campaign is called: " + lists.problem()};
        }
        std::optional<RuleVerdict> first;  // to go
        UtcTime first_until = UtcTime::max();
        const std::size_t count = contact_.numbers.size();
        for (std::size_t step = 0; step < count; ++step) {
            position_ = (static_cast<std::size_t>(row_.position) + step) % count;
            if (step > 0 && ((history_.invalid_positions >> position_) & 1U) != 0) continue;
            const std::string& number = contact_.numbers[position_].e164;
            const auto forbidden = in_.do_not_call_.verdict(lists, number, at);
            ContactLimits::Verdict limited;
            if (!forbidden.forbidden && rules_.limits) {
                limited = in_.contact_limits_.verdict(
                    *rules_.limits,
                    {.contact = contact_.id, .number = number, .account = account_of(contact_), .place = place()}, at);
            }
            if (!forbidden.forbidden && !limited.over) {
                return {"do_not_call",
                        true,
                        {},
                        step == 0 ? "on none of the lists" : "another number of the person may be"};
            }
            const UtcTime until = forbidden.forbidden ? forbidden.until : limited.until;
            if (first && until >= first_until) continue;
            first_until = until;
            const std::string when = until == UtcTime::max() ? "for good" : "until " + date_text(until);
            first = forbidden.forbidden ? RuleVerdict{"do_not_call", false, {}, "on a list, " + when}
                                        : RuleVerdict{"limits", false, {}, fmt::format("{}: {}", limited.rule, when)};
            if (until != UtcTime::max()) first->until = until;
        }
        position_ = static_cast<std::size_t>(row_.position);
        return *first;
    }
    [[nodiscard]] RuleVerdict hours(UtcTime at) {
        RuleVerdict verdict{.rule = "calling_hours", .permits = true, .until = {}, .text = "at all hours"};
        if (!rules_.calling || rules_.calling->hours.empty()) return verdict;
        if (!windows_) {
            verdict.permits = false;
            verdict.text = "no time zone data is loaded";
            return verdict;
        }
        const Place place = this->place();
        const Result<CallingWindow> window = windows_->at(place, at);
        verdict.permits = window && window->is_open(at);
        if (!window) {
            verdict.text = window.error().message;
            return verdict;
        }
        const std::string where =
            joined(place.zones, "no known time zone") + " in " + joined(place.regions, "anywhere");
        switch (window->kind) {
            case CallingWindow::Kind::always: verdict.text = "no rule is for " + where; break;
            case CallingWindow::Kind::unknown_zone: verdict.text = "nobody knows what time it is there"; break;
            case CallingWindow::Kind::never: verdict.text = "never open for " + where; break;
            case CallingWindow::Kind::hours:
                verdict.until = verdict.permits ? std::nullopt : std::optional{window->opens_at};
                verdict.text = verdict.permits ? fmt::format("{}: open until {}", where, date_text(window->closes_at))
                                               : fmt::format("{}: opens {}", where, date_text(window->opens_at));
                break;
        }
        return verdict;
    }
    // The other call may end at any moment, so it is in the way of a call now and of none later.
    [[nodiscard]] RuleVerdict in_call(UtcTime at) {
        RuleVerdict verdict{.rule = "number", .permits = true, .until = {}, .text = "in no other call"};
        if (at != rules_.at || row_.state == "in_call" || !in_.number_in_call_.rows(number()).next()) return verdict;
        verdict.permits = false;
        verdict.until = at + number_in_call_delay;
        verdict.text = "in another call";
        return verdict;
    }

    Explaining& in_;
    const ClaimRequest& rules_;
    Row row_;
    Contact contact_;
    AttemptHistory history_;
    std::optional<CallingWindows> windows_;
    std::size_t position_ = 0;
};

Explaining::Row Explaining::row_of(CampaignId campaign, ContactId contact) {
    Row row;
    Rows rows = row_.rows(campaign, contact);
    if (!rows.next()) return row;
    row.state = rows.text(0);
    row.reason = rows.text(1);
    row.due_at = from_unix_ms(rows.integer(2));
    row.position = static_cast<int>(rows.integer(3));
    row.attempts = static_cast<int>(rows.integer(4));
    row.charged = static_cast<int>(rows.integer(5));
    row.callback = callbacks_.open(campaign, contact);
    return row;
}

Explanation Explaining::explain_one(const PersonRecord& person, const ClaimRequest& rules,
                                    const CampaignRecord& campaign) {
    Explanation explanation{.campaign = campaign.id,
                            .campaign_name = campaign.name,
                            .list = campaign.list,
                            .contact = person.contact,
                            .external_id = {},
                            .number = {},
                            .rules = {},
                            .next_at = {}};
    const bool runs = campaign.state == CampaignState::running;
    explanation.rules.push_back(
        {.rule = "campaign", .permits = runs, .until = {}, .text = fmt::format("{}", to_text(campaign.state))});
    std::optional<Contact> contact = contacts_.load(person.contact);
    Row row = row_of(campaign.id, person.contact);
    if (!contact || static_cast<std::size_t>(row.position) >= contact->numbers.size()) {
        explanation.rules.push_back({.rule = "contact", .permits = false, .until = {}, .text = "it has no number"});
        return explanation;
    }
    explanation.external_id = contact->external_id;
    Case the_case{*this, rules, std::move(row), std::move(*contact)};
    for (RuleVerdict& verdict : the_case.verdicts(rules.at)) explanation.rules.push_back(std::move(verdict));
    explanation.number = the_case.number();
    if (runs) explanation.next_at = the_case.next_at(rules.at);
    return explanation;
}

std::vector<Explanation> Explaining::explain(std::span<const PersonRecord> people,
                                             std::span<const ClaimRequest> campaigns) {
    std::vector<Explanation> explanations;
    const std::vector<CampaignRecord> known = campaigns_.all();
    for (const PersonRecord& person : people.first(std::min(people.size(), max_contacts_explained))) {
        for (const ClaimRequest& rules : campaigns) {
            const auto campaign = std::ranges::find(known, rules.campaign, &CampaignRecord::id);
            if (campaign == known.end() || campaign->list != person.list) continue;
            explanations.push_back(explain_one(person, rules, *campaign));
        }
    }
    return explanations;
}

}  // namespace outdial::store
