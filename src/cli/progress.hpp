#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace outdial::cli {

/// How far long work has come, on one line of standard error, repainted; nothing where that is no terminal.
class Progress {
public:
    static constexpr std::chrono::milliseconds interval{200};

    explicit Progress(bool wanted);
    ~Progress() { clear(); }
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    /// `total` 0: not known. Cheap when called often.
    void show(std::uint64_t done, std::uint64_t total, std::uint64_t rows);
    /// Takes the line away, before something else is printed.
    void clear();
    [[nodiscard]] std::chrono::milliseconds elapsed() const;

private:
    using Clock = std::chrono::steady_clock;

    bool on_;
    bool shown_ = false;
    Clock::time_point started_ = Clock::now();
    Clock::time_point next_ = started_;
};

/// "[####----] 41.0 %  410,000 rows, 52,300 rows/s"
[[nodiscard]] std::string progress_line(std::uint64_t done, std::uint64_t total, std::uint64_t rows,
                                        std::chrono::milliseconds elapsed);

}  // namespace outdial::cli
