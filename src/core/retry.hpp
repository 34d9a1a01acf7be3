#pragma once

#include "core/attempt.hpp"

namespace outdial {

/// An attempt that has just ended.
struct EndedAttempt {
    Disposition disposition;
    bool originated = false;  // the Originate was written
    bool may_have_rung = false;
    std::string_view result;  // of the dialplan, empty if none
    int position = 0;
    int numbers = 1;                       // how many the contact has
    AttemptHistory history;                // of the attempts before this one
    bool forbidden = false;                // its number came onto a do-not-call list meanwhile
    std::optional<UtcTime> callback_at{};  // chosen by the person in the call
    UtcTime at;
};

/// What follows the attempt: docs/campaigns.md, "Retries". One budget bounds everything: whatever a rule says, a
/// contact whose charged attempts have reached max_attempts is done; unless the person asked to be called back, which
/// is one call more.
[[nodiscard]] NextStep next_step(const RetryRules& rules, const EndedAttempt& ended);

/// Seconds after which a contact that was claimed but not dialed is ready again: its claim could not be used, by no
/// fault of the person.
inline constexpr Milliseconds unsent_retry_after = std::chrono::seconds{5};

}  // namespace outdial
