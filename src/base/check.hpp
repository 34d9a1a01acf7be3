#pragma once

namespace outdial {

/// Writes "file:line: CHECK failed: expression" to stderr and aborts; where nobody reads stderr, after a second without
/// it. systemd restarts the daemon, and reconciliation repairs.
[[noreturn]] void check_failed(const char* file, int line, const char* expression);

/// Called before a failed check is written: a log that waits is to come first. Before other threads are started.
void before_check_fails(void (*call)());

}  // namespace outdial

/// A condition that only a bug of ours can break; stays on in release builds. Invalid input is never an OUTDIAL_CHECK.
#define OUTDIAL_CHECK(condition)                                     \
    do {                                                             \
        if (!(condition)) {                                          \
            ::outdial::check_failed(__FILE__, __LINE__, #condition); \
        }                                                            \
    } while (false)

/// Behind a switch over all values of an enum: says so in the log where memory was overwritten. Not
/// OUTDIAL_CHECK(false), because compilers that instrument a program no longer see that nothing follows it.
#define OUTDIAL_UNREACHABLE() ::outdial::check_failed(__FILE__, __LINE__, "no value of its enum")
