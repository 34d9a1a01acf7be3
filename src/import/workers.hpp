#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

namespace outdial::lists {

/// Threads that do jobs in the order they come in. Whoever hands in jobs bounds how many are waiting. On destruction,
/// jobs that have not begun are dropped.
class Workers {
public:
    explicit Workers(int threads);

    void submit(std::function<void()> job);

private:
    void work(const std::stop_token& stop);

    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::deque<std::function<void()>> jobs_;  // guarded by mutex_
    std::vector<std::jthread> threads_;       // last: they stop before what they use is gone
};

}  // namespace outdial::lists
