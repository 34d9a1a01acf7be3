// What the store costs, on a list of a million contacts all over the USA and Canada, some of whom have moved to another
// state: import, claims of 1 and of 30 slots with their FULL commit and without, whole lifecycles in groups, the
// reporting views, memory; then the claims again by calling hours that leave a third of the contacts open, by a
// do-not-call list of as many numbers besides, which is filled first, and by contact limits, of people who have been
// called before. Prints a table; OUTDIAL_BENCH_CONTACTS and OUTDIAL_BENCH_FORBIDDEN are other sizes.
#include <fcntl.h>
#include <fmt/core.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "store/reports.hpp"
#include "store/store.hpp"
#include "zone/atlas.hpp"

namespace {

using namespace outdial;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr std::size_t default_contacts = 1'000'000;
constexpr std::size_t import_batch = 500;

template <class T>
T must(Result<T> result) {
    if (result) {
        if constexpr (!std::is_void_v<T>) return std::move(*result);
    } else {
        fmt::print(stderr, "claim_bench: {}\n", result.error().message);
        std::exit(1);
    }
}

double seconds(Clock::duration duration) { return std::chrono::duration<double>(duration).count(); }

double thread_cpu_seconds() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

long peak_memory_mib() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss / 1024;
}

void print_row(const std::string& what, const std::string& value) { fmt::print("  {:<58} {:>20}\n", what, value); }

void print_latency(const std::string& what, std::vector<double> samples_ms) {
    std::sort(samples_ms.begin(), samples_ms.end());
    const auto at = [&](double share) {
        return samples_ms[static_cast<std::size_t>(share * static_cast<double>(samples_ms.size() - 1))];
    };
    print_row(what, fmt::format("{:.3f} / {:.3f} ms", at(0.5), at(0.99)));
}

/// The folder is removed at the end.
struct Bench {
    std::filesystem::path folder;
    store::Store store;
    CampaignId campaign;
    std::size_t contacts;
    Random random{1};
    UtcTime now = from_unix_ms(1'800'000'000'000);
    std::vector<DoNotCallChoice> do_not_call{};
    SharedCallingRules calling{};
    SharedContactLimits limits{};

    ClaimRequest request(std::size_t slots) {
        ClaimRequest wanted{campaign, now, 4, {}, do_not_call, calling, 30s, limits};
        for (std::size_t i = 0; i < slots; ++i) {
            wanted.slots.push_back({AttemptId::make(now, random), "carrier-a", "pbx1", "+18001234567"});
        }
        return wanted;
    }
    void settle(const Claim& claim, Disposition disposition) {
        CallFacts facts;
        facts.originated_at = now;
        facts.created_at = now + 40ms;
        facts.ringing_at = now + 900ms;
        facts.ended_at = now + 9s;
        facts.accepted = true;
        facts.hangup_cause = 17;
        NextStep next{NextStep::Kind::retry, now + 2h, 0, "busy", true};
        if (disposition == Disposition::answered) {
            facts.answered_at = now + 6s;
            next = {NextStep::Kind::done, {}, 0, "reached", true};
        }
        must(store.settle({claim.slot.attempt, campaign, claim.contact.id, facts, now + 9s, disposition, "", next}));
    }
};

double fsync_ms(const std::filesystem::path& folder) {
    const auto path = folder / "fsync";
    const int file = ::open(path.c_str(), O_CREAT | O_WRONLY, 0600);
    const std::vector<char> page(4096, 'x');
    constexpr int rounds = 200;
    const auto start = Clock::now();
    for (int i = 0; i < rounds; ++i) {
        if (::write(file, page.data(), page.size()) < 0 || ::fdatasync(file) != 0) std::exit(1);
    }
    const double each = seconds(Clock::now() - start) * 1000 / rounds;
    ::close(file);
    return each;
}

// Those that Google's data knows, in order.
std::vector<int> area_codes(const Geography& geography) {
    std::vector<int> codes;
    for (int code = 201; code <= 989; ++code) {
        if (!must(geography.place_of({fmt::format("+1{}5550100", code), 1}, {})).zones.empty()) codes.push_back(code);
    }
    return codes;
}

