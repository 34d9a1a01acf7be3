#include "zone/atlas.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "zone/number_areas.hpp"
#include "zone/regions.hpp"

namespace outdial::zone {

namespace {

std::string_view attribute(const Attributes& attributes, std::string_view name) {
    const auto found = std::ranges::find(attributes, name, &Attributes::value_type::first);
    return found == attributes.end() ? std::string_view{} : std::string_view{found->second};
}

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }

bool is_country(std::string_view text) { return text.size() == 2 && std::ranges::all_of(text, is_upper); }

// "DE-BY", as ISO 3166-2 has it.
bool is_region_code(std::string_view text) {
    return text.size() >= 4 && text.size() <= 6 && is_country(text.substr(0, 2)) && text[2] == '-' &&
           std::ranges::all_of(text.substr(3), [](char c) { return is_upper(c) || (c >= '0' && c <= '9'); });
}

class Finder {
public:
    explicit Finder(const NumberArea& area)
        : zones_(area.zones.begin(), area.zones.end()), regions_(area.regions.begin(), area.regions.end()) {
        for (const std::string& region : regions_) countries_.insert(region.substr(0, 2));
    }

    void country(std::string_view text) {
        if (!is_country(text)) return;
        countries_.insert(std::string{text});
        regions_.insert(std::string{text});
    }
    void time_zone(std::string_view name) { zones_.insert(std::string{name}); }
    void state(std::string_view text) {
        if (text.empty()) return;
        if (is_region_code(text)) {
            const std::string_view country = text.substr(0, 2);
            knows_states_of(country) ? add(regions_named(country, text.substr(3))) : narrow(text);
            return;
        }
        for (const std::string& country : countries_) add(regions_named(country, text));
    }
    void postal_code(std::string_view text) {
        for (const std::string& country : countries_) add(regions_of_postal_code(country, text));
    }
    [[nodiscard]] Place place() const { return {{zones_.begin(), zones_.end()}, {regions_.begin(), regions_.end()}}; }

private:
    void add(const std::vector<Region>& regions) {
        for (const Region& region : regions) {
            zones_.insert(region.zones.begin(), region.zones.end());
            narrow(region.code);
        }
    }
    // Who is known to be in a state is not anywhere else in its country, unless the number names a state, too.
    void narrow(std::string_view region) {
        regions_.insert(std::string{region});
        regions_.erase(std::string{region.substr(0, 2)});
    }

    std::set<std::string> zones_;
    std::set<std::string> regions_;
    std::set<std::string> countries_;  // whose states and postal codes may be meant
};

}  // namespace

Result<Atlas> Atlas::load() {
    Result<TimeZones> time_zones = TimeZones::load();
    if (!time_zones) return tl::unexpected<Error>(std::move(time_zones.error()));
    return Atlas{std::move(*time_zones)};
}

Atlas::Atlas(TimeZones time_zones)
    : time_zones_(std::move(time_zones)),
      version_(fmt::format("tzdata {}, {}", time_zones_.version(), number_areas_version())) {}

Result<Place> Atlas::place_of(const PhoneNumber& number, const Attributes& attributes) const {
    Finder finder{number_area(number.digits())};
    finder.country(attribute(attributes, "country"));
    finder.state(attribute(attributes, "state"));
    finder.postal_code(attribute(attributes, "postal_code"));
    if (const std::string_view name = attribute(attributes, "time_zone"); !name.empty()) {
        if (!time_zones_.knows(name)) {
            return fail("its time_zone is no time zone's name; one is like America/New_York or Europe/Berlin");
        }
        finder.time_zone(name);
    }
    return finder.place();
}

}  // namespace outdial::zone
