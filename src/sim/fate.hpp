#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace outdial::sim {

/// How a simulated call ends.
enum class Fate {
    answered,          // rings, is answered
    answered_at_once,  // answered without ringing
    early_media,       // 183 with sound, then answered
    busy,              // 486
    no_answer,         // rings until the caller gives up
    silence,           // nothing at all until the caller gives up
    declined,          // 603: the person pressed "reject"
    rejected,          // 403: the carrier will not carry it
    unavailable,       // 480
    no_response,       // 408
    not_found,         // 404
    gone,              // 410
    bad_number,        // 484
    not_acceptable,    // 488
    congestion,        // 503
    network_failure,   // 500
    out_of_order,      // 502
    unknown_endpoint,  // no channel is ever created
};

inline constexpr std::array all_fates = {
    Fate::answered,     Fate::answered_at_once, Fate::early_media, Fate::busy,
    Fate::no_answer,    Fate::silence,          Fate::declined,    Fate::rejected,
    Fate::unavailable,  Fate::no_response,      Fate::not_found,   Fate::gone,
    Fate::bad_number,   Fate::not_acceptable,   Fate::congestion,  Fate::network_failure,
    Fate::out_of_order, Fate::unknown_endpoint};

/// As the command line, the witness file and the statistics write it: `no-answer`.
[[nodiscard]] std::string_view name(Fate fate);
[[nodiscard]] std::optional<Fate> fate_of_name(std::string_view name);
[[nodiscard]] bool is_answered(Fate fate);
/// The far end's final SIP status: 200 for answered ones, 0 where none ever comes.
[[nodiscard]] int sip_status(Fate fate);

}  // namespace outdial::sim
