#include "simulation/checker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace outdial::simulation {

namespace {

constexpr std::int64_t second_us = 1'000'000;
// A slow call (one every ten seconds) may come so much early, to make up for a late one before.
constexpr std::int64_t earliness_us = 20'000;
constexpr std::int64_t a_moment_us = 30 * second_us;
// A call that has not ended so long after its ring timeout is looked for.
constexpr std::int64_t silence_after_timeout_ms = 15'000;
// Trouble that goes on is told every second.
constexpr std::int64_t goes_on_us = 2 * second_us;

bool is_technical(const std::string& disposition) {
    return disposition == "rejected" || disposition == "congestion" || disposition == "unreachable" ||
           disposition == "failed";
}

}  // namespace

Checker::Checker(SiteRules rules, std::map<std::string, std::vector<Person>> people) {
    rules_.push_back(std::move(rules));
    for (const auto& [list, listed] : people) {
        for (const Person& each : listed) people_[list].emplace(each.external_id, each);
    }
}

void Checker::violate(const std::string& rule, const std::string& what) {
    if (!violation_) violation_ = fmt::format("{}: {}", rule, what);
}

void Checker::in_force(const SiteRules& rules) {
    rules_.push_back(rules);
    for (const auto& [name, permission] : campaigns_) {
        if (!rules.campaigns.contains(name)) ordered(name, false);
    }
}

void Checker::ordered(const std::string& campaign, bool may_dial) {
    campaigns_[campaign].may_dial = may_dial;
    campaigns_[campaign].orders.push_back(may_dial);
}

void Checker::stored(const std::string& campaign, std::size_t order) {
    Permission& permission = campaigns_[campaign];
    permission.stored_from = std::max(permission.stored_from, order);
}

void Checker::imported(const std::string& list, std::int64_t at_least, std::int64_t at_most) {
    imported_[list].first += at_least;
    imported_[list].second += at_most;
}

const Person* Checker::person(const std::string& campaign, const std::string& external_id) const {
    const auto rules = rules_.back().campaigns.find(campaign);
    if (rules == rules_.back().campaigns.end()) return nullptr;
    const auto list = people_.find(rules->second.list);
    if (list == people_.end()) return nullptr;
    const auto found = list->second.find(external_id);
    return found == list->second.end() ? nullptr : &found->second;
}

// --- what leaves

void Checker::left(const std::string& server, std::string_view frame, Instant now) {
    const auto call = read_call(frame);
    if (!call) {
        const std::string_view action = header(frame, "Action");
        const bool known = action == "Hangup" || action == "Ping" || action == "CoreShowChannels" ||
                           action == "Challenge" || action == "Login" || action == "CoreSettings" ||
                           action == "CoreStatus";
        if (!known) violate("wire", fmt::format("an action that nobody ordered: {}", frame));
        return;
    }
    if (calls_.contains(call->attempt)) return violate("once", call->attempt + " was originated a second time");
    if (forbidden_.contains("+" + call->number)) {
        violate("do_not_call",
                fmt::format("{} calls {}, which was on the do-not-call list", call->attempt, call->number));
    }
    check_intent(*call, server);
    check_hours(*call, now.utc_ms);
    check_claim(*call, server);
    check_limits(*call, now.steady_us);
    check_order(*call);
    const Call made{.campaign = call->campaign,
                    .contact = call->contact,
                    .number = call->number,
                    .trunk = call->trunk,
                    .server = server,
                    .left_us = now.steady_us,
                    .ended_us = 0,
                    .rules = rules_.size() - 1,
                    .truth = {}};
    calls_.emplace(call->attempt, made);
    open_.insert(call->attempt);
    if (violation_) return;

    const SiteRules& rules = rules_.back();
    check_rate("all", rules.all.per_second, now.steady_us);
    check_rate("server " + server, rules.servers.at(server).per_second, now.steady_us);
    check_rate("trunk " + call->trunk, rules.trunks.at(call->trunk).cap.per_second, now.steady_us);
    check_rate("campaign " + call->campaign, rules.campaigns.at(call->campaign).cap.per_second, now.steady_us);
}

