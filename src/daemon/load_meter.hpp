#pragma once

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "core/overload.hpp"

namespace boost::asio {
class io_context;
}

namespace outdial::daemon {

/// In bytes.
struct MemoryUse {
    std::uint64_t used = 0;     // by the process itself, file pages excepted
    std::uint64_t allowed = 0;  // to its control group, by systemd's MemoryHigh= or MemoryMax=
};

/// The lower of memory.high and memory.max in a folder of cgroup v2; nothing where neither is set.
[[nodiscard]] std::optional<std::uint64_t> memory_limit_in(const std::filesystem::path& group);
/// `RssAnon` in the text of /proc/self/status.
[[nodiscard]] std::uint64_t anonymous_memory_in(std::string_view status);

/// How late the loop comes to its work: the least of the last looks, for one that is late alone may be a machine that
/// slept.
class LoopLag {
public:
    void add(std::chrono::steady_clock::duration lag);
    [[nodiscard]] std::chrono::steady_clock::duration value() const;

private:
    static constexpr std::size_t looks = 3;
    std::deque<std::chrono::steady_clock::duration> last_;
};

/// What of the process is in use.
struct Pressure {
    std::chrono::steady_clock::duration loop_lag{};
    std::chrono::steady_clock::duration commit_lag{};
    double log_share = 0;
    std::optional<MemoryUse> memory{};
};
/// The one of which least is left.
[[nodiscard]] Load load_of(const Pressure& pressure);

/// Looks a few times a second, on the loop's thread.
class LoadMeter {
public:
    /// What only its owner knows: commit_lag and log_share.
    using Ask = std::function<Pressure()>;

    LoadMeter(boost::asio::io_context& io, Ask ask, std::function<void(Load)> deliver);
    void start();
    void stop();

private:
    void look();
    [[nodiscard]] std::optional<MemoryUse> memory();

    boost::asio::steady_timer timer_;
    Ask ask_;
    std::function<void(Load)> deliver_;
    LoopLag loop_lag_;
    bool running_ = false;
    std::optional<std::uint64_t> memory_allowed_;
    std::chrono::steady_clock::time_point given_back_at_{};
};

}  // namespace outdial::daemon
