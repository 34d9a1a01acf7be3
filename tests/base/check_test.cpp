#include "base/check.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <string>

#include "base/file_descriptor.hpp"

using namespace outdial;

namespace {

struct Pipe {
    Pipe() {
        int ends[2];
        REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
        reader = FileDescriptor{ends[0]};
        writer = FileDescriptor{ends[1]};
    }
    FileDescriptor reader;
    FileDescriptor writer;
};

/// A process of its own whose check fails, with the pipe as its standard error; by which signal it ended.
int signal_of_failed_check(const Pipe& standard_error) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        const rlimit no_core_dump{0, 0};
        ::setrlimit(RLIMIT_CORE, &no_core_dump);
        std::signal(SIGABRT, SIG_DFL);  // not the test program's
        ::alarm(10);
        ::dup2(standard_error.writer.get(), STDERR_FILENO);
        before_check_fails([] { (void)!::write(STDERR_FILENO, "what was logged before\n", 23); });
        if (::fcntl(STDERR_FILENO, F_GETFL) & O_NONBLOCK) {  // a full pipe
            ::fcntl(STDERR_FILENO, F_SETFL, 0);
            before_check_fails(nullptr);
        }
        check_failed("room/file.cpp", 7, "1 == 2");
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

}  // namespace

TEST_CASE("a failed check is written behind what was logged before it, and aborts") {
    const Pipe pipe;
    CHECK(signal_of_failed_check(pipe) == SIGABRT);
    char text[1024];
    const ssize_t size = ::read(pipe.reader.get(), text, sizeof text);
    REQUIRE(size > 0);
    CHECK(std::string(text, static_cast<std::size_t>(size)) ==
          "what was logged before\nroom/file.cpp:7: CHECK failed: 1 == 2\n");
}

TEST_CASE("a failed check aborts also where nobody reads standard error") {
    const Pipe pipe;
    REQUIRE(::fcntl(pipe.writer.get(), F_SETFL, O_NONBLOCK) == 0);
    const std::string page(4096, 'x');
    while (::write(pipe.writer.get(), page.data(), page.size()) > 0) {
    }
    CHECK(signal_of_failed_check(pipe) == SIGABRT);
}
