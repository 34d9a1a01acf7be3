#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/contact.hpp"
#include "core/geography.hpp"
#include "store/statement.hpp"

namespace outdial::store {

using PlaceId = RowId<struct PlaceTag>;

/// Of contacts that were imported while nobody could look places up.
inline constexpr PlaceId not_looked_up{0};
/// All area codes of North America together with all states make less. Each place costs a claim's memory some hundred
/// bytes, and whoever writes a call list could make up any number.
inline constexpr std::size_t max_places_of_list = 10'000;

/// Zones or regions as the table place has them, with a space between.
[[nodiscard]] std::vector<std::string> words_of(std::string_view text);

/// The places where contacts may be. All members run inside the caller's Scope.
class Places {
public:
    explicit Places(Database& database) : database_(database) {}

    /// Until then, and where it is none, places are not looked up.
    void set_geography(const Geography* geography) { geography_ = geography; }
    [[nodiscard]] const Geography* geography() const { return geography_; }

    /// Where the number's owner may be, and its row, created when missing. Fails where the attributes name a time zone
    /// that there is not.
    [[nodiscard]] Result<PlaceId> find(const PhoneNumber& number, const Attributes& attributes);
    [[nodiscard]] PlaceId id_of(const Place& place);
    /// Of a row that find() has given, now or in an earlier run.
    [[nodiscard]] const Place& of(PlaceId id);
    /// The list has contacts there; false where it has contacts at so many other places that it may have none there.
    [[nodiscard]] bool note(ListId list, PlaceId place);
    [[nodiscard]] std::vector<PlaceId> of_list(ListId list);

private:
    void forget_what_was_rolled_back();

    Database& database_;
    const Geography* geography_ = nullptr;
    std::uint64_t rollbacks_ = 0;
    std::map<std::pair<std::string, std::string>, PlaceId> ids_;  // by zones and regions
    std::map<PlaceId, Place> places_;
    std::map<ListId, std::set<PlaceId>> noted_;
    Statement find_{database_, "SELECT place_id FROM place WHERE zones = ?1 AND regions = ?2"};
    Statement insert_{database_, "INSERT INTO place (zones, regions) VALUES (?1, ?2) RETURNING place_id"};
    Statement load_{database_, "SELECT zones, regions FROM place WHERE place_id = ?1"};
    Statement note_{database_, "INSERT INTO list_place (list_id, place_id) VALUES (?1, ?2) ON CONFLICT DO NOTHING"};
    Statement of_list_{database_, "SELECT place_id FROM list_place WHERE list_id = ?1"};
};

}  // namespace outdial::store
