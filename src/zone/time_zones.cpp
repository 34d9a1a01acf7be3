#include "zone/time_zones.hpp"

#include <date/tz.h>
#include <fmt/core.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace outdial::zone {

namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::minutes;
using std::chrono::seconds;

// Neither this machine's own, nor one of the copies with and without leap seconds that lie beside the others.
bool is_a_name(std::string_view zone) {
    return zone != "localtime" && zone != "posixrules" && zone != "Factory" && !zone.starts_with("posix/") &&
           !zone.starts_with("right/");
}

const date::time_zone* find(std::string_view zone) {
    if (!is_a_name(zone)) return nullptr;
    try {
        return date::locate_zone(zone);
    } catch (const std::runtime_error&) {
        return nullptr;
    }
}

// Joins what touches: a night between two days that are open around the clock is no gap.
void append(OpenIntervals& intervals, OpenInterval next) {
    if (next.opens_at >= next.closes_at) return;
    if (!intervals.empty() && intervals.back().closes_at == next.opens_at) {
        intervals.back().closes_at = next.closes_at;
    } else {
        intervals.push_back(next);
    }
}

DayHours all_day() { return {{0, minutes_per_day}}; }

// While the clock is `offset` ahead of UTC.
void append_open(OpenIntervals& intervals, const CallingHours& rule, UtcTime from, UtcTime to, seconds offset) {
    const auto local = [offset](UtcTime at) {
        return std::chrono::local_time<Milliseconds>{at.time_since_epoch() + offset};
    };
    for (LocalDate date = floor<days>(local(from)); date < local(to); date += days{1}) {
        for (const LocalInterval& hours : hours_on(rule, date).value_or(all_day())) {
            const auto instant = [&](int minute) {
                return UtcTime{Milliseconds{(date + minutes{minute}).time_since_epoch() - offset}};
            };
            append(intervals, {std::max(from, instant(hours.opens)), std::min(to, instant(hours.closes))});
        }
    }
}

std::string unreadable(std::string_view zone, const std::runtime_error& error) {
    return fmt::format("the data of time zone {} cannot be read: {}; install the package tzdata anew", zone,
                       error.what());
}

UtcTime end_of_knowledge() {
    using std::chrono::January;
    return UtcTime{std::chrono::sys_days{std::chrono::year{last_known_year + 1} / January / 1}.time_since_epoch()};
}

}  // namespace

Result<TimeZones> TimeZones::load() {
    try {
        const date::tzdb& data = date::get_tzdb();
        if (data.zones.empty()) throw std::runtime_error{"it holds no zones"};
        return TimeZones{data.version.empty() ? "unknown" : data.version};
    } catch (const std::exception& error) {
        return fail(
            fmt::format("the system's time zone data cannot be read ({}), so nobody's calling hours are known; "
                        "install the package tzdata",
                        error.what()));
    }
}

bool TimeZones::knows(std::string_view zone) const { return find(zone) != nullptr; }

Error TimeZones::unknown(std::string_view zone) const {
    return Error{
        fmt::format("'{}' is no time zone that this system's data ({}) knows; a zone's name is like Europe/Berlin",
                    zone, version_)};
}

Error TimeZones::too_late() const {
    return Error{
        fmt::format("the system's time zone data ({}) tells nothing of the years after {}", version_, last_known_year)};
}

Result<OpenIntervals> TimeZones::open_in(std::string_view zone, const CallingHours& rule, UtcTime from,
                                         UtcTime to) const {
    const date::time_zone* data = find(zone);
    if (data == nullptr) return tl::unexpected{unknown(zone)};
    if (to > end_of_knowledge()) return tl::unexpected{too_late()};
    OpenIntervals open;
    try {
        while (from < to) {
            const date::sys_info now = data->get_info(date::sys_seconds{floor<seconds>(from.time_since_epoch())});
            const seconds until = now.end.time_since_epoch();
            const UtcTime end = until < to.time_since_epoch() ? UtcTime{until} : to;
            append_open(open, rule, from, end, now.offset);
            from = end;
        }
    } catch (const std::runtime_error& error) {
        return fail(unreadable(zone, error));
    }
    return open;
}

Result<UtcTime> TimeZones::instant_of(std::string_view zone, Milliseconds on_the_clock) const {
    const date::time_zone* data = find(zone);
    if (data == nullptr) return tl::unexpected{unknown(zone)};
    if (UtcTime{on_the_clock} + days{1} > end_of_knowledge()) return tl::unexpected{too_late()};
    try {
        const auto whole = floor<seconds>(on_the_clock);
        const date::local_info clock = data->get_info(date::local_seconds{whole});
        if (clock.result == date::local_info::nonexistent) return UtcTime{clock.first.end.time_since_epoch()};
        return UtcTime{on_the_clock - clock.first.offset};
    } catch (const std::runtime_error& error) {
        return fail(unreadable(zone, error));
    }
}

}  // namespace outdial::zone
