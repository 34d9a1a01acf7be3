#pragma once

#include "base/time.hpp"

namespace outdial::daemon {

/// The one place where the daemon's loop reads the clocks.
[[nodiscard]] Now read_clocks();

}  // namespace outdial::daemon
