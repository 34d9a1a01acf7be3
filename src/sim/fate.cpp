#include "sim/fate.hpp"

namespace outdial::sim {

std::string_view name(Fate fate) {
    switch (fate) {
        case Fate::answered: return "answered";
        case Fate::answered_at_once: return "answered-at-once";
        case Fate::early_media: return "early-media";
        case Fate::busy: return "busy";
        case Fate::no_answer: return "no-answer";
        case Fate::silence: return "silence";
        case Fate::declined: return "declined";
        case Fate::rejected: return "rejected";
        case Fate::unavailable: return "unavailable";
        case Fate::no_response: return "no-response";
        case Fate::not_found: return "not-found";
        case Fate::gone: return "gone";
        case Fate::bad_number: return "bad-number";
        case Fate::not_acceptable: return "not-acceptable";
        case Fate::congestion: return "congestion";
        case Fate::network_failure: return "network-failure";
        case Fate::out_of_order: return "out-of-order";
        case Fate::unknown_endpoint: return "unknown-endpoint";
    }
    return {};
}

std::optional<Fate> fate_of_name(std::string_view text) {
    for (const Fate fate : all_fates) {
        if (name(fate) == text) return fate;
    }
    return std::nullopt;
}

bool is_answered(Fate fate) { return sip_status(fate) == 200; }

int sip_status(Fate fate) {
    switch (fate) {
        case Fate::answered:
        case Fate::answered_at_once:
        case Fate::early_media: return 200;
        case Fate::busy: return 486;
        case Fate::no_answer:
        case Fate::silence:
        case Fate::unknown_endpoint: return 0;
        case Fate::declined: return 603;
        case Fate::rejected: return 403;
        case Fate::unavailable: return 480;
        case Fate::no_response: return 408;
        case Fate::not_found: return 404;
        case Fate::gone: return 410;
        case Fate::bad_number: return 484;
        case Fate::not_acceptable: return 488;
        case Fate::congestion: return 503;
        case Fate::network_failure: return 500;
        case Fate::out_of_order: return 502;
    }
    return 0;
}

}  // namespace outdial::sim
