#include "simulation/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/check.hpp"

namespace outdial::simulation {

namespace {

using std::chrono::minutes;
using std::chrono::seconds;

// Beyond this many calls a run is a measurement: one campaign on roomy caps.
constexpr int measurement_calls = 2'000;

int between(Random& random, int low, int high) {
    return low + static_cast<int>(random.below(static_cast<std::uint64_t>(high - low + 1)));
}
bool one_in(Random& random, int count) { return random.below(static_cast<std::uint64_t>(count)) == 0; }

Template template_of(const std::string& text, Template::Allow allow) {
    auto parsed = Template::parse(text, allow);
    OUTDIAL_CHECK(parsed.has_value());
    return std::move(*parsed);
}

LevelCap draw_cap(Random& random) {
    // Fractions are meant, and so is one channel.
    const double per_second = one_in(random, 4) ? 0.5 + random.unit() * 3 : between(random, 2, 30);
    return {per_second, one_in(random, 6) ? 1 : between(random, 2, 25)};
}

CampaignRules draw_campaign(Random& random, const SiteRules& site, int number) {
    CampaignRules rules;
    rules.list = fmt::format("list{}", number);
    rules.cap = draw_cap(random);
    for (const auto& [trunk, unused] : site.trunks) {
        if (rules.trunks.empty() || one_in(random, 2)) rules.trunks.push_back(trunk);
    }
    rules.ring_timeout_ms = between(random, 4, 15) * 1'000;
    rules.max_attempts = between(random, 1, 4);
    rules.weight = between(random, 1, 3);
    for (const char* outcome : {"busy", "no_answer", "declined"}) {
        if (one_in(random, 4)) continue;
        rules.person[outcome] = {between(random, 3, 40) * 1'000, between(random, 1, 3)};
    }
    rules.technical = {between(random, 2, 15) * 1'000, between(random, 1, 5)};
    rules.lost_after_ms = between(random, 120, 600) * 1'000;
    return rules;
}

std::string draw_note(Random& random, bool hostile) {
    static const std::vector<std::string> nasty = {
        "a,b=c",        "${SHELL(id)}",
        "\"quoted\"",   "back\\slash",
        "(open",        "]close",
        "x&PJSIP/evil", "'; DROP TABLE attempt; --",
        "Żółć ☎",       "=1+1",
        "a;b|c#d%e!f",  "${EPOCH},1",
        "\t\ttabs",     "cut\r\nAction: Command\r\nCommand: core stop now\r\n",
    };
    if (!hostile || one_in(random, 3)) return fmt::format("note {}", random.below(1'000));
    if (one_in(random, 30)) return std::string(600, '"');  // too long for a line once it is escaped
    std::string note;
    const int parts = between(random, 1, 3);
    // The last two would end a line: each of their calls is refused, so they are few.
    for (int i = 0; i < parts; ++i) note += nasty[random.below(one_in(random, 12) ? nasty.size() : nasty.size() - 2)];
    return note;
}

std::vector<Person> draw_people(Random& random, const std::string& prefix, int count, bool hostile, int& next_number) {
    std::vector<Person> people;
    for (int i = 0; i < count; ++i) {
        Person person{.external_id = fmt::format("{}-{}", prefix, i),
                      .numbers = {},
                      .note = draw_note(random, hostile),
                      .zone = {},
                      .account = {}};
        const int numbers = one_in(random, 4) ? between(random, 2, 3) : 1;
        for (int n = 0; n < numbers; ++n) {
            // Some share a number with somebody before them: a family's, or the same person in another list.
            const bool shared = next_number > 10 && one_in(random, 12);
            const int number = shared ? between(random, 1, next_number - 1) : next_number++;
            person.numbers.push_back(fmt::format("+1212{:07}", number));
        }
        people.push_back(std::move(person));
    }
    return people;
}

// Came later than the rest, so it has a generator of its own: older seeds keep their meaning.
void draw_all_hours(Plan& plan) {
    Random apart{plan.seed * 2 + 1'000'003};
    static const std::vector<std::string> zones{"", "", "", "Etc/UTC", "Asia/Kolkata", "Asia/Kathmandu"};
    for (auto& [name, campaign] : plan.site.campaigns) campaign.hours = draw_hours(apart);
    for (auto* lists : {&plan.lists, &plan.later}) {
        for (auto& [name, people] : *lists) {
            for (Person& person : people) person.zone = zones[apart.below(zones.size())];
        }
    }
}

CallingHours to_hours(const HoursRules& rules) {
    DayHours day;
    for (int minute = 0; minute < minutes_per_day; minute += rules.every_minutes) {
        day.push_back({minute + rules.closed_minutes, minute + rules.every_minutes});
    }
    CallingHours hours;
    hours.weekdays.fill(day);
    hours.on_holidays = std::move(day);
    return hours;
}

void draw_faults(Random& random, Plan& plan, FaultSet allowed) {
    Random apart{plan.seed * 2 + 2};  // of what came later: it leaves the meaning of older seeds as it was
    for (int i = 0; i < fault_count; ++i) {
        const auto fault = static_cast<Fault>(i);
        Random& draw = fault >= Fault::forbid ? apart : random;
        const bool drawn = one_in(draw, 3);
        // Often rare, sometimes one upon the other.
        const Microseconds every = seconds{between(draw, 3, one_in(draw, 3) ? 15 : 90)};
        if (!allowed.has(fault) || !drawn) continue;
        plan.faults.add(fault);
        plan.every[fault] = every;
    }
    plan.call_records = one_in(random, 3);
    plan.event_share = 0.005 + random.unit() * random.unit() * 0.3;
    plan.events_are_whole = !plan.has(Fault::drop) && !plan.has(Fault::late);
}

}  // namespace

OrderRules draw_order(Random& random) {
    static const std::vector<std::string> orders{"", "", "important", "important", "poor", "late", "random"};
    OrderRules order{.first = orders[random.below(orders.size())]};
    if (one_in(random, 3)) order.balance_above = between(random, 0, 10);
    return order;
}

namespace {

LimitRules draw_limit(Random& random) {
    static constexpr std::array scopes{"contact", "number", "account"};
    LimitRules limit;
    limit.per = scopes[random.below(scopes.size())];
    limit.within_ms = between(random, 20, 600) * 1'000;
    switch (random.below(5)) {
        case 0: limit.of = "conversation"; break;
        case 1: limit.of = "busy"; break;
        case 2:
            limit.most = between(random, 2, 4);
            limit.within_ms = 0;
            break;
        default: limit.most = between(random, 1, 3);
    }
    return limit;
}

// By a random of its own, as what came later: the meaning of older seeds stays as it was.
void draw_limits(Plan& plan) {
    Random random{plan.seed ^ 0x6c696d697473ULL};
    if (!one_in(random, 3)) return;
    for (auto& [name, campaign] : plan.site.campaigns) {
        const int limits = between(random, 0, 3);
        for (int i = 0; i < limits; ++i) campaign.limits.push_back(draw_limit(random));
    }
    for (auto* lists : {&plan.lists, &plan.later}) {
        for (auto& [list, people] : *lists) {
            for (Person& person : people) {
                if (one_in(random, 3)) person.account = fmt::format("A-{}", random.below(people.size() / 3 + 1));
            }
        }
    }
}

// By a random of its own, likewise.
void draw_orders(Plan& plan) {
    Random random{plan.seed ^ 0x6f7264657273ULL};
    plan.has_orders = one_in(random, 2);
    if (!plan.has_orders) return;
    for (auto& [name, campaign] : plan.site.campaigns) campaign.order = draw_order(random);
    for (auto& [list, people] : plan.lists) {
        for (std::size_t i = 0; i < people.size(); ++i) people[i].row = static_cast<int>(i);
    }
    for (auto* lists : {&plan.lists, &plan.later}) {
        for (auto& [list, people] : *lists) {
            for (Person& person : people) {
                if (one_in(random, 2)) person.importance = between(random, 1, 5);
                person.balance = between(random, 0, 20);
            }
        }
    }
}

void draw_measurement(Plan& plan, int calls) {
    plan.site.all = {200, 5'000};
    plan.site.servers["pbx1"] = {100, 2'500};
    plan.site.servers["pbx2"] = {100, 2'500};
    plan.site.trunks["carrier"] = {{200, 5'000}, {"pbx1", "pbx2"}};
    CampaignRules rules;
    rules.list = "list1";
    rules.cap = {100, 3'000};
    rules.trunks = {"carrier"};
    rules.max_attempts = 2;
    rules.person["no_answer"] = {60'000, 1};
    rules.person["busy"] = {60'000, 1};
    rules.technical = {10'000, 2};
    rules.lost_after_ms = 600'000;
    plan.site.campaigns["campaign1"] = rules;
    // Four people of ten are tried a second time.
    Random random{plan.seed};
    int next_number = 1;
    plan.lists["list1"] = draw_people(random, "p1", std::max(1, calls * 10 / 14), false, next_number);
    // Most of them are made among faults, which must leave the calls time to be made.
    plan.trouble = Microseconds{seconds{calls}} / 200;
    for (auto& [fault, every] : plan.every) every = std::max<Microseconds>(every, minutes{1});
}

}  // namespace

Microseconds Plan::patience() const {
    Microseconds longest = minutes{15};  // holds, silences and lists of channels
    for (const auto& [name, rules] : site.campaigns) {
        std::int64_t after_ms = std::max(rules.technical.after_ms, rules.lost_after_ms);
        for (const auto& [outcome, again] : rules.person) after_ms = std::max(after_ms, again.after_ms);
        const std::int64_t tries = rules.max_attempts + rules.technical.times + 3;
        double per_second = std::min({rules.cap.per_second, site.all.per_second, 1.0});
        const auto people =
            lists.at(rules.list).size() + (later.contains(rules.list) ? later.at(rules.list).size() : 0);
        const auto calls = static_cast<double>(static_cast<std::int64_t>(people) * tries);
        longest += Milliseconds{tries * (after_ms + rules.ring_timeout_ms + 60'000)};
        // Where hours are kept, most of the time is open, but one may be waited for at every try.
        if (rules.hours.every_minutes > 0) longest += tries * minutes{2 * rules.hours.every_minutes};
        longest += Milliseconds{static_cast<std::int64_t>(calls * 20'000.0 / std::max(per_second, 0.1))} *
                   (rules.hours.every_minutes > 0 ? 3 : 1);
        // Those who share an account or a number wait for one another.
        constexpr std::int64_t most_that_share = 16;
        for (const LimitRules& limit : rules.limits) {
            longest += Milliseconds{tries * (limit.within_ms + 60'000) * most_that_share};
        }
    }
    return longest;
}

// Together with the clocks of Nepal and India, which are 45 and 30 minutes beside the hour, four minutes of ten stay
// open.
HoursRules draw_hours(Random& random) {
    static const std::vector<int> periods{10, 12, 15, 20, 30};
    const int every = periods[random.below(periods.size())];
    if (!one_in(random, 3)) return {};
    return {.every_minutes = every, .closed_minutes = between(random, 1, 3)};
}

Plan draw_plan(const PlanOptions& options) {
    Plan plan;
    plan.seed = options.seed;
    plan.audit_keep = options.seed % 3 == 0 ? minutes{3} : minutes{60 * 24 * 1826};
    Random random{options.seed * 2 + 1};
    draw_faults(random, plan, options.faults);
    if (options.calls > measurement_calls) {
        draw_measurement(plan, options.calls);
        return plan;
    }
    plan.site.all = {random.unit() < 0.3 ? 3.0 + random.unit() * 5 : 50.0, between(random, 5, 60)};
    const int servers = between(random, 1, 3);
    for (int i = 1; i <= servers; ++i) plan.site.servers[fmt::format("pbx{}", i)] = draw_cap(random);
    const int trunks = between(random, 1, 3);
    for (int i = 1; i <= trunks; ++i) {
        TrunkRules trunk{draw_cap(random), {}};
        for (const auto& [server, unused] : plan.site.servers) {
            if (trunk.servers.empty() || one_in(random, 2)) trunk.servers.push_back(server);
        }
        plan.site.trunks[fmt::format("carrier{}", i)] = std::move(trunk);
    }
    const int campaigns = between(random, 1, 3);
    const int calls = options.calls > 0 ? options.calls : between(random, 40, 160);
    int next_number = 1;
    for (int i = 1; i <= campaigns; ++i) {
        const CampaignRules rules = draw_campaign(random, plan.site, i);
        const int people = std::max(1, calls / (campaigns * 2));
        plan.lists[rules.list] =
            draw_people(random, fmt::format("p{}", i), people, plan.has(Fault::hostile), next_number);
        if (plan.has(Fault::import)) {
            plan.later[rules.list] =
                draw_people(random, fmt::format("q{}", i), people / 2 + 1, plan.has(Fault::hostile), next_number);
        }
        plan.site.campaigns[fmt::format("campaign{}", i)] = rules;
    }
    plan.trouble = seconds{between(random, 30, 240)};
    draw_all_hours(plan);
    draw_limits(plan);
    draw_orders(plan);
    return plan;
}

namespace {

SharedContactLimits to_limits(const std::vector<LimitRules>& rules) {
    std::vector<ContactLimit> limits;
    for (const LimitRules& rule : rules) {
        ContactLimit& limit = limits.emplace_back();
        limit.name = fmt::format("{}-{}", rule.most, rule.of);
        limit.per = *std::ranges::find(all_limit_scopes, rule.per, [](LimitScope scope) { return to_text(scope); });
        limit.most = rule.most;
        if (rule.within_ms > 0) limit.within = Milliseconds{rule.within_ms};
        if (!rule.of.empty()) limit.counted = call_kind_from(rule.of).value();
    }
    return std::make_shared<const std::vector<ContactLimit>>(std::move(limits));
}

SharedContactOrder to_order(const OrderRules& rules) {
    if (rules == OrderRules{}) return nullptr;
    ContactOrder order;
    if (rules.first == "important") order.priority = "importance";
    if (rules.first == "late") order.by = ContactOrder::By::newest;
    if (rules.first == "random") order.by = ContactOrder::By::random;
    if (rules.first == "poor") {
        order.by = ContactOrder::By::attribute;
        order.attribute = "balance";
    }
    if (rules.balance_above >= 0) {
        order.where = ContactFilter::parse(fmt::format("attributes.balance > {}", rules.balance_above)).value();
    }
    return std::make_shared<const ContactOrder>(std::move(order));
}

}  // namespace

Site to_site(const SiteRules& rules, bool call_records) {
    const auto cap = [](const LevelCap& level) { return Cap{level.per_second, level.channels}; };
    Site site;
    site.limits = cap(rules.all);
    for (const auto& [name, level] : rules.servers) site.servers.push_back({name, cap(level), call_records});
    for (const auto& [name, trunk] : rules.trunks) {
        site.trunks.push_back({.name = name,
                               .servers = trunk.servers,
                               .dial = template_of("PJSIP/{digits}@" + name, Template::Allow::number_only),
                               .cap = cap(trunk.cap),
                               .caller_ids = {"+18005550199"}});
    }
    for (const auto& [name, given] : rules.campaigns) {
        Campaign campaign;
        campaign.name = name;
        campaign.list = given.list;
        campaign.trunks = given.trunks;
        campaign.ring_timeout = Milliseconds{given.ring_timeout_ms};
        campaign.on_answer = DialplanDestination{
            .context = "outbound", .exten = template_of("{digits}", Template::Allow::number_only), .priority = 1};
        campaign.variables = {{"SIM_CAMPAIGN", template_of("{campaign}", Template::Allow::anything)},
                              {"SIM_CONTACT", template_of("{contact.external_id}", Template::Allow::anything)},
                              {"SIM_NOTE", template_of("{contact.note}", Template::Allow::anything)}};
        campaign.pacing = {given.cap.per_second, given.cap.channels};
        campaign.weight = given.weight;
        if (given.hours.every_minutes > 0) {
            campaign.calling = std::make_shared<CallingRules>(
                CallingRules{{{.name = "calling_hours", .regions = {}, .hours = to_hours(given.hours)}}, ""});
        }
        campaign.retry.max_attempts = given.max_attempts;
        for (const auto& [outcome, again] : given.person) {
            campaign.retry.person[*disposition_from(outcome)] = {Milliseconds{again.after_ms}, again.times};
        }
        campaign.retry.technical = {Milliseconds{given.technical.after_ms}, given.technical.times};
        campaign.retry.lost_after = Milliseconds{given.lost_after_ms};
        campaign.order = to_order(given.order);
        if (!given.limits.empty()) campaign.limits = to_limits(given.limits);
        site.campaigns.push_back(std::move(campaign));
    }
    return site;
}

std::vector<NewContact> to_contacts(const std::vector<Person>& people) {
    std::vector<NewContact> contacts;
    for (const Person& person : people) {
        NewContact contact{.external_id = person.external_id, .numbers = {}, .attributes = {{"note", person.note}}};
        if (!person.zone.empty()) contact.attributes.emplace_back("time_zone", person.zone);
        if (!person.account.empty()) contact.attributes.emplace_back("account", person.account);
        if (person.importance > 0) contact.attributes.emplace_back("importance", std::to_string(person.importance));
        if (person.balance >= 0) contact.attributes.emplace_back("balance", std::to_string(person.balance));
        for (const std::string& number : person.numbers) {
            contact.numbers.push_back({.e164 = number, .country_code_digits = 1});
        }
        contacts.push_back(std::move(contact));
    }
    return contacts;
}

}  // namespace outdial::simulation
