#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

namespace outdial::daemon {

/// Who has something done, for the audit: "ann uid=1000 pid=4711 command=dnc". The name is what /etc/passwd says, and
/// left out where it says nothing: users of a directory that does not answer would hold up the loop.
[[nodiscard]] std::string actor_of(uid_t uid, pid_t pid, std::string_view command);

}  // namespace outdial::daemon