// 7919 is prime to the list's size: numbers come in no order, as they do in a call list.
std::string number_of(const std::vector<int>& codes, std::size_t i, std::size_t contacts) {
    const std::size_t number = i * 7919 % contacts;
    return fmt::format("+1{}{:07}", codes[number % codes.size()], number);
}

void bench_import(Bench& bench, const std::vector<int>& codes) {
    static const char* const states[] = {"TX", "CA", "NY", "FL", "WA", "IL", "GA", "OH", "NC", "AZ", "TN", "ID"};
    std::vector<NewContact> batch;
    const auto start = Clock::now();
    const double cpu = thread_cpu_seconds();
    double adding = 0;
    for (std::size_t i = 0; i < bench.contacts;) {
        batch.clear();
        for (; batch.size() < import_batch && i < bench.contacts; ++i) {
            batch.push_back(
                {fmt::format("C{:08}", i),
                 {{number_of(codes, i, bench.contacts), 1}},
                 {{"name", "Ann Example"}, {"account", fmt::format("A-{}", i % (bench.contacts / 2 + 1))}}});
            if (i % 5 == 0) batch.back().attributes.emplace_back("state", states[i / 5 % std::size(states)]);
        }
        const double before = thread_cpu_seconds();
        must(bench.store.add_contacts("customers", batch, bench.now));
        adding += thread_cpu_seconds() - before;
        if (bench.store.wal_pages() > 8000) must(bench.store.checkpoint());
    }
    const double wall = seconds(Clock::now() - start);
    const double rows = static_cast<double>(bench.contacts);
    print_row(fmt::format("import, batches of {}, each with its FULL commit", import_batch),
              fmt::format("{:.0f} rows/s", rows / wall));
    print_row("  by CPU time of add_contacts alone", fmt::format("{:.0f} rows/s", rows / adding));
    print_row("  CPU time of everything", fmt::format("{:.1f} s", thread_cpu_seconds() - cpu));
}

void bench_claims(Bench& bench, std::size_t slots, bool durable, int rounds) {
    std::vector<double> samples;
    std::vector<double> cpu_samples;
    for (int i = 0; i < rounds; ++i) {
        bench.now += 10ms;
        const ClaimRequest request = bench.request(slots);
        if (!durable) must(bench.store.begin());
        const auto start = Clock::now();
        const double cpu = thread_cpu_seconds();
        const ClaimResult result = must(bench.store.claim(request));
        cpu_samples.push_back((thread_cpu_seconds() - cpu) * 1000);
        samples.push_back(seconds(Clock::now() - start) * 1000);
        for (const Claim& claim : result.claims) bench.settle(claim, Disposition::busy);
        if (!durable) must(bench.store.commit());
        if (bench.store.wal_pages() > 1000) must(bench.store.checkpoint());
    }
    print_latency(
        fmt::format("claim of {} slots {}, p50 / p99", slots, durable ? "with FULL commit" : "inside a group"),
        std::move(samples));
    print_latency("  by CPU time", std::move(cpu_samples));
}

void bench_all_claims(Bench& bench) {
    bench_claims(bench, 1, true, 1000);
    bench_claims(bench, 30, true, 500);
    bench_claims(bench, 1, false, 1000);
    bench_claims(bench, 30, false, 500);
}

// At eight by UTC it is three in the east, two in Chicago, and midnight at the other ocean.
void bench_hours(Bench& bench) {
    CallingHours hours;
    hours.weekdays.fill({{3 * 60, 20 * 60}});
    hours.on_holidays = {{3 * 60, 20 * 60}};
    bench.calling = std::make_shared<CallingRules>(CallingRules{{{"calling_hours", {}, hours}}, ""});
    const auto start = Clock::now();
    must(bench.store.look_up_hours({bench.campaign, bench.calling, 30s, bench.now}));
    print_row("hours of all places of the list looked up",
              fmt::format("{:.1f} ms", seconds(Clock::now() - start) * 1000));
    bench_all_claims(bench);
}

