#include "cli/progress.hpp"

#include <algorithm>

#include "cli/terminal.hpp"
#include "cli/text.hpp"

namespace outdial::cli {
namespace {
constexpr int bar_width = 32;
}

Progress::Progress(bool wanted) : on_(wanted && is_terminal(2)) {}

void Progress::show(std::uint64_t done, std::uint64_t total, std::uint64_t rows) {
    if (!on_ || Clock::now() < next_) {
        return;
    }
    next_ = Clock::now() + interval;
    shown_ = true;
    print_error("\r" + progress_line(done, total, rows, elapsed()) + "\x1b[K");
}

void Progress::clear() {
    if (shown_) {
        print_error("\r\x1b[K");
        shown_ = false;
    }
}

std::chrono::milliseconds Progress::elapsed() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - started_);
}

std::string progress_line(std::uint64_t done, std::uint64_t total, std::uint64_t rows,
                          std::chrono::milliseconds elapsed) {
    std::string line;
    if (total > 0) {
        const double share = std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
        line = bar(share, bar_width) + " " + percent(share) + "  ";
    }
    line += counted(static_cast<std::int64_t>(rows), "row", "rows");
    if (elapsed.count() > 0) {
        line += ", " + grouped(static_cast<std::int64_t>(rows) * 1000 / elapsed.count()) + " rows/s";
    }
    return line;
}

}  // namespace outdial::cli
