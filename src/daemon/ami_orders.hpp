#pragma once

#include <optional>
#include <vector>

#include "ami/listed_channel.hpp"
#include "ami/originate.hpp"
#include "ami/session_machine.hpp"
#include "core/engine.hpp"

namespace outdial::daemon {

/// The engine's order in AMI's terms, with the instant after which it is too late: by the server's own clock if it has
/// told it, for the dialplan compares with that.
[[nodiscard]] ami::Originate to_originate(const OriginateOrder& order, const Now& now,
                                          const std::optional<ami::ServerClock>& clock);

/// Those of the channels that carry an id of our form.
[[nodiscard]] std::vector<ChannelList::Row> attempts_listed(const std::vector<ami::ListedChannel>& channels);

}  // namespace outdial::daemon
