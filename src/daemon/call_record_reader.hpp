#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "core/engine.hpp"

namespace boost::asio {
class io_context;
}

namespace outdial::daemon {

/// Reads call detail records beside the loop, on a thread for each file that is being read: files can be long, and lie
/// on file systems that do not answer. Nobody waits for one that hangs, neither a call nor the end of the process.
class CallRecordReader {
public:
    using Records = Result<std::vector<AttemptEvent>>;
    /// As read_call_records(). Called on a thread that may outlive the reader, so it owns all that it touches.
    using Read = std::function<Records(const std::filesystem::path&, std::span<const AttemptId>, UtcTime)>;
    using Done = std::function<void(const Records&)>;

    struct Bounds {
        std::chrono::milliseconds longest_read = std::chrono::seconds{10};
        std::chrono::milliseconds longest_goodbye{200};  // part of the 5 s that a stop may take
        std::size_t most_waiting = 100;                  // reads of one file, beside the one under way
    };

    /// `io` must outlive it.
    CallRecordReader(boost::asio::io_context& io, Read read, Bounds bounds);
    CallRecordReader(boost::asio::io_context& io, Read read) : CallRecordReader(io, std::move(read), Bounds{}) {}
    /// Waits for a read under way, but no longer than `longest_goodbye`: its thread is then left to itself.
    ~CallRecordReader();
    CallRecordReader(const CallRecordReader&) = delete;
    CallRecordReader& operator=(const CallRecordReader&) = delete;

    /// `done` comes on the loop's thread, once, always: with an error where nothing was read within `longest_read`.
    void read(const std::filesystem::path& file, std::vector<AttemptId> attempts, UtcTime now, Done done);

private:
    struct Question;
    struct Desk;

    static void work_through(const std::shared_ptr<Desk>& desk, const std::filesystem::path& file);

    boost::asio::io_context& io_;
    Bounds bounds_;
    std::shared_ptr<Desk> desk_;  // shared with the threads, which may outlive us
};

}  // namespace outdial::daemon