// The bytes say what was meant, and nothing besides.
void Checker::check_intent(const WiredCall& call, const std::string& server) {
    constexpr std::size_t headers = 14;  // Action to ChannelId, CallerID, and four variables
    const SiteRules& rules = rules_.back();
    const auto campaign = rules.campaigns.find(call.campaign);
    if (campaign == rules.campaigns.end()) {
        return violate("permission", fmt::format("a call of campaign '{}', which has no file", call.campaign));
    }
    if (!campaigns_[call.campaign].may_dial) {
        violate("permission", fmt::format("a call of campaign {}, which does not run", call.campaign));
    }
    const Person* meant = person(call.campaign, call.contact);
    if (meant == nullptr) return violate("wire", fmt::format("a call to '{}', who is in no list", call.contact));
    if (std::ranges::find(meant->numbers, "+" + call.number) == meant->numbers.end()) {
        violate("wire", fmt::format("{} is called at {}, which is not theirs", call.contact, call.number));
    }
    if (call.note != meant->note) {
        violate("wire", fmt::format("the note '{}' became '{}'", meant->note, call.note));
    }
    if (call.action_id != call.attempt || call.headers != headers || call.variables != 4) {
        violate("wire",
                fmt::format("{} headers, {} variables, ActionID {}", call.headers, call.variables, call.action_id));
    }
    const auto trunk = rules.trunks.find(call.trunk);
    const auto& trunks = campaign->second.trunks;
    if (trunk == rules.trunks.end() || std::ranges::find(trunks, call.trunk) == trunks.end() ||
        std::ranges::find(trunk->second.servers, server) == trunk->second.servers.end()) {
        violate("wire", fmt::format("campaign {} called through trunk '{}' of {}", call.campaign, call.trunk, server));
    }
}

// From the first ring to the last it is time by every clock that the person may have.
void Checker::check_hours(const WiredCall& call, std::int64_t utc_ms) {
    constexpr std::int64_t minute_ms = 60'000;
    static const std::map<std::string, int> ahead_minutes{{"New York", -300},  // in winter, when every run begins
                                                          {"Etc/UTC", 0},
                                                          {"Asia/Kolkata", 330},
                                                          {"Asia/Kathmandu", 345}};
    const auto campaign = rules_.back().campaigns.find(call.campaign);
    const Person* called = person(call.campaign, call.contact);
    if (violation_ || called == nullptr || campaign->second.hours.every_minutes == 0) return;
    const HoursRules& hours = campaign->second.hours;
    const auto check = [&](const std::string& zone) {
        for (const std::int64_t at_ms : {utc_ms, utc_ms + campaign->second.ring_timeout_ms - 1}) {
            const std::int64_t minute = at_ms / minute_ms + ahead_minutes.at(zone) + 1'440;
            if (minute % hours.every_minutes >= hours.closed_minutes) continue;
            violate("hours", fmt::format("{} calls or rings {} at {}, outside the hours by the clock of {}",
                                         call.attempt, call.number, at_ms, zone));
        }
    };
    check("New York");
    if (!called->zone.empty()) check(called->zone);
}

// A claim that says the same is in the database.
void Checker::check_claim(const WiredCall& call, const std::string& server) {
    if (view_ == nullptr) return violate("claim", call.attempt + " left while no database was open");
    const auto row = view_->attempt(call.attempt);
    if (!row) return violate("claim", fmt::format("{} left without its claim in the database", call.attempt));
    if (row->ended_at) violate("claim", fmt::format("{} left after it had ended", call.attempt));
    if (row->campaign != call.campaign || row->contact != call.contact || row->number != "+" + call.number ||
        row->trunk != call.trunk || row->server != server) {
        violate("claim", fmt::format("{} is claimed for {} {} {} {} {}, and left for {} {} {} {} {}", call.attempt,
                                     row->campaign, row->contact, row->number, row->trunk, row->server, call.campaign,
                                     call.contact, call.number, call.trunk, server));
    }
    check_history(call, *row);
}

