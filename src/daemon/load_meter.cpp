#include "daemon/load_meter.hpp"

#include <fmt/format.h>
#include <malloc.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <charconv>
#include <fstream>
#include <iterator>
#include <string>

namespace outdial::daemon {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr auto look_every = milliseconds{250};
// So late, Asterisk's own patience with a client that does not read is near its end.
constexpr auto longest_loop_lag = seconds{2};
// A disk that needs so long for a commit would have outcomes wait longer than operators do.
constexpr auto longest_commit_lag = seconds{10};
// Closing sessions helps where the loop or memory is short, and the disk not at all: it never comes to that for a disk.
constexpr double most_of_disk = 0.99;
// What the allocator has kept of freed memory counts as used. To give it back takes some milliseconds.
constexpr auto give_back_every = seconds{10};
constexpr std::uint64_t mib = 1024 * 1024;
constexpr std::uint64_t kib = 1024;

double share_of(std::chrono::steady_clock::duration lag, std::chrono::steady_clock::duration longest) {
    return static_cast<double>(lag.count()) / static_cast<double>(longest.count());
}

double seconds_of(std::chrono::steady_clock::duration lag) { return std::chrono::duration<double>{lag}.count(); }

std::string text_in(const std::filesystem::path& path) {
    std::ifstream file{path};
    return {std::istreambuf_iterator<char>{file}, {}};
}

// Nothing for "max", which is no limit.
std::optional<std::uint64_t> number_in(const std::filesystem::path& path) {
    const std::string text = text_in(path);
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || value == 0) return std::nullopt;
    return value;
}

}  // namespace

std::optional<std::uint64_t> memory_limit_in(const std::filesystem::path& group) {
    const auto high = number_in(group / "memory.high");
    const auto max = number_in(group / "memory.max");
    if (!high) return max;
    return max ? std::min(*high, *max) : high;
}

std::uint64_t anonymous_memory_in(std::string_view status) {
    constexpr std::string_view name = "RssAnon:";
    const std::size_t start = status.find(name);
    if (start == std::string_view::npos) return 0;
    status.remove_prefix(start + name.size());
    status.remove_prefix(std::min(status.find_first_not_of(" \t"), status.size()));
    std::uint64_t value = 0;
    std::from_chars(status.data(), status.data() + status.size(), value);
    return value * kib;
}

namespace {

// Of the own control group.
std::optional<std::uint64_t> memory_allowed() {
    // The one line of cgroup v2: "0::/system.slice/outdial.service".
    constexpr std::string_view v2 = "0::/";
    const std::string line = text_in("/proc/self/cgroup");
    const std::size_t start = line.find(v2);
    if (start == std::string::npos) return std::nullopt;
    const std::size_t from = start + v2.size();
    const std::string group = line.substr(from, line.find('\n', from) - from);
    return memory_limit_in(std::filesystem::path{"/sys/fs/cgroup"} / group);
}

std::uint64_t memory_used() { return anonymous_memory_in(text_in("/proc/self/status")); }

}  // namespace

void LoopLag::add(std::chrono::steady_clock::duration lag) {
    last_.push_back(lag);
    if (last_.size() > looks) last_.pop_front();
}

std::chrono::steady_clock::duration LoopLag::value() const {
    if (last_.size() < looks) return {};
    return *std::ranges::min_element(last_);
}

Load load_of(const Pressure& pressure) {
    Load most;
    const auto consider = [&most](double share, auto text) {
        if (share > most.share) most = {.share = share, .of = text()};
    };
    consider(share_of(pressure.loop_lag, longest_loop_lag), [&] {
        return fmt::format("processor time (it comes to its work {:.1f} s late)", seconds_of(pressure.loop_lag));
    });
    consider(std::min(most_of_disk, share_of(pressure.commit_lag, longest_commit_lag)), [&] {
        return fmt::format("disk speed (a commit has been waiting for {:.1f} s)", seconds_of(pressure.commit_lag));
    });
    consider(std::min(most_of_disk, pressure.log_share), [&] {
        return std::string{"room in the database's write-ahead log (end the reader that keeps it from being reused)"};
    });
    if (pressure.memory && pressure.memory->allowed > 0) {
        const MemoryUse memory = *pressure.memory;
        consider(static_cast<double>(memory.used) / static_cast<double>(memory.allowed), [&] {
            return fmt::format("memory ({} of {} MiB, the unit's MemoryHigh= or MemoryMax=)", memory.used / mib,
                               memory.allowed / mib);
        });
    }
    return most;
}

LoadMeter::LoadMeter(boost::asio::io_context& io, Ask ask, std::function<void(Load)> deliver)
    : timer_(io), ask_(std::move(ask)), deliver_(std::move(deliver)), memory_allowed_(memory_allowed()) {}

void LoadMeter::start() {
    running_ = true;
    look();
}

void LoadMeter::stop() {
    running_ = false;  // it may be called by what is told
    timer_.cancel();
}

void LoadMeter::look() {
    const auto due = std::chrono::steady_clock::now() + look_every;
    timer_.expires_at(due);
    timer_.async_wait([this, due](const boost::system::error_code& error) {
        if (error || !running_) return;
        loop_lag_.add(std::chrono::steady_clock::now() - due);
        Pressure pressure = ask_();
        pressure.loop_lag = loop_lag_.value();
        pressure.memory = memory();
        deliver_(load_of(pressure));
        if (running_) look();
    });
}

std::optional<MemoryUse> LoadMeter::memory() {
    if (!memory_allowed_) return std::nullopt;
    MemoryUse use{.used = memory_used(), .allowed = *memory_allowed_};
    const auto now = std::chrono::steady_clock::now();
    if (use.used >= use.allowed / 2 && now >= given_back_at_ + give_back_every) {
        given_back_at_ = now;
        ::malloc_trim(0);
        use.used = memory_used();
    }
    return use;
}

}  // namespace outdial::daemon
