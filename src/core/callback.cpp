#include "core/callback.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>

namespace outdial {

namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

/// Reads a text from its beginning.
class Reader {
public:
    explicit Reader(std::string_view text) : rest_(text) {}

    [[nodiscard]] bool at_end() const { return rest_.empty(); }
    [[nodiscard]] std::string_view rest() const { return rest_; }
    bool skip(char expected) {
        if (!rest_.starts_with(expected)) return false;
        rest_.remove_prefix(1);
        return true;
    }
    /// Exactly so many digits.
    std::optional<int> digits(std::size_t count) {
        if (rest_.size() < count) return std::nullopt;
        const std::string_view text = rest_.substr(0, count);
        if (!std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; })) return std::nullopt;
        int value = 0;
        std::from_chars(text.data(), text.data() + count, value);
        rest_.remove_prefix(count);
        return value;
    }

private:
    std::string_view rest_;
};

/// As it is written: a time on some clock.
struct Written {
    Milliseconds on_the_clock{};
    std::optional<Milliseconds> ahead;  // of UTC, where an offset is given
    std::string_view zone;              // where one is given
};

std::optional<Milliseconds> read_date(Reader& text) {
    const auto year = text.digits(4);
    if (!year || !text.skip('-')) return std::nullopt;
    const auto month = text.digits(2);
    if (!month || !text.skip('-')) return std::nullopt;
    const auto day = text.digits(2);
    if (!day) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year{*year}, std::chrono::month{static_cast<unsigned>(*month)},
                                           std::chrono::day{static_cast<unsigned>(*day)}};
    if (!date.ok()) return std::nullopt;
    return std::chrono::sys_days{date}.time_since_epoch();
}

std::optional<Milliseconds> read_clock(Reader& text) {
    const auto hour = text.digits(2);
    if (!hour || *hour > 23 || !text.skip(':')) return std::nullopt;
    const auto minute = text.digits(2);
    if (!minute || *minute > 59) return std::nullopt;
    Milliseconds clock = hours{*hour} + minutes{*minute};
    if (text.skip(':')) {
        const auto second = text.digits(2);
        if (!second || *second > 59) return std::nullopt;
        clock += seconds{*second};
    }
    return clock;
}

std::optional<Milliseconds> read_offset(Reader& text) {
    if (text.skip('Z')) return Milliseconds{0};
    const bool west = text.skip('-');
    if (!west && !text.skip('+')) return std::nullopt;
    const auto hour = text.digits(2);
    if (!hour || *hour > 14) return std::nullopt;
    text.skip(':');
    const auto minute = text.digits(2);
    if (!minute || *minute > 59) return std::nullopt;
    const Milliseconds ahead = hours{*hour} + minutes{*minute};
    return west ? -ahead : ahead;
}

std::optional<Written> read_time(std::string_view whole) {
    Reader text{whole};
    Written written;
    const auto date = read_date(text);
    if (!date || (!text.skip('T') && !text.skip(' '))) return std::nullopt;
    const auto clock = read_clock(text);
    if (!clock) return std::nullopt;
    written.on_the_clock = *date + *clock;
    if (text.at_end()) return written;
    if (text.skip(' ')) {
        written.zone = text.rest();
        return written.zone.empty() ? std::nullopt : std::optional{written};
    }
    written.ahead = read_offset(text);
    return written.ahead && text.at_end() ? std::optional{written} : std::nullopt;
}

/// "+90m" and the like.
std::optional<Milliseconds> read_delay(std::string_view text) {
    if (text.size() < 3 || text.size() > 7 || text.front() != '+') return std::nullopt;
    const char unit = text.back();
    Reader digits{text.substr(1, text.size() - 2)};
    const auto count = digits.digits(text.size() - 2);
    if (!count) return std::nullopt;
    switch (unit) {
        case 's': return seconds{*count};
        case 'm': return minutes{*count};
        case 'h': return hours{*count};
        case 'd': return days{*count};
        default: return std::nullopt;
    }
}

Result<UtcTime> in_zone(std::string_view zone, Milliseconds on_the_clock, const Geography* geography) {
    if (geography == nullptr) {
        return fail("no time zone data is loaded: write the time with an offset, such as 2026-11-24T15:00+01:00");
    }
    return geography->instant_of(zone, on_the_clock);
}

Result<UtcTime> by_their_clock(Milliseconds on_the_clock, const CallbackClocks& clocks, const Geography* geography) {
    std::set<UtcTime> instants;
    for (const std::string& zone : clocks.zones) {
        const auto instant = in_zone(zone, on_the_clock, geography);
        if (!instant) return instant;
        instants.insert(*instant);
    }
    if (instants.size() == 1) return *instants.begin();
    if (!clocks.otherwise.empty()) return in_zone(clocks.otherwise, on_the_clock, geography);
    std::string zones;
    for (const std::string& zone : clocks.zones) zones += (zones.empty() ? "" : ", ") + zone;
    return fail((zones.empty() ? "nobody knows in which time zone the person is"
                               : "the person may be in any of the time zones " + zones) +
                std::string{": write the time with a zone or an offset, such as 2026-11-24T15:00 Europe/Berlin or "
                            "2026-11-24T15:00+01:00"});
}

}  // namespace

Result<UtcTime> callback_time(std::string_view written, const CallbackClocks& clocks, const Geography* geography) {
    std::optional<Written> time;
    const auto delay = read_delay(written);
    if (written.size() <= max_callback_bytes && !delay) time = read_time(written);
    if (!time && !delay) {
        return fail(
            "it is no time to call back: write it as 2026-11-24T15:00, perhaps with an offset (+01:00) or a zone "
            "( Europe/Berlin), or as +90m, +2h or +3d from now");
    }
    Result<UtcTime> at = clocks.now;
    if (delay) {
        at = clocks.now + *delay;
    } else if (time->ahead) {
        at = UtcTime{time->on_the_clock - *time->ahead};
    } else if (!time->zone.empty()) {
        at = in_zone(time->zone, time->on_the_clock, geography);
    } else {
        at = by_their_clock(time->on_the_clock, clocks, geography);
    }
    if (!at) return at;
    if (*at < clocks.now - oldest_callback) return fail("the time to call back is past; write one to come");
    if (*at > clocks.now + farthest_callback) {
        return fail(fmt::format("the time to call back is more than {} days off; write an earlier one",
                                farthest_callback.count()));
    }
    return std::max(*at, clocks.now);
}

bool is_agent(std::string_view name) {
    constexpr std::string_view others = "-_.@/";
    return !name.empty() && name.size() <= max_agent_bytes && std::ranges::all_of(name, [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               others.find(c) != std::string_view::npos;
    });
}

}  // namespace outdial
