#include "daemon/call_record_reader.hpp"

#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <chrono>
#include <future>
#include <optional>
#include <semaphore>
#include <thread>

namespace outdial::daemon {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr CallRecordReader::Bounds impatient{
    .longest_read = seconds{1}, .longest_goodbye = milliseconds{50}, .most_waiting = 2};

/// A file system on which `/hung/...` does not answer until it is told to.
struct FileSystem {
    std::shared_ptr<std::promise<void>> answers = std::make_shared<std::promise<void>>();
    std::shared_ptr<std::counting_semaphore<>> begun = std::make_shared<std::counting_semaphore<>>(0);
    std::shared_ptr<std::counting_semaphore<>> returned = std::make_shared<std::counting_semaphore<>>(0);

    [[nodiscard]] CallRecordReader::Read read() const {
        return [until = answers->get_future().share(), begun = begun, returned = returned](
                   const std::filesystem::path& file, std::span<const AttemptId> attempts, UtcTime now) {
            std::vector<AttemptEvent> events;
            for (const AttemptId& attempt : attempts) {
                events.push_back(
                    {.attempt = attempt,
                     .event = {
                         .kind = ChannelEvent::Kind::answered, .at = now, .cause = {}, .tech_cause = {}, .text = {}}});
            }
            if (file.native().starts_with("/hung")) {
                begun->release();
                until.wait();
                returned->release();
            }
            return CallRecordReader::Records{std::move(events)};
        };
    }
};

const AttemptId asked = *AttemptId::parse("0190a0b1c2d3e4f50123456789abcdef");

struct Answers {
    std::vector<CallRecordReader::Records> all;

    CallRecordReader::Done next() {
        return [this](const CallRecordReader::Records& records) { all.push_back(records); };
    }
};

}  // namespace

TEST_CASE("records are read beside the loop, and come on its thread") {
    boost::asio::io_context io;
    CallRecordReader reader{io, FileSystem{}.read()};
    std::optional<std::thread::id> thread;
    reader.read("/records.csv", {asked}, from_unix_ms(7), [&](const CallRecordReader::Records& records) {
        REQUIRE(records);
        REQUIRE(records->size() == 1);
        CHECK(records->front().attempt == asked);
        CHECK(records->front().event.at == from_unix_ms(7));
        thread = std::this_thread::get_id();
    });
    CHECK_FALSE(thread);
    io.run();
    CHECK(thread == std::this_thread::get_id());
}

TEST_CASE("a file system that does not answer makes no call wait for ever, nor for the records of other servers") {
    FileSystem files;
    boost::asio::io_context io;
    CallRecordReader reader{io, files.read(), impatient};
    Answers hung;
    Answers other;
    reader.read("/hung/a.csv", {asked}, {}, hung.next());
    reader.read("/hung/a.csv", {asked}, {}, hung.next());  // waits behind the first
    reader.read("/other/b.csv", {asked}, {}, other.next());
    io.run();
    REQUIRE(hung.all.size() == 2);
    for (const auto& records : hung.all) {
        REQUIRE_FALSE(records);
        CHECK(records.error().message ==
              "/hung/a.csv: nothing was read within 1000 ms: look whether its file system answers");
    }
    REQUIRE(other.all.size() == 1);
    CHECK(other.all.front());
    files.answers->set_value();
}

TEST_CASE("an answer that comes too late is not given a second time") {
    FileSystem files;
    boost::asio::io_context io;
    Answers late;
    {
        CallRecordReader reader{io, files.read(), {.longest_read = seconds{1}, .longest_goodbye = seconds{10}}};
        reader.read("/hung/a.csv", {asked}, {}, late.next());
        io.run();
        files.answers->set_value();
        CHECK(files.returned->try_acquire_for(seconds{10}));
        io.restart();
        reader.read("/b.csv", {asked}, {}, late.next());
        io.run();
    }
    REQUIRE(late.all.size() == 2);
    CHECK_FALSE(late.all[0]);
    CHECK(late.all[1]);
}

TEST_CASE("no more than so many reads of one file wait") {
    FileSystem files;
    boost::asio::io_context io;
    CallRecordReader reader{io, files.read(), {.longest_read = seconds{100}, .longest_goodbye = {}, .most_waiting = 2}};
    Answers answers;
    for (int i = 0; i < 4; ++i) reader.read("/hung/a.csv", {asked}, {}, answers.next());
    io.run_one();
    REQUIRE(answers.all.size() == 1);
    REQUIRE_FALSE(answers.all.front());
    CHECK_THAT(answers.all.front().error().message, Catch::Contains("earlier reads have not come back"));
    files.answers->set_value();
}

TEST_CASE("a read that hangs does not keep the process from ending, and touches nothing that is gone") {
    FileSystem files;
    {
        boost::asio::io_context io;
        CallRecordReader reader{io, files.read(), impatient};
        reader.read("/hung/a.csv", {asked}, {}, [](const auto&) { FAIL("nobody is there any more"); });
        REQUIRE(files.begun->try_acquire_for(seconds{10}));
    }  // waits 50 ms, not for the read
    files.answers->set_value();
    CHECK(files.returned->try_acquire_for(seconds{10}));
}

}  // namespace outdial::daemon
