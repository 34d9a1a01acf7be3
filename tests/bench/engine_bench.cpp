// What a call costs the engine from its claim to its settlement: some ten inputs and commands, with so many other calls
// up. The store and Asterisk are played by the benchmark and cost next to nothing.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <vector>

#include "core/engine.hpp"

namespace {

using namespace outdial;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Kind = ChannelEvent::Kind;

constexpr int campaigns = 4;

Site site(int channels) {
    Site site{.limits = {3000, channels},
              .servers = {{"s", {3000, channels}}, {"s2", {3000, channels}}},
              .trunks = {},
              .campaigns = {}};
    site.trunks.push_back({.name = "t",
                           .servers = {"s", "s2"},
                           .dial = *Template::parse("PJSIP/{digits}@t", Template::Allow::number_only),
                           .cap = {3000, channels},
                           .caller_ids = {"+18005550001"}});
    for (int i = 0; i < campaigns; ++i) {
        Campaign campaign;
        campaign.name = "c" + std::to_string(i);
        campaign.list = "list";
        campaign.trunks = {"t"};
        campaign.on_answer = DialplanDestination{
            .context = "outbound", .exten = *Template::parse("{digits}", Template::Allow::number_only), .priority = 1};
        campaign.variables = {{"NAME", *Template::parse("{contact.name}", Template::Allow::anything)}};
        campaign.pacing = {.originates_per_second = 3000, .channels = channels};
        site.campaigns.push_back(campaign);
    }
    return site;
}

class Run {
public:
    explicit Run(int talking) : channels_(talking + 2000), talking_(static_cast<std::size_t>(talking)) {
        std::vector<CampaignRecord> records;
        for (int i = 0; i < campaigns; ++i) {
            records.push_back({.id = CampaignId{i + 1},
                               .name = "c" + std::to_string(i),
                               .list = "list",
                               .state = CampaignState::running});
        }
        feed(SiteChanged{site(channels_), records});
        for (const char* server : {"s", "s2"}) {
            feed(ServerUp{.server = server});
            feed(ChannelList{.server = server, .asked_at = now_.steady, .rows = {}});
        }
        while (up_.size() - first_up_ < talking_) turn();
        settled_ = 0;
    }

    // One loop turn of a millisecond.
    void turn() {
        now_.utc += milliseconds{1};
        now_.steady += milliseconds{1};
        feed(Tick{});
        for (const ClaimRequest& request : std::exchange(requests_, {})) {
            ClaimResult result{.campaign = request.campaign, .claims = {}, .unused = {}, .next_due_at = {}};
            for (const Slot& slot : request.slots) {
                Claim claim{.slot = slot,
                            .campaign = request.campaign,
                            .contact = contact_,
                            .history = {},
                            .claimed_at = now_.utc,
                            .facts = {}};
                claim.contact.id = ContactId{++contacts_};
                result.claims.push_back(std::move(claim));
            }
            feed(result);
        }
        for (const AttemptId& attempt : std::exchange(sent_, {})) {
            for (Kind kind :
                 {Kind::accepted, Kind::created, Kind::ringing, Kind::answered, Kind::answered, Kind::answered}) {
                tell(attempt, kind);
            }
            up_.push_back(attempt);
        }
        while (up_.size() - first_up_ > talking_) tell(up_[first_up_++], Kind::hung_up);
        if (first_up_ > 100'000) {
            up_.erase(up_.begin(), up_.begin() + static_cast<std::ptrdiff_t>(first_up_));
            first_up_ = 0;
        }
    }

    [[nodiscard]] std::int64_t settled() const { return settled_; }

private:
    void tell(const AttemptId& attempt, Kind kind) {
        feed(AttemptEvent{attempt, {.kind = kind, .at = now_.utc, .cause = 16, .tech_cause = {}, .text = {}}});
    }

    void feed(const Input& input) {
        for (Command& command : engine_.step(now_, input)) {
            if (auto* request = std::get_if<ClaimRequest>(&command)) requests_.push_back(std::move(*request));
            if (const auto* order = std::get_if<OriginateOrder>(&command)) sent_.push_back(order->attempt);
            if (std::holds_alternative<Settlement>(command)) ++settled_;
        }
    }

    Engine engine_{1};
    Now now_{from_unix_ms(1'800'000'000'000), SteadyTime{seconds{1000}}};
    Contact contact_{.id = {},
                     .external_id = "A-17",
                     .numbers = {{.e164 = "+12125550100", .country_code_digits = 1}},
                     .attributes = {{"name", "Ana"}}};
    int channels_;
    std::size_t talking_;
    std::int64_t contacts_ = 0;
    std::int64_t settled_ = 0;
    std::vector<ClaimRequest> requests_;
    std::vector<AttemptId> sent_;
    std::vector<AttemptId> up_;
    std::size_t first_up_ = 0;
};

void whole_calls(benchmark::State& state) {
    Run run(static_cast<int>(state.range(0)));
    for (auto _ : state) run.turn();
    state.SetItemsProcessed(run.settled());
    state.counters["cpu_per_call"] = benchmark::Counter(static_cast<double>(run.settled()),
                                                        benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

}  // namespace

BENCHMARK(whole_calls)->Arg(0)->Arg(1000)->Arg(5000)->MinTime(2);

BENCHMARK_MAIN();
