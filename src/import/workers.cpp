#include "import/workers.hpp"

#include <utility>

#include "base/check.hpp"

namespace outdial::lists {

Workers::Workers(int threads) {
    OUTDIAL_CHECK(threads > 0);
    for (int i = 0; i < threads; ++i) {
        threads_.emplace_back([this](const std::stop_token& stop) { work(stop); });
    }
}

void Workers::submit(std::function<void()> job) {
    {
        const std::lock_guard lock{mutex_};
        jobs_.push_back(std::move(job));
    }
    changed_.notify_one();
}

void Workers::work(const std::stop_token& stop) {
    for (;;) {
        std::function<void()> job;
        {
            std::unique_lock lock{mutex_};
            changed_.wait(lock, stop, [this] { return !jobs_.empty(); });
            if (stop.stop_requested()) return;
            job = std::move(jobs_.front());
            jobs_.pop_front();
        }
        job();
    }
}

}  // namespace outdial::lists
