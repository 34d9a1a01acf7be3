#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace outdial {

/// Our verdict on an attempt: docs/architecture.md, section 5.
enum class Disposition : std::uint8_t {
    answered,
    abandoned,
    machine,
    busy,
    no_answer,
    declined,
    rejected,
    invalid_number,
    congestion,
    unreachable,
    canceled,
    failed,
    lost,
};
inline constexpr std::array all_dispositions{
    Disposition::answered,   Disposition::abandoned,   Disposition::machine,  Disposition::busy,
    Disposition::no_answer,  Disposition::declined,    Disposition::rejected, Disposition::invalid_number,
    Disposition::congestion, Disposition::unreachable, Disposition::canceled, Disposition::failed,
    Disposition::lost,
};

/// Whose doing it was. A person's outcome is never retried on another trunk at once; a trunk's or our own never uses up
/// the person's attempts.
enum class Side : std::uint8_t { person, number, trunk, ours, unknown };

/// The word that is stored and reported: `no_answer`.
[[nodiscard]] std::string_view to_text(Disposition disposition);
[[nodiscard]] std::optional<Disposition> disposition_from(std::string_view text);
[[nodiscard]] Side side_of(Disposition disposition);

/// A technical outcome: the trunk's, or an Originate that Asterisk refused. Retried by the `technical` rule.
[[nodiscard]] bool is_technical(Disposition disposition);

}  // namespace outdial
