#include "daemon/load_meter.hpp"

#include <stdlib.h>

#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>

using namespace outdial;
using namespace outdial::daemon;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t mib = 1024 * 1024;

/// A folder like a control group's.
struct Group {
    std::filesystem::path path;

    Group() {
        std::string made = (std::filesystem::temp_directory_path() / "outdial-group-XXXXXX").string();
        REQUIRE(mkdtemp(made.data()) != nullptr);
        path = made;
    }
    ~Group() { std::filesystem::remove_all(path); }
    void write(const std::string& name, const std::string& text) const { std::ofstream{path / name} << text; }
};

}  // namespace

TEST_CASE("the lower of memory.high and memory.max is the limit, and max is none") {
    const Group group;
    CHECK_FALSE(memory_limit_in(group.path));
    group.write("memory.high", "max\n");
    group.write("memory.max", "max\n");
    CHECK_FALSE(memory_limit_in(group.path));
    group.write("memory.max", "1073741824\n");
    CHECK(memory_limit_in(group.path) == 1024 * mib);
    group.write("memory.high", "536870912\n");
    CHECK(memory_limit_in(group.path) == 512 * mib);
}

TEST_CASE("of the kernel's status only the process's own memory counts") {
    CHECK(anonymous_memory_in("Name:\toutdial\nVmRSS:\t   90000 kB\nRssAnon:\t   20480 kB\nRssFile:\t   1 kB\n") ==
          20 * mib);
    CHECK(anonymous_memory_in("Name:\toutdial\n") == 0);
    std::ifstream status{"/proc/self/status"};
    const std::string text{std::istreambuf_iterator<char>{status}, {}};
    CHECK(anonymous_memory_in(text) > mib / 4);
}

TEST_CASE("a loop that is late once has slept, and one that is late again and again is short of time") {
    LoopLag lag;
    lag.add(1ms);
    lag.add(1ms);
    lag.add(60s);
    CHECK(lag.value() == 1ms);
    lag.add(2s);
    lag.add(3s);
    CHECK(lag.value() == 2s);
    lag.add(5ms);
    CHECK(lag.value() == 5ms);
}

TEST_CASE("the load is that of the resource of which least is left") {
    CHECK(load_of({}).share == 0);
    const Load loop = load_of({.loop_lag = 1s, .commit_lag = 1s, .log_share = 0.1, .memory = MemoryUse{10, 100}});
    CHECK(loop.share == Approx(0.5));
    CHECK(loop.of == "processor time (it comes to its work 1.0 s late)");
    const Load memory = load_of({.memory = MemoryUse{480 * mib, 512 * mib}});
    CHECK(memory.share == Approx(0.9375));
    CHECK(memory.of == "memory (480 of 512 MiB, the unit's MemoryHigh= or MemoryMax=)");
}

TEST_CASE("the meter asks and tells a few times a second, until it is stopped") {
    boost::asio::io_context io;
    std::vector<Load> told;
    LoadMeter meter{io, [] { return Pressure{.commit_lag = 6s}; },
                    [&](Load load) {
                        told.push_back(std::move(load));
                        if (told.size() == 2) meter.stop();
                    }};
    meter.start();
    io.run();
    REQUIRE(told.size() == 2);
    CHECK(told[1].share >= 0.6);
}

TEST_CASE("a slow or full disk never has the sessions closed, for that would not help") {
    CHECK(load_of({.commit_lag = 600s}).share == Approx(0.99));
    CHECK(load_of({.log_share = 1.0}).share == Approx(0.99));
    CHECK_THAT(load_of({.commit_lag = 6s}).of, Catch::Contains("a commit has been waiting for 6.0 s"));
}