// Numbers in no order, none of a contact but every hundredth, as in a public register.
void bench_do_not_call(Bench& bench, std::size_t count, const std::vector<int>& codes) {
    constexpr std::size_t batch_size = 5000;
    constexpr std::size_t prime = 7'654'321;
    std::vector<DoNotCallNumber> batch;
    const auto start = Clock::now();
    for (std::size_t i = 0; i < count;) {
        batch.clear();
        for (; batch.size() < batch_size && i < count; ++i) {
            const std::size_t number = i * prime % count;
            const bool is_contact = i % 100 == 0 && i < bench.contacts;
            batch.push_back({.e164 = is_contact ? number_of(codes, i, bench.contacts) : fmt::format("+49{:09}", number),
                             .expires_at = {},
                             .source = "import",
                             .reason = {}});
        }
        must(bench.store.forbid("register", batch, bench.now));
        if (bench.store.wal_pages() > 8000) must(bench.store.checkpoint());
    }
    must(bench.store.set_copied_at("register", bench.now, bench.now));
    print_row(fmt::format("{} numbers onto a do-not-call list", count),
              fmt::format("{:.0f} /s", static_cast<double>(count) / seconds(Clock::now() - start)));
    bench.do_not_call = {{"register", 24h * 31}};
    bench_all_claims(bench);
}

ContactLimit limit_of(int most, Milliseconds within, LimitScope per, const char* kind) {
    ContactLimit limit;
    limit.name = kind;
    limit.per = per;
    limit.most = most;
    limit.within = within;
    if (const auto counted = call_kind_from(kind)) limit.counted = *counted;
    return limit;
}

// The retries of the calls that the lifecycles have made are due; each is looked up by eight limits. Then one limit
// more keeps them all from being called: a claim puts as many aside as it may.
void bench_limits(Bench& bench) {
    bench.now += 3h;
    bench.do_not_call.clear();
    bench.calling = nullptr;
    print_row("people who have been called before, without contact limits", "");
    bench_claims(bench, 1, false, 1000);
    bench_claims(bench, 30, false, 300);
    std::vector<ContactLimit> limits{limit_of(3, 24h, LimitScope::number, "any"),
                                     limit_of(3, 24h, LimitScope::contact, "any"),
                                     limit_of(1, 1h, LimitScope::contact, "any"),
                                     limit_of(7, 24h * 7, LimitScope::account, "any"),
                                     limit_of(1, 24h * 7, LimitScope::account, "conversation"),
                                     limit_of(1, 24h * 60, LimitScope::contact, "refusal"),
                                     limit_of(1, 72h, LimitScope::number, "abandoned"),
                                     limit_of(1, 24h, LimitScope::number, "machine")};
    bench.limits = std::make_shared<const std::vector<ContactLimit>>(limits);
    print_row("by eight contact limits", "");
    bench_claims(bench, 1, true, 1000);
    bench_claims(bench, 30, true, 500);
    bench_claims(bench, 1, false, 1000);
    bench_claims(bench, 30, false, 500);
    limits.push_back(limit_of(1, 24h * 7, LimitScope::contact, "any"));
    bench.limits = std::make_shared<const std::vector<ContactLimit>>(limits);
    print_row("and one that none of them keeps to", "");
    bench_claims(bench, 30, false, 60);
}

