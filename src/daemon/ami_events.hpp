#pragma once

#include <optional>

#include "ami/message.hpp"
#include "core/engine.hpp"

namespace outdial::daemon {

/// The longest result that a dialplan may give an attempt; what is beyond is cut.
inline constexpr std::size_t max_result_bytes = 64;

/// What an AMI event says of one of our attempts; nothing when it is of another channel or says nothing that we fold.
///
/// An OriginateResponse belongs to the attempt of its ActionID, never of its Uniqueid: when Asterisk refuses an id that
/// is in use, the refusal carries the living channel's Uniqueid. Everything else belongs to the attempt whose id is the
/// channel's Uniqueid; further legs (`;2` of a Local channel, the agent's) have other ids and say nothing of the
/// person's call.
[[nodiscard]] std::optional<AttemptEvent> attempt_event(const ami::Message& message, UtcTime at);

}  // namespace outdial::daemon
