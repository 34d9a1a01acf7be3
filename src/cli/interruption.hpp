#pragma once

#include <csignal>

namespace outdial::cli {

/// While it lives, the first Ctrl-C (SIGINT) only is_noted(), so that a command can end in good order; a second one
/// ends the program. Where SIGINT is ignored, as in the background of a script, it stays so. One at a time.
class Interruption {
public:
    Interruption();
    ~Interruption();
    Interruption(const Interruption&) = delete;
    Interruption& operator=(const Interruption&) = delete;

    [[nodiscard]] bool is_noted() const;

private:
    struct sigaction before_ {};
};

}  // namespace outdial::cli
