// What the store costs, on a list of a million contacts: import, claims of 1 and of 30 slots with their FULL commit and
// without, whole lifecycles in groups, the reporting views, memory; then the claims again by a do-not-call list of as
// many numbers, which is filled first. Prints a table; OUTDIAL_BENCH_CONTACTS and OUTDIAL_BENCH_FORBIDDEN are other
// sizes.
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
#include <string>
#include <vector>

#include "base/random.hpp"
#include "store/reports.hpp"
#include "store/store.hpp"

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

    ClaimRequest request(std::size_t slots) {
        ClaimRequest wanted{campaign, now, 4, {}, do_not_call};
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

void bench_import(Bench& bench) {
    std::vector<NewContact> batch;
    const auto start = Clock::now();
    const double cpu = thread_cpu_seconds();
    double adding = 0;
    for (std::size_t i = 0; i < bench.contacts;) {
        batch.clear();
        for (; batch.size() < import_batch && i < bench.contacts; ++i) {
            // 7919 is prime to the list's size: numbers come in no order, as they do in a call list.
            const std::size_t number = i * 7919 % bench.contacts;
            batch.push_back({fmt::format("C{:08}", i),
                             {{fmt::format("+1202{:07}", number), 1}},
                             {{"name", "Ann Example"}, {"policy_id", fmt::format("P-{}", i)}}});
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
    for (int i = 0; i < rounds; ++i) {
        bench.now += 10ms;
        const ClaimRequest request = bench.request(slots);
        if (!durable) must(bench.store.begin());
        const auto start = Clock::now();
        const ClaimResult result = must(bench.store.claim(request));
        samples.push_back(seconds(Clock::now() - start) * 1000);
        for (const Claim& claim : result.claims) bench.settle(claim, Disposition::busy);
        if (!durable) must(bench.store.commit());
        if (bench.store.wal_pages() > 1000) must(bench.store.checkpoint());
    }
    print_latency(
        fmt::format("claim of {} slots {}, p50 / p99", slots, durable ? "with FULL commit" : "inside a group"),
        std::move(samples));
}

// Numbers in no order, none of a contact but every hundredth, as in a public register.
void bench_do_not_call(Bench& bench, std::size_t count) {
    constexpr std::size_t batch_size = 5000;
    constexpr std::size_t prime = 7'654'321;
    std::vector<DoNotCallNumber> batch;
    const auto start = Clock::now();
    for (std::size_t i = 0; i < count;) {
        batch.clear();
        for (; batch.size() < batch_size && i < count; ++i) {
            const std::size_t number = i * prime % count;
            const bool is_contact = i % 100 == 0 && i < bench.contacts;
            batch.push_back({.e164 = is_contact ? fmt::format("+1202{:07}", i) : fmt::format("+13{:09}", number),
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
    bench_claims(bench, 1, true, 1000);
    bench_claims(bench, 30, true, 500);
    bench_claims(bench, 1, false, 1000);
    bench_claims(bench, 30, false, 500);
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
        bench_import(bench);
        bench_claims(bench, 1, true, 1000);
        bench_claims(bench, 30, true, 500);
        bench_claims(bench, 1, false, 1000);
        bench_claims(bench, 30, false, 500);
        bench_lifecycles(bench, 30, 1000);
        bench_lifecycles(bench, 100, 500);
        bench_reports(bench);
        const char* forbidden = std::getenv("OUTDIAL_BENCH_FORBIDDEN");
        bench_do_not_call(bench, forbidden == nullptr ? contacts : std::strtoul(forbidden, nullptr, 10));
        print_row("peak memory", fmt::format("{} MiB", peak_memory_mib()));
        print_row("database file", fmt::format("{} MiB", std::filesystem::file_size(folder / "bench.db") >> 20));
    }
    std::filesystem::remove_all(folder);
    return 0;
}
