#pragma once

namespace outdial::cli {

/// What scripts may rely on; the numbers above 1 are those of sysexits.h.
enum class ExitCode : int {
    ok = 0,
    failed = 1,
    usage = 64,
    no_daemon = 69,
    configuration = 78,
    interrupted = 130,  // 128 and SIGINT's number, as shells have it
};

}  // namespace outdial::cli
