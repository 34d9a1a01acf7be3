#include "core/rate_limit.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <functional>
#include <vector>

#include "base/random.hpp"

using namespace outdial;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr SteadyTime start{seconds{5000}};

// When a loop that takes whatever is permitted, and sleeps until `wakeup(earliest)` otherwise, takes.
std::vector<SteadyTime> takes(RateLimit& limit, SteadyTime from, Microseconds duration,
                              const std::function<SteadyTime(SteadyTime)>& wakeup) {
    std::vector<SteadyTime> taken;
    for (SteadyTime now = from; now < from + duration; now = wakeup(limit.earliest(now))) {
        while (limit.permits(now)) {
            limit.take(now);
            taken.push_back(now);
        }
    }
    return taken;
}

// The shortest time in which one more than a second's worth was taken.
Microseconds tightest(const std::vector<SteadyTime>& taken, double per_second) {
    const auto most = static_cast<std::size_t>(std::ceil(per_second));
    Microseconds result = Microseconds::max();
    for (std::size_t i = most; i < taken.size(); ++i) result = std::min(result, taken[i] - taken[i - most]);
    return result;
}

SteadyTime rounded_up(SteadyTime time, Microseconds tick) {
    const auto ticks = (time.time_since_epoch().count() + tick.count() - 1) / tick.count();
    return SteadyTime{tick * ticks};
}

double per_second_of(const std::vector<SteadyTime>& taken, Microseconds duration) {
    return static_cast<double>(taken.size()) / std::chrono::duration<double>(duration).count();
}

}  // namespace

