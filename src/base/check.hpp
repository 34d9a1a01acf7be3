#pragma once

namespace outdial {

/// Writes "file:line: CHECK failed: expression" to stderr and aborts. systemd restarts the daemon, and reconciliation
/// repairs.
[[noreturn]] void check_failed(const char* file, int line, const char* expression);

}  // namespace outdial

/// A condition that only a bug of ours can break; stays on in release builds. Invalid input is never an OUTDIAL_CHECK.
#define OUTDIAL_CHECK(condition)                                     \
    do {                                                             \
        if (!(condition)) {                                          \
            ::outdial::check_failed(__FILE__, __LINE__, #condition); \
        }                                                            \
    } while (false)
