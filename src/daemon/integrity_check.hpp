#pragma once

#include <atomic>
#include <boost/asio/thread_pool.hpp>
#include <filesystem>
#include <functional>

#include "base/result.hpp"

namespace boost::asio {
class io_context;
}

namespace outdial::daemon {

/// Reads the whole database on a thread of its own: after a stop that left something undone (a crash, a power cut), and
/// while calls are already made, because on a large file it takes minutes.
class IntegrityCheck {
public:
    /// On the loop's thread.
    using Done = std::function<void(Result<void>)>;

    /// `io` must outlive it.
    IntegrityCheck(boost::asio::io_context& io, std::filesystem::path database)
        : io_(io), database_(std::move(database)) {}
    /// Breaks a check off.
    ~IntegrityCheck();
    IntegrityCheck(const IntegrityCheck&) = delete;
    IntegrityCheck& operator=(const IntegrityCheck&) = delete;

    void start(Done done);

private:
    boost::asio::io_context& io_;
    std::filesystem::path database_;
    std::atomic<bool> stop_{false};
    boost::asio::thread_pool thread_{1};
};

}  // namespace outdial::daemon
