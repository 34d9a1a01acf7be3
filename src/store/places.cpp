#include "store/places.hpp"

#include <algorithm>

namespace outdial::store {

namespace {

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) {
        if (!text.empty()) text += ' ';
        text += word;
    }
    return text;
}

}  // namespace

std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(' '), text.size());
        words.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return words;
}

Result<PlaceId> Places::find(const PhoneNumber& number, const Attributes& attributes) {
    if (geography_ == nullptr) return not_looked_up;
    Result<Place> place = geography_->place_of(number, attributes);
    if (!place) return tl::unexpected<Error>(std::move(place.error()));
    return id_of(*place);
}

PlaceId Places::id_of(const Place& place) {
    forget_what_was_rolled_back();
    std::pair<std::string, std::string> key{joined(place.zones), joined(place.regions)};
    if (const auto known = ids_.find(key); known != ids_.end()) return known->second;
    PlaceId id;
    {
        Rows found = find_.rows(key.first, key.second);
        if (found.next()) id = PlaceId{found.integer(0)};
    }
    if (id == PlaceId{}) {
        Rows inserted = insert_.rows(key.first, key.second);
        if (inserted.next()) id = PlaceId{inserted.integer(0)};
    }
    ids_.emplace(std::move(key), id);
    places_.emplace(id, place);
    return id;
}

const Place& Places::of(PlaceId id) {
    forget_what_was_rolled_back();
    const auto known = places_.find(id);
    if (known != places_.end()) return known->second;
    Place place;
    Rows rows = load_.rows(id);
    if (id != not_looked_up && rows.next()) place = {words_of(rows.text(0)), words_of(rows.text(1))};
    return places_.emplace(id, std::move(place)).first->second;
}

bool Places::note(ListId list, PlaceId place) {
    forget_what_was_rolled_back();
    auto known = noted_.find(list);
    if (known == noted_.end()) {
        const std::vector<PlaceId> places = of_list(list);
        known = noted_.emplace(list, std::set<PlaceId>{places.begin(), places.end()}).first;
    }
    if (known->second.contains(place)) return true;
    if (known->second.size() >= max_places_of_list) return false;
    known->second.insert(place);
    note_.run(list, place);
    return true;
}

std::vector<PlaceId> Places::of_list(ListId list) {
    std::vector<PlaceId> places;
    Rows rows = of_list_.rows(list);
    while (rows.next()) places.push_back(PlaceId{rows.integer(0)});
    return places;
}

void Places::forget_what_was_rolled_back() {
    if (rollbacks_ == database_.rollbacks()) return;
    rollbacks_ = database_.rollbacks();
    ids_.clear();
    places_.clear();
    noted_.clear();
}

}  // namespace outdial::store
