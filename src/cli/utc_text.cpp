#include "cli/utc_text.hpp"

#include <charconv>
#include <cstddef>

namespace outdial::cli {

std::optional<UtcTime> utc_day(std::string_view text) {
    constexpr std::size_t size = 10;
    int parts[3] = {};
    const std::size_t starts[] = {0, 5, 8};
    const std::size_t sizes[] = {4, 2, 2};
    if (text.size() != size || text[4] != '-' || text[7] != '-') {
        return std::nullopt;
    }
    for (std::size_t i = 0; i < 3; ++i) {
        const std::string_view part = text.substr(starts[i], sizes[i]);
        const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), parts[i]);
        if (error != std::errc{} || end != part.data() + part.size() || parts[i] < 1) {
            return std::nullopt;
        }
    }
    const std::chrono::year_month_day day{std::chrono::year{parts[0]},
                                          std::chrono::month{static_cast<unsigned>(parts[1])},
                                          std::chrono::day{static_cast<unsigned>(parts[2])}};
    if (!day.ok()) {
        return std::nullopt;
    }
    return UtcTime{std::chrono::sys_days{day}.time_since_epoch()};
}

namespace {

constexpr std::size_t day_size = 10;

/// Two digits at this place, at most `most`.
std::optional<int> two_digits(std::string_view text, std::size_t at, int most) {
    int value = 0;
    const std::string_view digits = text.substr(at, 2);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc{} || end != digits.data() + 2 || value < 0 || value > most) {
        return std::nullopt;
    }
    return value;
}

}  // namespace

std::optional<UtcTime> utc_instant(std::string_view text) {
    constexpr std::size_t minutes_size = 16;  // 2027-05-31 14:30
    constexpr std::size_t seconds_size = 19;
    const auto day = utc_day(text.substr(0, day_size));
    if (!day || text.size() == day_size) {
        return day;
    }
    const bool has_seconds = text.size() == seconds_size && text[minutes_size] == ':';
    if ((text.size() != minutes_size && !has_seconds) || (text[day_size] != ' ' && text[day_size] != 'T') ||
        text[13] != ':') {
        return std::nullopt;
    }
    const auto hours = two_digits(text, 11, 23);
    const auto minutes = two_digits(text, 14, 59);
    const auto seconds = has_seconds ? two_digits(text, 17, 59) : std::optional{0};
    if (!hours || !minutes || !seconds) {
        return std::nullopt;
    }
    return *day + std::chrono::hours{*hours} + std::chrono::minutes{*minutes} + std::chrono::seconds{*seconds};
}

}  // namespace outdial::cli
