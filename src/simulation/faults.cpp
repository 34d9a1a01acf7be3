#include "simulation/faults.hpp"

#include <fmt/format.h>

namespace outdial::simulation {

std::string_view name(Fault fault) {
    switch (fault) {
        case Fault::kill: return "kill";
        case Fault::power: return "power";
        case Fault::upgrade: return "upgrade";
        case Fault::drop: return "drop";
        case Fault::late: return "late";
        case Fault::repeat: return "repeat";
        case Fault::shuffle: return "shuffle";
        case Fault::freeze: return "freeze";
        case Fault::cut: return "cut";
        case Fault::outage: return "outage";
        case Fault::restart: return "restart";
        case Fault::refuse: return "refuse";
        case Fault::mute: return "mute";
        case Fault::clock: return "clock";
        case Fault::disk: return "disk";
        case Fault::lock: return "lock";
        case Fault::slow: return "slow";
        case Fault::orders: return "orders";
        case Fault::reload: return "reload";
        case Fault::import: return "import";
        case Fault::hostile: return "hostile";
        case Fault::load: return "load";
        case Fault::forbid: return "forbid";
        case Fault::callback: return "callback";
    }
    return "";
}

Result<FaultSet> FaultSet::parse(std::string_view text) {
    if (text == "all") return all();
    FaultSet set;
    if (text == "none") return set;
    while (true) {
        const auto comma = text.find(',');
        const std::string_view word = text.substr(0, comma);
        bool known = false;
        for (int i = 0; i < fault_count; ++i) {
            if (word != name(static_cast<Fault>(i))) continue;
            set.add(static_cast<Fault>(i));
            known = true;
        }
        if (!known) return fail(fmt::format("'{}' is no fault; there are all, none, {}", word, all().text()));
        if (comma == std::string_view::npos) return set;
        text.remove_prefix(comma + 1);
    }
}

std::string FaultSet::text() const {
    std::string text;
    for (int i = 0; i < fault_count; ++i) {
        if (!has(static_cast<Fault>(i))) continue;
        if (!text.empty()) text += ',';
        text += name(static_cast<Fault>(i));
    }
    return text.empty() ? "none" : text;
}

}  // namespace outdial::simulation