// The budget, and how long the person was left alone.
void Checker::check_history(const WiredCall& call, const AttemptRow& claim) {
    const auto found = rules_.back().campaigns.find(call.campaign);
    if (found == rules_.back().campaigns.end()) return;
    const CampaignRules& rules = found->second;
    int charged = 0;
    std::map<std::string, int> outcomes;
    const AttemptRow* last = nullptr;
    const auto attempts = view_->attempts_of(call.campaign, call.contact);
    for (const AttemptRow& row : attempts) {
        if (row.attempt == call.attempt) continue;
        if (!row.ended_at) {
            violate("one call", fmt::format("{} is called by {} and by {}", call.contact, row.attempt, call.attempt));
            return;
        }
        if (row.charged) ++charged;
        if (row.disposition != "canceled") ++outcomes[is_technical(row.disposition) ? "technical" : row.disposition];
        if (last == nullptr || *row.ended_at > *last->ended_at) last = &row;
    }
    const std::string callee = call.campaign + " " + call.contact;
    const auto callbacks = callbacks_.find(callee);
    if (callbacks != callbacks_.end() && claim.claimed_at < callbacks->second.not_before && stepped_ms_ == 0) {
        violate("callback", fmt::format("{} is called {} ms before the time that was promised", call.contact,
                                        callbacks->second.not_before - claim.claimed_at));
    }
    const int extra = callbacks == callbacks_.end() ? 0 : static_cast<int>(callbacks->second.ordered.size());
    if (charged >= rules.max_attempts + extra) {
        violate("budget", fmt::format("{} is called after {} charged attempts, of {}", call.contact, charged,
                                      rules.max_attempts));
    }
    if (last == nullptr || was_promised(callee, claim)) return;
    const auto allowed = again(rules, *last);
    if (!allowed) {
        return violate("retry", fmt::format("{} is called again after {}", call.contact, last->disposition));
    }
    const std::string kind = is_technical(last->disposition) ? "technical" : last->disposition;
    if (outcomes[kind] > allowed->times) {
        violate("retry", fmt::format("{} is called after {} times {}, allowed are {}", call.contact, outcomes[kind],
                                     kind, allowed->times));
    }
    const std::int64_t gap = claim.claimed_at - *last->ended_at;
    if (gap < allowed->after_ms && stepped_ms_ == 0) {
        violate("retry", fmt::format("{} is called {} ms after {} ({}), not {}", call.contact, gap, last->disposition,
                                     last->originated ? "originated" : "never originated", allowed->after_ms));
    }
}

void Checker::callback_ordered(const std::string& campaign, const std::string& contact, std::int64_t at_ms) {
    Callbacks& callbacks = callbacks_[campaign + " " + contact];
    callbacks.ordered.push_back(at_ms);
    callbacks.not_before = 0;  // it may already be in the place of the one that was told
}

void Checker::callback_promised(const std::string& campaign, const std::string& contact, std::int64_t at_ms) {
    callbacks_[campaign + " " + contact].not_before = at_ms;
}

// A call that did not ring is made once more, so it may be long after.
bool Checker::was_promised(const std::string& callee, const AttemptRow& claim) const {
    const auto found = callbacks_.find(callee);
    if (found == callbacks_.end()) return false;
    return stepped_ms_ > 0 ||
           std::ranges::any_of(found->second.ordered, [&](auto at) { return at <= claim.claimed_at; });
}

// What docs/campaigns.md says follows such an outcome; nothing: no other call, ever.
std::optional<Again> Checker::again(const CampaignRules& rules, const AttemptRow& row) const {
    constexpr int any_times = 1'000'000;
    constexpr std::int64_t unsent_after_ms = 5'000;
    if (row.disposition == "lost") return Again{rules.lost_after_ms, any_times};
    if (row.disposition == "invalid_number") return Again{0, any_times};
    if (row.disposition == "canceled") {
        if (!row.originated) return Again{unsent_after_ms, any_times};
        if (!row.charged) return Again{rules.technical.after_ms, any_times};
        const auto rang = rules.person.find("no_answer");
        return Again{rang == rules.person.end() ? rules.lost_after_ms : rang->second.after_ms, any_times};
    }
    if (is_technical(row.disposition)) return rules.technical;
    const auto found = rules.person.find(row.disposition);
    if (found == rules.person.end()) return std::nullopt;
    return found->second;
}

// So many in any sliding second; and of those that are rarer than one a second, one in its time.
void Checker::check_rate(const std::string& level, double per_second, std::int64_t now_us) {
    auto& sent = sent_us_[level];
    const auto most = static_cast<std::size_t>(std::ceil(per_second));
    const auto apart_us = per_second < 1 ? static_cast<std::int64_t>(second_us / per_second) : second_us;
    while (!sent.empty() && sent.front() + 2 * apart_us <= now_us) sent.pop_front();
    sent.push_back(now_us);
    const auto in_a_second = std::ranges::count_if(sent, [&](auto at) { return at + second_us > now_us; });
    if (static_cast<std::size_t>(in_a_second) > most) {
        violate("rate", fmt::format("{} began {} calls in a second, allowed are {}", level, in_a_second, per_second));
    }
    if (per_second < 1 && sent.size() > 1 && now_us - sent[sent.size() - 2] < apart_us - earliness_us) {
        violate("rate", fmt::format("{} began two calls within {} us, allowed are {} a second", level,
                                    now_us - sent[sent.size() - 2], per_second));
    }
}

