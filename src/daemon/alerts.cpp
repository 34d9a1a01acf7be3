#include "daemon/alerts.hpp"

#include <spdlog/spdlog.h>

#include "daemon/log.hpp"

namespace outdial::daemon {

void Alerts::raise(UtcTime at, std::string about, std::string text) {
    spdlog::warn("alert about={} text=\"{}\"", one_line(about), one_line(text));
    entries_.push_back({.at = at, .about = std::move(about), .text = masked(text)});
    if (entries_.size() > kept) entries_.pop_front();
}

}  // namespace outdial::daemon
