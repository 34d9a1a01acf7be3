#include "fuzz/engine_desk.hpp"

#include <fmt/format.h>

namespace outdial::fuzz {

namespace {

using std::chrono::seconds;

constexpr UtcTime first_utc = from_unix_ms(1'800'000'000'000);
constexpr SteadyTime first_steady{seconds{1000}};
constexpr std::array rates{0.5, 1.0, 2.5, 5.0, 20.0, 1000.0};
constexpr std::array causes{0, 1, 3, 16, 17, 19, 21, 34, 127};
constexpr Milliseconds ring_timeout = seconds{20};
constexpr int ticks_to_end = 300;

std::string server_name(int number) { return fmt::format("s{}", number); }
std::string trunk_name(int number) { return fmt::format("t{}", number); }

}  // namespace

EngineDesk::EngineDesk(Bytes& bytes) : bytes_(bytes), now_{first_utc, first_steady} {
    use_site(read_site(0));
    step(AttemptsFound{});
    for (int i = 0; i < servers; ++i) {
        servers_[static_cast<std::size_t>(i)] = {.up = true};
        step(ServerUp{.server = server_name(i), .originate_window = 1 + bytes_.below(4)});
    }
}

// --- inputs

void EngineDesk::advance(Microseconds by) {
    now_.steady += by;
    now_.utc += std::chrono::duration_cast<Milliseconds>(by);
    step(Tick{});
}

void EngineDesk::advance_to_wakeup() {
    const SteadyTime wakeup = engine_.next_wakeup();
    if (wakeup == SteadyTime::max()) return;
    advance(std::max(wakeup - now_.steady, Microseconds{0}));
}

void EngineDesk::jump_wall_clock() {
    now_.utc += seconds{bytes_.byte()} - seconds{100};
    step(Tick{});
}

Cap EngineDesk::read_cap() {
    const int choice = bytes_.byte();
    return {.originates_per_second = rates[static_cast<std::size_t>(choice) % rates.size()],
            .channels = 1 + choice / 8 % 6};
}

// By the bits of `kept` the second of each kind is missing; then nothing names it.
Site EngineDesk::read_site(int kept) {
    const int servers_kept = (kept & 3) == 3 ? 1 : servers;
    const int trunks_kept = (kept & 12) == 12 ? 1 : trunks;
    const int campaigns_kept = (kept & 48) == 48 ? 1 : campaigns;
    Site site{.limits = read_cap(), .servers = {}, .trunks = {}, .campaigns = {}};
    std::vector<std::string> server_names;
    for (int i = 0; i < servers_kept; ++i) {
        site.servers.push_back({.name = server_name(i), .cap = read_cap(), .has_call_records = (kept & 64) != 0});
        server_names.push_back(server_name(i));
    }
    std::vector<std::string> trunk_names;
    for (int i = 0; i < trunks_kept; ++i) {
        static const Template dial = *Template::parse("PJSIP/{digits}@t", Template::Allow::number_only);
        site.trunks.push_back(
            {.name = trunk_name(i), .servers = server_names, .dial = dial, .cap = read_cap(), .caller_ids = {}});
        trunk_names.push_back(trunk_name(i));
    }
    for (int i = 0; i < campaigns_kept; ++i) {
        static const Template exten = *Template::parse("{digits}", Template::Allow::number_only);
        Campaign campaign;
        campaign.name = fmt::format("c{}", i);
        campaign.list = "list";
        campaign.trunks = trunk_names;
        campaign.ring_timeout = ring_timeout;
        campaign.on_answer = DialplanDestination{.context = "outbound", .exten = exten, .priority = 1};
        const Cap cap = read_cap();
        campaign.pacing = {.originates_per_second = cap.originates_per_second, .channels = cap.channels};
        campaign.retry.max_attempts = max_attempts;
        campaign.retry.person[Disposition::busy] = {.after = seconds{10}, .times = 2};
        site.campaigns.push_back(std::move(campaign));
    }
    return site;
}

void EngineDesk::change_site() { use_site(read_site(bytes_.byte())); }

void EngineDesk::use_site(Site site) {
    site_ = std::move(site);
    for (Level& level : levels_) level.configured = false;
    const auto configure = [&](std::size_t place, const Cap& cap) {
        levels_[place].cap = cap;
        levels_[place].configured = true;
    };
    configure(all_level, site_.limits);
    for (std::size_t i = 0; i < site_.servers.size(); ++i) configure(first_server + i, site_.servers[i].cap);
    for (std::size_t i = 0; i < site_.trunks.size(); ++i) configure(first_trunk + i, site_.trunks[i].cap);
    std::vector<CampaignRecord> records;
    for (std::size_t i = 0; i < site_.campaigns.size(); ++i) {
        const RatePacing& pacing = site_.campaigns[i].pacing;
        configure(first_campaign + i, {pacing.originates_per_second, pacing.channels});
        records.push_back({.id = CampaignId{static_cast<std::int64_t>(i) + 1},
                           .name = site_.campaigns[i].name,
                           .list = "list",
                           .state = states_[i]});
    }
    step(SiteChanged{.site = site_, .records = std::move(records)});
    // A campaign without its file does not run, and does not start by itself when the file is back.
    for (std::size_t i = site_.campaigns.size(); i < campaigns; ++i) {
        OUTDIAL_CHECK(states_[i] != CampaignState::running);
    }
}

void EngineDesk::give_order() {
    const int choice = bytes_.byte();
    const auto campaign = static_cast<std::size_t>(choice % campaigns);
    const auto order = static_cast<CampaignOrder>(choice / campaigns % 5);
    const auto expected = apply(order, states_[campaign]);
    const CampaignState before = states_[campaign];
    step(CampaignOrdered{.campaign = CampaignId{static_cast<std::int64_t>(campaign) + 1}, .order = order});
    const CampaignState after = states_[campaign];
    const bool drained = expected && *expected == CampaignState::draining && after == CampaignState::finished;
    OUTDIAL_CHECK(drained || after == (expected ? *expected : before));
}

void EngineDesk::change_server() {
    const int choice = bytes_.byte();
    const auto place = static_cast<std::size_t>(choice % servers);
    ServerState& server = servers_[place];
    const std::string name = server_name(static_cast<int>(place));
    if (!server.up) {
        server = {.up = true};
        step(ServerUp{.server = name, .originate_window = 1 + choice / servers % 4});
    } else if (choice < 64) {
        server.draining = true;
        step(ServerDraining{.server = name});
    } else {
        server = {};
        step(ServerDown{.server = name});
    }
}

Claim EngineDesk::read_claim(Attempt& attempt) {
    attempt.state = Attempt::State::committed;
    attempt.contact = ContactId{next_contact_++};
    attempt.charged = bytes_.below(max_attempts);
    Claim claim{.slot = attempt.slot,
                .campaign = CampaignId{static_cast<std::int64_t>(attempt.campaign) + 1},
                .contact = {.id = attempt.contact, .external_id = {}, .numbers = {}, .attributes = {}},
                .position = 0,
                .history = {},
                .claimed_at = now_.utc,
                .facts = {}};
    claim.history.charged = attempt.charged;
    claim.contact.numbers = {{.e164 = fmt::format("+1{:010}", attempt.contact.value), .country_code_digits = 1}};
    return claim;
}

void EngineDesk::answer_claim() {
    if (claims_asked_.empty()) return;
    const ClaimRequest request = std::move(claims_asked_.front());
    claims_asked_.pop_front();
    const std::size_t found = bytes_.byte();
    ClaimResult result{.campaign = request.campaign, .claims = {}, .unused = {}, .next_due_at = {}, .exhausted = false};
    for (const Slot& slot : request.slots) {
        Attempt& attempt = attempts_.at(slot.attempt);
        if (result.claims.size() < found) {
            result.claims.push_back(read_claim(attempt));
        } else {
            result.unused.push_back(slot);
            free_channel(attempt);
            attempt.state = Attempt::State::unused;
        }
    }
    if (!result.unused.empty()) {
        const int due = bytes_.byte();
        if (due > 0) result.next_due_at = now_.utc + seconds{due};
        const Level& campaign = levels_[first_campaign + static_cast<std::size_t>(request.campaign.value) - 1];
        result.exhausted = due == 0 && result.claims.empty() && campaign.occupied == 0;
    }
    step(result);
}

void EngineDesk::fail_claim() {
    if (claims_asked_.empty()) return;
    const ClaimRequest request = std::move(claims_asked_.front());
    claims_asked_.pop_front();
    for (const Slot& slot : request.slots) {
        Attempt& attempt = attempts_.at(slot.attempt);
        free_channel(attempt);
        attempt.state = Attempt::State::unused;
    }
    step(ClaimFailed{.request = request});
}

EngineDesk::Attempt* EngineDesk::pick_attempt() {
    if (sent_.empty()) return nullptr;
    const std::size_t back = bytes_.byte() % sent_.size();
    return &attempts_.at(sent_[sent_.size() - 1 - back]);
}

ChannelEvent EngineDesk::read_event() {
    const int choice = bytes_.byte();
    constexpr int kinds = static_cast<int>(ChannelEvent::Kind::result) + 1;
    ChannelEvent event{.kind = static_cast<ChannelEvent::Kind>(choice % kinds),
                       .at = now_.utc,
                       .cause = {},
                       .tech_cause = {},
                       .text = choice >= 128 ? "machine" : ""};
    if (choice / kinds % 2 == 0) event.cause = causes[bytes_.byte() % causes.size()];
    return event;
}

void EngineDesk::tell_event() {
    Attempt* attempt = pick_attempt();
    if (attempt == nullptr) return;
    const ChannelEvent event = read_event();
    if (attempt->state == Attempt::State::sent) fold_fact(*attempt, event);
    step(AttemptEvent{.attempt = attempt->slot.attempt, .event = event});
}

void EngineDesk::answer_list() {
    const int choice = bytes_.byte();
    const auto place = static_cast<std::size_t>(choice % servers);
    ServerState& server = servers_[place];
    if (!server.up || !server.list_asked) return;
    server.list_asked = false;
    server.listed = true;
    ChannelList list{.server = server_name(static_cast<int>(place)), .asked_at = server.list_asked_at, .rows = {}};
    for (const AttemptId& id : sent_) {
        Attempt& attempt = attempts_.at(id);
        if (attempt.state != Attempt::State::sent || attempt.over || place_of(attempt.slot.server) != place) continue;
        const int row = bytes_.byte();
        if (row % 3 == 0) continue;  // its channel is gone, and we have heard nothing of it
        using Kind = ChannelEvent::Kind;
        const Kind kind = row % 3 == 1 ? Kind::answered : row > 128 ? Kind::ringing : Kind::created;
        list.rows.push_back({.attempt = id, .up = kind == Kind::answered, .ringing = kind == Kind::ringing});
        fold_fact(attempt, {.kind = kind, .at = now_.utc, .cause = {}, .tech_cause = {}, .text = {}});
    }
    step(list);
}

void EngineDesk::fail_list() {
    const auto place = static_cast<std::size_t>(bytes_.below(servers));
    if (!servers_[place].up || !servers_[place].list_asked) return;
    servers_[place].list_asked = false;
    step(ChannelListFailed{.server = server_name(static_cast<int>(place))});
}

void EngineDesk::answer_records() {
    if (records_asked_.empty()) return;
    CallRecordsFound found{.asked = std::move(records_asked_.front().attempts), .events = {}};
    records_asked_.pop_front();
    for (const AttemptId& id : found.asked) {
        if (!bytes_.flag()) continue;
        Attempt& attempt = attempts_.at(id);
        const ChannelEvent event = read_event();
        if (attempt.state == Attempt::State::sent) fold_fact(attempt, event);
        found.events.push_back({.attempt = id, .event = event});
    }
    step(found);
}

void EngineDesk::add_contacts() { step(ContactsAdded{.list = "list"}); }

void EngineDesk::measure_load() {
    load_ = bytes_.byte() / 240.0;
    step(LoadMeasured{{.share = load_, .of = "memory"}});
}

void EngineDesk::stop_dialing() {
    stopped_ = true;
    engine_.stop_dialing();
    step(Tick{});
}

void EngineDesk::end_all() {
    for (std::size_t i = 0; i < servers; ++i) {
        if (!servers_[i].up) continue;
        servers_[i] = {};
        step(ServerDown{.server = server_name(static_cast<int>(i))});
    }
    while (!claims_asked_.empty()) fail_claim();
    while (!records_asked_.empty()) answer_records();
    OUTDIAL_CHECK(engine_.status(now_).all.calls == levels_[all_level].occupied);
    for (int i = 0; i < ticks_to_end && engine_.live_attempts() > 0; ++i) {
        OUTDIAL_CHECK(engine_.next_wakeup() != SteadyTime::max());
        advance(std::max<Microseconds>(engine_.next_wakeup() - now_.steady, seconds{60}));
    }
    OUTDIAL_CHECK(engine_.live_attempts() == 0 && levels_[all_level].occupied == 0);
    for (const auto& [id, attempt] : attempts_) {
        OUTDIAL_CHECK(attempt.state == Attempt::State::settled || attempt.state == Attempt::State::unused);
    }
}

}  // namespace outdial::fuzz
