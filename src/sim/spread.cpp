#include "sim/spread.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numbers>
#include <optional>

namespace outdial::sim {

namespace {

std::optional<double> number(std::string_view text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value) || value < 0) return {};
    return value;
}

std::optional<Milliseconds> duration(std::string_view text) {
    double unit_ms = 0;
    std::size_t suffix = 1;
    if (text.ends_with("ms")) {
        unit_ms = 1;
        suffix = 2;
    } else if (text.ends_with('s')) {
        unit_ms = 1'000;
    } else if (text.ends_with('m')) {
        unit_ms = 60'000;
    } else {
        return {};
    }
    const auto value = number(text.substr(0, text.size() - suffix));
    if (!value || *value * unit_ms > static_cast<double>(Spread::longest.count())) return {};
    return Milliseconds{std::llround(*value * unit_ms)};
}

std::string written(Milliseconds value) {
    return value.count() % 1'000 == 0 ? fmt::format("{}s", value.count() / 1'000) : fmt::format("{}ms", value.count());
}

}  // namespace

Result<Spread> Spread::parse(std::string_view text) {
    const auto wrong = [text] {
        return fail(
            fmt::format("'{}' is no duration: write 8s, 500ms..2s, ~8s (lognormal) or ~8s*0.8, up to 240m", text));
    };
    if (text.starts_with('~')) {
        const auto star = text.find('*');
        const auto median = duration(text.substr(1, star == std::string_view::npos ? star : star - 1));
        const auto sigma = star == std::string_view::npos ? default_sigma : number(text.substr(star + 1));
        if (!median || !sigma || *sigma > 5.0) return wrong();
        return lognormal(*median, *sigma);
    }
    const auto dots = text.find("..");
    const auto low = duration(text.substr(0, dots));
    const auto high = dots == std::string_view::npos ? low : duration(text.substr(dots + 2));
    if (!low || !high || *high < *low) return wrong();
    return uniform(*low, *high);
}

Microseconds Spread::draw(Random& random) const {
    const Microseconds low = low_;
    switch (kind_) {
        case Kind::uniform: {
            const auto width = static_cast<std::uint64_t>(Microseconds{high_ - low_}.count());
            return width == 0 ? low : low + Microseconds{static_cast<std::int64_t>(random.below(width + 1))};
        }
        case Kind::lognormal: {
            const double radius = std::sqrt(-2.0 * std::log(1.0 - random.unit()));  // Box and Muller
            const double normal = radius * std::cos(2.0 * std::numbers::pi * random.unit());
            const double drawn = static_cast<double>(low.count()) * std::exp(sigma_ * normal);
            const auto bound = static_cast<double>(Microseconds{longest}.count());
            return Microseconds{static_cast<std::int64_t>(std::min(drawn, bound))};
        }
    }
    return low;
}

std::string Spread::text() const {
    switch (kind_) {
        case Kind::uniform: return low_ == high_ ? written(low_) : written(low_) + ".." + written(high_);
        case Kind::lognormal: return fmt::format("~{}*{}", written(low_), sigma_);
    }
    return {};
}

}  // namespace outdial::sim
