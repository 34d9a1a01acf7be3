// When somebody is to be called back: a time that the person chose, as a dialplan, an agent's program or an operator
// writes it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "core/geography.hpp"

namespace outdial {

inline constexpr std::size_t max_callback_bytes = 80;  // of the time as it is written
inline constexpr std::size_t max_agent_bytes = 64;     // of the name of the agent who is to talk
inline constexpr std::chrono::days farthest_callback{366};
/// Said late: the call in which it was said has lasted so long.
inline constexpr std::chrono::hours oldest_callback{24};

/// Whose clocks a time without a zone may mean.
struct CallbackClocks {
    std::vector<std::string> zones;  // of the person; none: unknown
    std::string otherwise;           // where that leaves it open; empty: nobody's
    UtcTime now;
};

/// "2026-11-24T15:00", perhaps with seconds, and behind it an offset ("Z", "+01:00") or, after a space, a zone
/// ("Europe/Berlin"); or "+30s", "+90m", "+2h", "+3d" from now. Without offset and zone it is meant by the person's
/// clock; where they may be in several zones that disagree, or in none that is known, by that of `otherwise`. Fails
/// where it is no such time, too far off, or long past. What is past, but not for long, is now.
[[nodiscard]] Result<UtcTime> callback_time(std::string_view written, const CallbackClocks& clocks,
                                            const Geography* geography);

/// A plain name: letters, digits and -_.@/ , as an extension, a queue's member or a login is written.
[[nodiscard]] bool is_agent(std::string_view name);

}  // namespace outdial
