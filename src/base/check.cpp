#include "base/check.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace outdial {

namespace {

constexpr int longest_wait_ms = 1000;

void (*called_before)() = nullptr;

}  // namespace

void before_check_fails(void (*call)()) { called_before = call; }

void check_failed(const char* file, int line, const char* expression) {
    if (called_before != nullptr) called_before();
    // A pipe takes as much as this at once, or nothing (POSIX's PIPE_BUF is 512 at least).
    char text[512];
    const int size = std::snprintf(text, sizeof text, "%s:%d: CHECK failed: %s\n", file, line, expression);
    const auto length = std::min(static_cast<std::size_t>(std::max(size, 0)), sizeof text - 1);
    pollfd standard_error{.fd = STDERR_FILENO, .events = POLLOUT, .revents = 0};
    if (::poll(&standard_error, 1, longest_wait_ms) == 1) {
        [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, text, length);
    }
    std::abort();
}

}  // namespace outdial
