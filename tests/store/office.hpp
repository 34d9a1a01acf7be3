// A store that works on its thread, and what it replied.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <utility>
#include <variant>
#include <vector>

#include "fixture.hpp"
#include "store/store_thread.hpp"

namespace outdial::store {

// Far more than any reply takes; a test that waits so long has failed.
inline constexpr std::chrono::seconds patience{20};

/// Collects replies, and lets the test wait for them.
class Inbox {
public:
    void put(std::vector<StoreReply> replies) {
        const std::lock_guard lock{mutex_};
        batches_.push_back(replies.size());
        for (StoreReply& reply : replies) replies_.push_back(std::move(reply));
        arrived_.notify_all();
    }
    /// Waits until so many replies of that kind have come, and returns them.
    template <class Reply>
    std::vector<Reply> wait_for(std::size_t count) {
        std::unique_lock lock{mutex_};
        const bool came = arrived_.wait_for(lock, patience, [&] { return of<Reply>().size() >= count; });
        CHECK(came);
        return of<Reply>();
    }
    /// Waits until so many claims have been answered, one way or the other.
    void wait_for_any_claim(std::size_t count) {
        std::unique_lock lock{mutex_};
        CHECK(arrived_.wait_for(lock, patience,
                                [&] { return of<ClaimResult>().size() + of<ClaimFailed>().size() >= count; }));
    }
    template <class Reply>
    std::vector<Reply> all() {
        const std::lock_guard lock{mutex_};
        return of<Reply>();
    }
    std::vector<std::size_t> batches() {
        const std::lock_guard lock{mutex_};
        return batches_;
    }

private:
    template <class Reply>
    std::vector<Reply> of() const {
        std::vector<Reply> found;
        for (const StoreReply& reply : replies_) {
            if (const auto* wanted = std::get_if<Reply>(&reply)) found.push_back(*wanted);
        }
        return found;
    }

    std::mutex mutex_;
    std::condition_variable arrived_;
    std::vector<StoreReply> replies_;
    std::vector<std::size_t> batches_;
};

// Holds the store's thread inside a delivery, so that jobs gather.
struct Gate {
    std::promise<void> reached;
    std::promise<void> opened;
    bool first = true;
    void pass() {
        if (!std::exchange(first, false)) return;
        reached.set_value();
        opened.get_future().wait();
    }
};

/// A desk whose store has moved to its thread.
struct Office {
    Desk desk;
    Inbox inbox;
    Gate gate;
    std::unique_ptr<StoreThread> thread;  // last: its deliveries end before what they use

    explicit Office(int contacts) { desk.import(people(contacts)); }
    void open(
        std::function<void()> before_delivery = [] {},
        StoreThreadOptions options = {std::chrono::milliseconds{20}, std::chrono::milliseconds{20}}) {
        thread = std::make_unique<StoreThread>(
            std::move(desk.store),
            [this, before_delivery](std::vector<StoreReply> replies) {
                before_delivery();
                inbox.put(std::move(replies));
            },
            options);
    }
};

inline StoreTask task(
    std::function<void(Store&)> run, std::function<void(const Result<void>&)> done = [](const auto&) {}) {
    return {std::move(run), std::move(done)};
}

}  // namespace outdial::store
