#include "daemon/log_writer.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>

namespace outdial::daemon {

namespace {

/// Whether all of it could be written. Waits as long as nobody reads.
bool put(int descriptor, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(descriptor, text.data(), text.size());
        if (written >= 0) {
            text.remove_prefix(static_cast<std::size_t>(written));
        } else if (errno == EAGAIN) {  // somebody who shares it has made it non-blocking
            pollfd writable{.fd = descriptor, .events = POLLOUT, .revents = 0};
            ::poll(&writable, 1, -1);
        } else if (errno != EINTR) {
            return false;  // its reader has gone, or the disk is full
        }
    }
    return true;
}

}  // namespace

struct LogWriter::Queue {
    const int descriptor;
    const TellLost tell_lost;
    const std::size_t most_waiting;

    std::mutex mutex;
    std::condition_variable more;
    std::condition_variable all_written;
    std::deque<std::string> waiting;
    std::size_t waiting_bytes = 0;
    std::uint64_t lost = 0;  // not told yet
    bool writing = false;
    bool closed = false;

    Queue(int file, TellLost tell, std::size_t most)
        : descriptor(file), tell_lost(std::move(tell)), most_waiting(most) {}

    std::string take_oldest() {
        std::string line = std::move(waiting.front());
        waiting.pop_front();
        waiting_bytes -= line.size();
        return line;
    }
};

LogWriter::LogWriter(int descriptor, TellLost tell_lost, std::size_t most_waiting)
    : queue_(std::make_shared<Queue>(descriptor, std::move(tell_lost), most_waiting)) {
    std::thread{[queue = queue_] { work(*queue); }}.detach();
}

LogWriter::~LogWriter() {
    const std::lock_guard lock(queue_->mutex);
    queue_->closed = true;
    queue_->more.notify_one();
}

void LogWriter::write(std::string line) {
    const std::lock_guard lock(queue_->mutex);
    queue_->waiting_bytes += line.size();
    queue_->waiting.push_back(std::move(line));
    while (queue_->waiting_bytes > queue_->most_waiting) {
        (void)queue_->take_oldest();
        ++queue_->lost;
    }
    queue_->more.notify_one();
}

bool LogWriter::flush(std::chrono::milliseconds longest) {
    std::unique_lock lock(queue_->mutex);
    return queue_->all_written.wait_for(lock, longest, [this] { return queue_->waiting.empty() && !queue_->writing; });
}

// What was lost lay between the line written last and the oldest that waits, so it is told between them.
void LogWriter::work(Queue& queue) {
    std::unique_lock lock(queue.mutex);
    while (true) {
        queue.more.wait(lock, [&] { return queue.closed || !queue.waiting.empty(); });
        if (queue.waiting.empty()) return;
        const std::string line = queue.take_oldest();
        const std::uint64_t lost = std::exchange(queue.lost, 0);
        queue.writing = true;
        lock.unlock();
        const bool told = lost == 0 || put(queue.descriptor, queue.tell_lost(lost));
        const bool written = put(queue.descriptor, line);
        lock.lock();
        queue.writing = false;
        if (!told) queue.lost += lost;
        if (!written) ++queue.lost;
        if (queue.waiting.empty()) queue.all_written.notify_all();
    }
}

}  // namespace outdial::daemon
