#pragma once

#include <deque>
#include <string>

#include "base/time.hpp"

namespace outdial::daemon {

struct AlertEntry {
    UtcTime at;
    std::string about;  // campaign, trunk, server or `database`
    std::string text;
};

/// What the operator should read: logged as it comes, and the newest are kept for `outdial status`.
/// Numbers are masked: a person who is forgotten is not remembered here.
class Alerts {
public:
    static constexpr std::size_t kept = 50;

    void raise(UtcTime at, std::string about, std::string text);
    [[nodiscard]] const std::deque<AlertEntry>& newest_last() const { return entries_; }

private:
    std::deque<AlertEntry> entries_;
};

}  // namespace outdial::daemon