// --- what the servers do

void Checker::taken_up(const std::string& attempt, Instant now) {
    const auto found = calls_.find(attempt);
    if (found == calls_.end()) return violate("wire", attempt + " reached a server and had never left");
    Call& call = found->second;
    if (call.taken_up) return violate("once", attempt + " was taken up twice");
    call.taken_up = true;
    live_.insert(attempt);
    count_channel(call, 1);
    if (const auto other = live_numbers_.find(call.number); other != live_numbers_.end()) {
        violate("one call", fmt::format("{} is called by {} and by {}", call.number, other->second, attempt));
    }
    live_numbers_.emplace(call.number, attempt);
    check_channels(call, now.steady_us);
}

// Calls that were not seen to be answered on a server that cannot be asked: nobody can tell whether they still are up
// when their ring has timed out, and a server that has died must not take the others' channels along.
int Checker::unseen(const std::string& level, std::int64_t now_us) const {
    return static_cast<int>(std::ranges::count_if(live_, [&](const std::string& id) {
        const Call& call = calls_.at(id);
        const auto rules = rules_[call.rules].campaigns.find(call.campaign);
        const std::int64_t ring_ms = rules == rules_[call.rules].campaigns.end() ? 0 : rules->second.ring_timeout_ms;
        const auto trouble = last_disturbed_us_.find(call.server);
        const bool in_trouble = trouble != last_disturbed_us_.end() && now_us - trouble->second <= goes_on_us;
        return in_trouble && call.disturbed && now_us - call.left_us > (ring_ms + silence_after_timeout_ms) * 1'000 &&
               std::ranges::count(levels_of(call), level) > 0;
    }));
}

// Against the caps that were in force when the call left, or since: a server that was frozen takes it up later.
void Checker::check_channels(const Call& call, std::int64_t now_us) {
    const auto check = [&](const std::string& level, auto channels_of) {
        int most = 0;
        for (std::size_t i = call.rules; i < rules_.size(); ++i) most = std::max(most, channels_of(rules_[i]));
        const int calls = channels_[level];
        if (calls > most && calls - unseen(level, now_us) > most) {
            violate("channels", fmt::format("{} has {} calls at once, of {}", level, calls, most));
        }
    };
    check("the site", [](const SiteRules& rules) { return rules.all.channels; });
    check("campaign " + call.campaign, [&](const SiteRules& rules) {
        const auto found = rules.campaigns.find(call.campaign);
        return found == rules.campaigns.end() ? 0 : found->second.cap.channels;
    });
    check("trunk " + call.trunk, [&](const SiteRules& rules) {
        const auto found = rules.trunks.find(call.trunk);
        return found == rules.trunks.end() ? 0 : found->second.cap.channels;
    });
    check("server " + call.server, [&](const SiteRules& rules) { return rules.servers.at(call.server).channels; });
}

std::array<std::string, 4> Checker::levels_of(const Call& call) {
    return {"the site", "campaign " + call.campaign, "trunk " + call.trunk, "server " + call.server};
}

void Checker::count_channel(const Call& call, int by) {
    for (const std::string& level : levels_of(call)) channels_[level] += by;
}

void Checker::ended(const std::string& attempt, const CallTruth& truth, Instant now) {
    const auto found = calls_.find(attempt);
    if (found == calls_.end() || !found->second.taken_up) return;
    found->second.truth = truth;
    found->second.ended_us = now.steady_us;
    if (live_.erase(attempt) > 0) count_channel(found->second, -1);
    open_.erase(attempt);
    ended_a_moment_ago_.emplace_back(now.steady_us, attempt);
    const auto number = live_numbers_.find(found->second.number);
    if (number != live_numbers_.end() && number->second == attempt) live_numbers_.erase(number);
}

// An empty name: all servers.
void Checker::server_disturbed(const std::string& server, Instant now) {
    if (!server.empty()) last_disturbed_us_[server] = now.steady_us;
    const auto disturb = [&](const std::string& id) {
        if (Call& call = calls_.at(id); server.empty() || call.server == server) call.disturbed = true;
    };
    for (const std::string& id : open_) disturb(id);
    while (!ended_a_moment_ago_.empty() && ended_a_moment_ago_.front().first + a_moment_us < now.steady_us) {
        ended_a_moment_ago_.pop_front();
    }
    for (const auto& [at, id] : ended_a_moment_ago_) disturb(id);
}

}  // namespace outdial::simulation
