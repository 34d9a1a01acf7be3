// A world that a test can reckon in its head: zones are "+0" to "+9" hours ahead of UTC, without clock changes, and a
// person is where the attribute `zones` says, in the regions that `regions` says.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "core/geography.hpp"

namespace outdial {

class PlainGeography : public Geography {
public:
    [[nodiscard]] Result<Place> place_of(const PhoneNumber& number, const Attributes& attributes) const override {
        Place place;
        for (const auto& [name, value] : attributes) {
            if (name == "zones") place.zones = split(value);
            if (name == "regions") place.regions = split(value);
            // The second number of somebody who has a second home.
            if (name == "other_zones" && number.e164.back() == '9') place.zones = split(value);
        }
        if (std::ranges::find(place.zones, "nowhere") != place.zones.end()) return fail("its zone is no zone");
        return place;
    }
    [[nodiscard]] Result<OpenIntervals> open_in(std::string_view zone, const CallingHours& hours, UtcTime from,
                                                UtcTime to) const override {
        using std::chrono::days;
        if (zone.size() != 2 || zone[0] != '+') return fail("there is no zone " + std::string{zone});
        const Milliseconds ahead = std::chrono::hours{zone[1] - '0'};
        OpenIntervals open;
        for (LocalDate date = std::chrono::floor<days>(LocalDate{} + from.time_since_epoch()) - days{1};
             date.time_since_epoch() < to.time_since_epoch() + days{2}; date += days{1}) {
            for (const LocalInterval& interval : hours_on(hours, date).value_or(DayHours{{0, minutes_per_day}})) {
                const auto at = [&](int minute) {
                    return UtcTime{date.time_since_epoch() + std::chrono::minutes{minute} - ahead};
                };
                const OpenInterval clipped{std::max(from, at(interval.opens)), std::min(to, at(interval.closes))};
                if (clipped.opens_at >= clipped.closes_at) continue;
                if (!open.empty() && open.back().closes_at == clipped.opens_at) {
                    open.back().closes_at = clipped.closes_at;
                } else {
                    open.push_back(clipped);
                }
            }
        }
        ++asked_;
        return open;
    }
    [[nodiscard]] Result<UtcTime> instant_of(std::string_view zone, Milliseconds on_the_clock) const override {
        if (zone.size() != 2 || zone[0] != '+') return fail("there is no zone " + std::string{zone});
        return UtcTime{on_the_clock - std::chrono::hours{zone[1] - '0'}};
    }
    [[nodiscard]] std::string_view version() const override { return "plain"; }
    /// How often open_in() was asked.
    [[nodiscard]] int asked() const { return asked_; }

private:
    static std::vector<std::string> split(std::string_view text) {
        std::vector<std::string> found;
        while (!text.empty()) {
            const std::size_t end = std::min(text.find(' '), text.size());
            found.emplace_back(text.substr(0, end));
            text.remove_prefix(std::min(end + 1, text.size()));
        }
        return found;
    }

    mutable int asked_ = 0;
};

/// The same hours each day, minutes since midnight.
inline CallingHours daily(DayHours hours) {
    CallingHours rule;
    rule.weekdays.fill(hours);
    rule.on_holidays = std::move(hours);
    return rule;
}

}  // namespace outdial