// What the daemon does: each group ends the calls of the one before, tells of those that ring, and claims as many
// again.
void bench_lifecycles(Bench& bench, std::size_t group, std::size_t groups) {
    std::vector<Claim> live;
    const auto start = Clock::now();
    const double cpu = thread_cpu_seconds();
    double commits = 0;
    double checkpoints = 0;
    for (std::size_t i = 0; i < groups; ++i) {
        bench.now += 10ms;
        must(bench.store.begin());
        for (std::size_t k = 0; k < live.size(); ++k) {
            bench.settle(live[k], k % 4 == 0 ? Disposition::answered : Disposition::busy);
        }
        live = must(bench.store.claim(bench.request(group))).claims;
        std::vector<Progress> ringing;
        for (const Claim& claim : live) {
            CallFacts facts;
            facts.originated_at = bench.now;
            facts.ringing_at = bench.now + 900ms;
            ringing.push_back({claim.slot.attempt, facts});
        }
        must(bench.store.record(ringing));
        const auto before = Clock::now();
        must(bench.store.commit());
        const auto committed = Clock::now();
        commits += seconds(committed - before);
        if (bench.store.wal_pages() > 1000) must(bench.store.checkpoint());
        checkpoints += seconds(Clock::now() - committed);
    }
    const double calls = static_cast<double>(group * groups);
    const double used = thread_cpu_seconds() - cpu;
    print_row(fmt::format("lifecycles (claim, ringing, settle) in groups of {}", group),
              fmt::format("{:.0f} /s of CPU", calls / used));
    print_row("  with every FULL commit and checkpoint",
              fmt::format("{:.0f} /s", calls / seconds(Clock::now() - start)));
    print_row("  one commit; checkpoints",
              fmt::format("{:.2f} ms; {:.0f} %", commits * 1000 / static_cast<double>(groups),
                          100 * checkpoints / seconds(Clock::now() - start)));
    must(bench.store.begin());
    for (const Claim& claim : live) bench.settle(claim, Disposition::busy);
    must(bench.store.commit());
}

void bench_reports(Bench& bench) {
    auto reader = must(store::ReportReader::open(bench.folder / "bench.db"));
    const std::pair<const char*, store::Report> reports[] = {
        {"campaign_progress", store::Report::campaign_progress},
        {"disposition_summary", store::Report::disposition_summary},
        {"hourly_activity", store::Report::hourly_activity},
        {"why_not", store::Report::why_not},
        {"trunk_health", store::Report::trunk_health},
    };
    for (const auto& [name, report] : reports) {
        const auto start = Clock::now();
        const auto table = must(reader.read(report, "", 1000));
        print_row(fmt::format("view {}", name), fmt::format("{:.0f} ms", seconds(Clock::now() - start) * 1000));
    }
}

}  // namespace

int main() {
    const char* wanted = std::getenv("OUTDIAL_BENCH_CONTACTS");
    const std::size_t contacts = wanted == nullptr ? default_contacts : std::strtoul(wanted, nullptr, 10);
    std::string pattern = (std::filesystem::temp_directory_path() / "outdial-bench-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) return 1;
    const std::filesystem::path folder = pattern;
    {
        Bench bench{folder, must(store::Store::open(folder / "bench.db")), {}, contacts};
        const store::CampaignListing listing{"renewals", "customers"};
        bench.campaign = must(bench.store.register_campaigns({&listing, 1})).front().id;
        must(bench.store.set_campaign_state(bench.campaign, CampaignState::running, bench.now));
        fmt::print("store, {} contacts\n", contacts);
        print_row("fdatasync of one page on this disk", fmt::format("{:.2f} ms", fsync_ms(folder)));
        const auto atlas = std::make_shared<const zone::Atlas>(must(zone::Atlas::load()));
        bench.store.set_geography(atlas);
        const std::vector<int> codes = area_codes(*atlas);
        bench_import(bench, codes);
        bench_all_claims(bench);
        bench_lifecycles(bench, 30, 1000);
        bench_lifecycles(bench, 100, 500);
        bench_reports(bench);
        bench_hours(bench);
        const char* forbidden = std::getenv("OUTDIAL_BENCH_FORBIDDEN");
        bench_do_not_call(bench, forbidden == nullptr ? contacts : std::strtoul(forbidden, nullptr, 10), codes);
        bench_limits(bench);
        print_row("peak memory", fmt::format("{} MiB", peak_memory_mib()));
        print_row("database file", fmt::format("{} MiB", std::filesystem::file_size(folder / "bench.db") >> 20));
    }
    std::filesystem::remove_all(folder);
    return 0;
}
