#include "cli/interruption.hpp"

#include <atomic>

namespace outdial::cli {
namespace {

std::atomic<bool> noted{false};
static_assert(std::atomic<bool>::is_always_lock_free);  // else a signal handler must not touch it

void note(int) { noted.store(true); }

}  // namespace

Interruption::Interruption() {
    noted.store(false);
    ::sigaction(SIGINT, nullptr, &before_);
    if (before_.sa_handler == SIG_IGN) {
        return;
    }
    struct sigaction action {};
    action.sa_handler = note;
    action.sa_flags = SA_RESTART | static_cast<int>(SA_RESETHAND);
    ::sigaction(SIGINT, &action, nullptr);
}

Interruption::~Interruption() { ::sigaction(SIGINT, &before_, nullptr); }

bool Interruption::is_noted() const { return noted.load(); }

}  // namespace outdial::cli
