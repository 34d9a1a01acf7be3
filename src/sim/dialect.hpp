#pragma once

#include <string_view>

namespace outdial::sim {

/// How the simulated Asterisk speaks. What differs between versions, as recorded from 16.28 and 22.10.
enum class Dialect { asterisk_16, asterisk_22 };

/// Of the greeting: `11.0.0`.
[[nodiscard]] std::string_view ami_version(Dialect dialect);
[[nodiscard]] std::string_view asterisk_version(Dialect dialect);

/// TechCause on Hangup and HangupRequest, and a Cause on HangupRequest: 20.17+, 22.7+.
[[nodiscard]] bool tells_tech_cause(Dialect dialect);
/// The Hangup's Cause after a ring timeout: 19 since 20.18 and 22.8, before that 0.
[[nodiscard]] int ring_timeout_cause(Dialect dialect);
/// A live id that only begins with the new one refuses it (20.15+, 21.10+, 22.5+): ids of unequal length collide.
[[nodiscard]] bool compares_ids_by_prefix(Dialect dialect);

/// The Q.850 cause that a final SIP status is booked as. 16 takes 404 for 3 and 480 for 20.
[[nodiscard]] int cause_of_sip(Dialect dialect, int status);
/// The synthetic TechCause of a local hangup (hangup_cause2sip of chan_pjsip); 0 = none is sent.
[[nodiscard]] int sip_of_cause(int cause);
[[nodiscard]] std::string_view cause_text(int cause);
/// DialEnd's DialStatus for a hangup cause: most causes are NOANSWER, whatever they mean.
[[nodiscard]] std::string_view dial_status_of_cause(int cause);

}  // namespace outdial::sim
