#include "core/disposition.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace outdial {

std::string_view to_text(Disposition disposition) {
    switch (disposition) {
        case Disposition::answered: return "answered";
        case Disposition::abandoned: return "abandoned";
        case Disposition::machine: return "machine";
        case Disposition::busy: return "busy";
        case Disposition::no_answer: return "no_answer";
        case Disposition::declined: return "declined";
        case Disposition::rejected: return "rejected";
        case Disposition::invalid_number: return "invalid_number";
        case Disposition::congestion: return "congestion";
        case Disposition::unreachable: return "unreachable";
        case Disposition::canceled: return "canceled";
        case Disposition::failed: return "failed";
        case Disposition::lost: return "lost";
    }
    OUTDIAL_UNREACHABLE();
}

std::optional<Disposition> disposition_from(std::string_view text) {
    const auto found = std::ranges::find(all_dispositions, text, to_text);
    return found == all_dispositions.end() ? std::nullopt : std::optional{*found};
}

Side side_of(Disposition disposition) {
    switch (disposition) {
        case Disposition::answered:
        case Disposition::machine:
        case Disposition::busy:
        case Disposition::no_answer:
        case Disposition::declined: return Side::person;
        case Disposition::invalid_number: return Side::number;
        case Disposition::rejected:
        case Disposition::congestion:
        case Disposition::unreachable: return Side::trunk;
        case Disposition::abandoned:
        case Disposition::canceled:
        case Disposition::failed: return Side::ours;
        case Disposition::lost: return Side::unknown;
    }
    OUTDIAL_UNREACHABLE();
}

bool is_technical(Disposition disposition) {
    return side_of(disposition) == Side::trunk || disposition == Disposition::failed;
}

}  // namespace outdial