TEST_CASE("whatever the rate and however late the wake-ups, no sliding second and guard sees more than the rate") {
    Random random{21};
    for (int run = 0; run < 150; ++run) {
        const double rate = 0.05 * std::pow(60'000, random.unit());  // 0.05 to 3000
        const auto lateness = random.below(60'000) + 1;
        CAPTURE(rate, lateness);
        RateLimit limit{rate};
        const auto duration =
            Microseconds{static_cast<std::int64_t>(std::max(4.0, std::min(2000 / rate, 400.0)) * 1e6)};
        const auto taken = takes(limit, start, duration, [&](SteadyTime earliest) {
            // Now and then the loop sleeps for long.
            const auto pause = random.below(200) == 0 ? random.below(3'000'000) : 0;
            return earliest + Microseconds{random.below(lateness) + pause};
        });
        REQUIRE(tightest(taken, rate) > seconds{1} + RateLimit::guard - Microseconds{1});
    }
}

TEST_CASE("in the long run at least 98 % of the rate is used, with late wake-ups and coarse timers") {
    for (const double rate : {0.05, 0.5, 1.0, 1.5, 2.5, 10.0, 33.3, 100.0}) {
        const auto duration = seconds{static_cast<int>(std::max(60.0, 500 / rate))};
        const auto check = [&](const std::function<SteadyTime(SteadyTime)>& wakeup) {
            RateLimit limit{rate};
            const auto taken = takes(limit, start, duration, wakeup);
            CHECK(per_second_of(taken, duration) >= 0.98 * rate - 2 / std::chrono::duration<double>(duration).count());
            CHECK(per_second_of(taken, duration) <= rate + 1 / std::chrono::duration<double>(duration).count());
        };
        CAPTURE(rate);
        check([](SteadyTime earliest) { return earliest + milliseconds{1}; });
        for (int tick = 1; tick <= 5; ++tick) {
            CAPTURE(tick);
            check([&](SteadyTime earliest) { return rounded_up(earliest, milliseconds{tick}); });
        }
    }
}

TEST_CASE("3000 a second are reached with timers of 5 ms") {
    RateLimit limit{3000};
    const auto taken =
        takes(limit, start, seconds{20}, [](SteadyTime earliest) { return rounded_up(earliest, milliseconds{5}); });
    CHECK(per_second_of(taken, seconds{20}) >= 0.98 * 3000);
    CHECK(tightest(taken, 3000) > seconds{1});
}

TEST_CASE("permits are evenly spaced: no more than catch_up's worth comes early") {
    Random random{5};
    for (const double rate : {1.0, 8.0, 100.0, 3000.0}) {
        RateLimit limit{rate};
        const auto taken = takes(limit, start, seconds{8}, [&](SteadyTime earliest) {
            return earliest + Microseconds{random.below(random.below(100) == 0 ? 900'000 : 2'000)};
        });
        // In any stretch of time: its length and catch_up, divided by the gap, and one.
        const double gap = static_cast<double>(Microseconds{seconds{1} + RateLimit::guard}.count()) / rate;
        std::size_t most_over = 0;
        for (std::size_t from = 0; from < taken.size(); from += 7) {
            for (std::size_t to = from; to < std::min(taken.size(), from + 400); ++to) {
                const double length = static_cast<double>((taken[to] - taken[from] + RateLimit::catch_up).count());
                const double most = length / std::floor(gap) + 1;
                if (static_cast<double>(to - from + 1) > most + 1e-6) ++most_over;
            }
        }
        CAPTURE(rate);
        CHECK(most_over == 0);
    }
}

TEST_CASE("after a pause of a second or more, and at the very start, there is no burst at all") {
    RateLimit limit{100};
    const auto punctual = [](SteadyTime earliest) { return earliest; };
    const auto at_start = takes(limit, start, milliseconds{100}, punctual);
    CHECK(at_start.size() == 10);
    (void)takes(limit, start + milliseconds{100}, seconds{3}, punctual);
    const auto after_pause = takes(limit, start + seconds{60}, milliseconds{100}, punctual);
    CHECK(after_pause.size() == 10);
    CHECK(after_pause[1] - after_pause[0] >= milliseconds{10});
}

TEST_CASE("a raised rate is used at once, without a burst") {
    const auto punctual = [](SteadyTime earliest) { return earliest; };
    RateLimit limit{0.05};
    (void)takes(limit, start, seconds{1}, punctual);
    limit.change(10);
    const auto taken = takes(limit, start + seconds{1}, seconds{10}, punctual);
    CHECK(taken.size() >= 98);
    CHECK(taken.front() <= start + seconds{1} + RateLimit::guard);
    CHECK(tightest(taken, 10) > seconds{1});
}

TEST_CASE("a lowered rate counts what was taken before") {
    const auto punctual = [](SteadyTime earliest) { return earliest; };
    RateLimit limit{100};
    const auto before = takes(limit, start, seconds{2}, punctual);
    limit.change(10);
    const auto after = takes(limit, start + seconds{2}, seconds{5}, punctual);
    REQUIRE_FALSE(after.empty());
    CHECK(after.front() - before[before.size() - 10] > seconds{1});
    CHECK(tightest(after, 10) > seconds{1});
}

TEST_CASE("changes to and fro never allow more than the highest rate") {
    Random random{3};
    RateLimit limit{100};
    std::vector<SteadyTime> all;
    SteadyTime now = start;
    for (int i = 0; i < 200; ++i) {
        const auto duration = Microseconds{random.below(300'000)};
        const auto taken = takes(limit, now, duration, [](SteadyTime earliest) { return earliest + milliseconds{2}; });
        all.insert(all.end(), taken.begin(), taken.end());
        now += duration;
        limit.change(i % 2 == 0 ? 5 : 100);
    }
    CHECK(tightest(all, 100) > seconds{1});
}

TEST_CASE("what somebody else has taken counts, whatever it was") {
    RateLimit fast{5};
    fast.assume_used(start);
    CHECK(fast.earliest(start) == start + seconds{1} + RateLimit::guard);
    RateLimit slow{0.25};
    slow.assume_used(start);
    CHECK(slow.earliest(start) >= start + seconds{4});
}

TEST_CASE("planning: those that wait go first, one gap each") {
    const Microseconds gap = (Microseconds{seconds{1}} + RateLimit::guard) / 10;
    RateLimit limit{10};
    CHECK(limit.earliest(start) == start);
    CHECK(limit.earliest(start, 3) == start + 3 * gap);
    limit.take(start);
    CHECK_FALSE(limit.permits(start));
    CHECK(limit.earliest(start) == start + gap);
    CHECK(limit.per_second() == 10);
}
