#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace outdial::daemon {

/// Writes lines to a file descriptor on a thread of its own, so that whoever logs never waits for whoever reads the
/// log. Lines that are too many are lost, the oldest first, and so are those that cannot be written; how many is told
/// as soon as lines are taken again.
class LogWriter {
public:
    /// The line that tells of so many lost ones. Called on the writer's thread, which may outlive the writer.
    using TellLost = std::function<std::string(std::uint64_t lost)>;
    static constexpr std::size_t most_waiting_bytes = 4 * 1024 * 1024;

    LogWriter(int descriptor, TellLost tell_lost, std::size_t most_waiting = most_waiting_bytes);
    /// Waits for nothing: the thread ends by itself once it has written what waits.
    ~LogWriter();
    LogWriter(const LogWriter&) = delete;
    LogWriter& operator=(const LogWriter&) = delete;

    /// Whole lines with their ends. From any thread; never waits for the descriptor.
    void write(std::string line);
    /// Waits until all is written, but no longer than this; whether it is.
    bool flush(std::chrono::milliseconds longest);

private:
    struct Queue;

    static void work(Queue& queue);

    std::shared_ptr<Queue> queue_;  // shared with the thread, which may hang in a write for ever
};

}  // namespace outdial::daemon
