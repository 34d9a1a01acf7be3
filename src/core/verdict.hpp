#pragma once

#include <optional>

#include "core/call_facts.hpp"
#include "core/disposition.hpp"

namespace outdial {

/// Events of one call may still be on their way when its Hangup, or its failed OriginateResponse, is read: so long we
/// wait for them.
inline constexpr Milliseconds late_event_grace = std::chrono::seconds{2};

/// A failed OriginateResponse is written when the channel is gone, but in a burst its Hangup may come seconds later. It
/// carries the cause, so it gets longer.
inline constexpr Milliseconds late_hangup_grace = std::chrono::seconds{10};

/// The earliest instant at which an attempt with these facts may be settled: at once when nothing that could change the
/// verdict is missing, one of the graces above after its end when something is, nothing while the call may still be
/// alive.
[[nodiscard]] std::optional<UtcTime> settle_at(const CallFacts& facts);

/// The verdict from all that is known: docs/architecture.md, section 5. Total: without any sign of an end it is `lost`.
[[nodiscard]] Disposition disposition_of(const CallFacts& facts);

/// Whether the called telephone may have rung: then the attempt is never given back to the person's budget.
[[nodiscard]] bool may_have_rung(const CallFacts& facts);

}  // namespace outdial
