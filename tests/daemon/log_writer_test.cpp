#include "daemon/log_writer.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "base/file_descriptor.hpp"

namespace outdial::daemon {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct Pipe {
    Pipe() {
        int ends[2];
        REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
        reader = FileDescriptor{ends[0]};
        writer = FileDescriptor{ends[1]};
    }

    /// Waits for the text's end, which is the test's own.
    std::string read_until(const std::string& end) const {
        std::string text;
        char bytes[4096];
        while (!text.ends_with(end)) {
            const ssize_t got = ::read(reader.get(), bytes, sizeof bytes);
            REQUIRE(got > 0);
            text.append(bytes, static_cast<std::size_t>(got));
        }
        return text;
    }

    /// Until it takes no more; with how many bytes.
    std::size_t fill() const {
        REQUIRE(::fcntl(writer.get(), F_SETFL, O_NONBLOCK) == 0);
        const std::string page(4096, '\n');
        std::size_t filled = 0;
        while (::write(writer.get(), page.data(), page.size()) == static_cast<ssize_t>(page.size())) {
            filled += page.size();
        }
        REQUIRE(::fcntl(writer.get(), F_SETFL, 0) == 0);
        return filled;
    }

    FileDescriptor reader;
    FileDescriptor writer;
};

std::string tell(std::uint64_t lost) { return std::to_string(lost) + " lost\n"; }

}  // namespace

TEST_CASE("lines are written whole and in their order, and a flush waits for them") {
    const Pipe pipe;
    LogWriter log{pipe.writer.get(), tell};
    CHECK(log.flush(milliseconds{0}));
    for (int i = 0; i < 100; ++i) log.write(std::to_string(i) + "\n");
    CHECK(log.flush(seconds{10}));
    std::string expected;
    for (int i = 0; i < 100; ++i) expected += std::to_string(i) + "\n";
    CHECK(pipe.read_until("99\n") == expected);
}

TEST_CASE("nobody waits for a log that is not read; what is lost is the oldest, and is told once it is read again") {
    constexpr std::size_t lines = 1000;
    const Pipe pipe;
    const std::size_t filled = pipe.fill();
    LogWriter log{pipe.writer.get(), tell, 4 * 10};  // four lines wait at most, beside the one that the thread hangs in
    for (std::size_t i = 4; i < lines; ++i) log.write("line 0000\n");
    for (int i = 1; i <= 4; ++i) log.write("line 000" + std::to_string(i) + "\n");
    CHECK_FALSE(log.flush(milliseconds{10}));
    const std::string text = pipe.read_until("line 0004\n").substr(filled);
    CHECK(log.flush(seconds{10}));
    const std::size_t told = text.rfind(" lost\n");
    REQUIRE(told != std::string::npos);
    CHECK(text.substr(told) == " lost\nline 0001\nline 0002\nline 0003\nline 0004\n");

    // Nothing is lost untold: the lines that came and those told of are all that were written.
    std::size_t come = 0;
    std::size_t lost = 0;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = text.find('\n', at);
        const std::string line = text.substr(at, end - at);
        if (line.ends_with(" lost")) {
            lost += std::stoul(line);
        } else {
            ++come;
        }
        at = end + 1;
    }
    CHECK(come + lost == lines);
}

TEST_CASE("lines that cannot be written are lost, and told of when they can be again") {
    const FileDescriptor full{::open("/dev/full", O_WRONLY | O_CLOEXEC)};
    REQUIRE(full);
    const Pipe pipe;
    LogWriter log{full.get(), tell};
    for (int i = 0; i < 3; ++i) log.write("away\n");
    REQUIRE(log.flush(seconds{10}));
    REQUIRE(::dup2(pipe.writer.get(), full.get()) >= 0);  // there is room again
    log.write("here\n");
    CHECK(pipe.read_until("here\n") == "3 lost\nhere\n");
}

TEST_CASE("a log that nobody reads keeps nobody from ending") {
    const Pipe pipe;
    {
        LogWriter log{pipe.writer.get(), tell};
        log.write(std::string(1024 * 1024, 'x') + "\n");
        CHECK_FALSE(log.flush(milliseconds{10}));
    }
    CHECK(pipe.read_until("\n").size() == 1024 * 1024 + 1);  // and nothing of it is lost when somebody does
}

}  // namespace outdial::daemon
