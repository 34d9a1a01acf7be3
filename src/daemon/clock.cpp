#include "daemon/clock.hpp"

namespace outdial::daemon {

Now read_clocks() {
    const auto utc = std::chrono::system_clock::now().time_since_epoch();
    const auto steady = std::chrono::steady_clock::now().time_since_epoch();
    return {.utc = UtcTime{std::chrono::duration_cast<Milliseconds>(utc)},
            .steady = SteadyTime{std::chrono::duration_cast<Microseconds>(steady)}};
}

}  // namespace outdial::daemon
