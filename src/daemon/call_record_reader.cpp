#include "daemon/call_record_reader.hpp"

#include <fmt/format.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace outdial::daemon {

// Of the loop's thread: the timer's handler owns it. A reading thread has no more than a weak pointer, which it hands
// back, for the timer must not be destroyed there.
struct CallRecordReader::Question {
    boost::asio::steady_timer timer;
    Done done;

    void answer(const Records& records) {
        const Done once = std::exchange(done, {});
        timer.cancel();
        if (once) once(records);
    }
};

// What the reading threads share with the loop's.
struct CallRecordReader::Desk {
    struct Job {
        std::vector<AttemptId> attempts;
        UtcTime now;
        std::weak_ptr<Question> question;
    };

    std::mutex mutex;
    boost::asio::io_context* io;  // none once the reader is gone
    Read read;
    std::map<std::filesystem::path, std::deque<Job>> waiting;  // an entry, also an empty one, has its thread
    std::condition_variable thread_ended;

    Desk(boost::asio::io_context& loop, Read how) : io(&loop), read(std::move(how)) {}
};

CallRecordReader::CallRecordReader(boost::asio::io_context& io, Read read, Bounds bounds)
    : io_(io), bounds_(bounds), desk_(std::make_shared<Desk>(io, std::move(read))) {}

CallRecordReader::~CallRecordReader() {
    std::unique_lock lock(desk_->mutex);
    desk_->io = nullptr;
    desk_->thread_ended.wait_for(lock, bounds_.longest_goodbye, [this] { return desk_->waiting.empty(); });
}

void CallRecordReader::read(const std::filesystem::path& file, std::vector<AttemptId> attempts, UtcTime now,
                            Done done) {
    auto question = std::make_shared<Question>(
        Question{.timer = boost::asio::steady_timer{io_, bounds_.longest_read}, .done = std::move(done)});
    question->timer.async_wait(
        [question, file, longest = bounds_.longest_read](const boost::system::error_code& error) {
            if (error) return;  // answered
            question->answer(fail(fmt::format("{}: nothing was read within {} ms: look whether its file system answers",
                                              file.native(), longest.count())));
        });
    const auto refuse = [this, &question](std::string why) {
        boost::asio::post(io_, [question, why = std::move(why)] { question->answer(fail(why)); });
    };

    const std::lock_guard lock(desk_->mutex);
    const auto [entry, first] = desk_->waiting.try_emplace(file);
    if (entry->second.size() >= bounds_.most_waiting) {
        return refuse(
            fmt::format("{}: earlier reads have not come back: look whether its file system answers", file.native()));
    }
    entry->second.push_back({.attempts = std::move(attempts), .now = now, .question = question});
    if (!first) return;
    try {
        std::thread{[desk = desk_, file] { work_through(desk, file); }}.detach();
    } catch (const std::system_error& error) {
        desk_->waiting.erase(entry);
        refuse(fmt::format("{}: no thread could be started to read it: {}", file.native(), error.what()));
    }
}

// A thread of its own, until nothing waits for the file any more.
void CallRecordReader::work_through(const std::shared_ptr<Desk>& desk, const std::filesystem::path& file) {
    std::unique_lock lock(desk->mutex);
    const auto entry = desk->waiting.find(file);
    while (desk->io != nullptr && !entry->second.empty()) {
        const Desk::Job job = std::move(entry->second.front());
        entry->second.pop_front();
        lock.unlock();
        auto records = std::make_shared<const Records>(desk->read(file, job.attempts, job.now));
        lock.lock();
        if (desk->io == nullptr) break;
        boost::asio::post(*desk->io, [question = job.question, records] {
            if (const auto waits = question.lock()) waits->answer(*records);
        });
    }
    desk->waiting.erase(entry);
    desk->thread_ended.notify_all();
}

}  // namespace outdial::daemon
