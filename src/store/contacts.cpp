#include "store/contacts.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "store/json_object.hpp"

namespace outdial::store {

namespace {

std::string to_json(const Attributes& attributes) {
    std::string json = "{";
    for (const auto& [name, value] : attributes) {
        if (json.size() > 1) json += ',';
        append_json_string(json, name);
        json += ':';
        append_json_string(json, value);
    }
    json += '}';
    return json;
}

}  // namespace

std::optional<PlaceId> Contacts::add(ListId list, const NewContact& contact, std::size_t index,
                                     AddedContacts& outcome) {
    const std::string attributes = to_json(contact.attributes);
    // The import has said all this to the user with line and column; here nothing wrong gets in, whoever calls.
    std::string fault = fault_of(contact);
    if (fault.empty() && attributes.size() > max_attributes_bytes) {
        fault = fmt::format("its attributes have more than {} bytes", max_attributes_bytes);
    }
    std::vector<std::pair<const PhoneNumber*, PlaceId>> numbers;
    for (auto number = contact.numbers.begin(); fault.empty() && number != contact.numbers.end(); ++number) {
        const bool repeated = std::any_of(contact.numbers.begin(), number,
                                          [&](const PhoneNumber& earlier) { return earlier.e164 == number->e164; });
        if (repeated) continue;
        const Result<PlaceId> place = places_.find(*number, contact.attributes);
        if (!place) {
            fault = place.error().message;
        } else if (!places_.note(list, *place)) {
            fault = fmt::format(
                "its list has contacts with {} different sets of time zones and regions, and may have no "
                "more; correct its columns time_zone, state, postal_code and country",
                max_places_of_list);
        }
        numbers.emplace_back(&*number, place.value_or(not_looked_up));
    }
    if (!fault.empty()) {
        outcome.rejected.push_back({index, std::move(fault)});
        return std::nullopt;
    }
    if (const auto holder = holder_of_number(list, contact.numbers.front().e164)) {
        outcome.duplicates.push_back({index, AddedContacts::Same::number, *holder});
        return std::nullopt;
    }
    const PlaceId home = numbers.front().second;
    const std::optional<ContactId> id = insert(list, contact, attributes, home);
    if (!id) {
        Rows existing = find_external_.rows(list, contact.external_id);
        if (existing.next()) {
            outcome.duplicates.push_back({index, AddedContacts::Same::external_id, ContactId{existing.integer(0)}});
        }
        return std::nullopt;
    }
    int position = 0;
    for (const auto& [number, place] : numbers) {
        insert_number_.run(*id, position++, list, number->e164, number->country_code_digits, place);
    }
    ++outcome.accepted;
    return home;
}

std::optional<ContactId> Contacts::holder_of_number(ListId list, const std::string& number) {
    Rows rows = find_number_.rows(number, list);
    if (!rows.next()) return std::nullopt;
    return ContactId{rows.integer(0)};
}

std::optional<ContactId> Contacts::insert(ListId list, const NewContact& contact, const std::string& attributes,
                                          PlaceId place) {
    // Not RETURNING: it makes SQLite keep a journal for each statement, which costs as much as the insert.
    if (insert_.run(list, NullIfEmpty{contact.external_id}, attributes, place) == 0) return std::nullopt;
    return ContactId{database_.last_inserted_id()};
}

std::optional<Contact> Contacts::load(ContactId id) {
    Contact contact;
    contact.id = id;
    std::string attributes;
    {
        Rows rows = load_.rows(id);
        if (!rows.next()) return std::nullopt;
        contact.external_id = rows.text(0);
        attributes = rows.text(1);
    }
    Rows numbers = numbers_.rows(id);
    while (numbers.next()) {
        contact.numbers.push_back({std::string{numbers.text(0)}, static_cast<int>(numbers.integer(1))});
    }
    contact.attributes = attributes_from(attributes);
    return contact;
}

Attributes Contacts::attributes_from(const std::string& json) {
    Attributes attributes;
    if (json == "{}") return attributes;
    Rows rows = attributes_.rows(json);
    while (rows.next()) attributes.emplace_back(rows.text(0), rows.text(1));
    return attributes;
}

std::vector<ContactId> Contacts::with_number(std::string_view e164) {
    std::vector<ContactId> ids;
    Rows rows = with_number_.rows(e164);
    while (rows.next()) ids.push_back(ContactId{rows.integer(0)});
    return ids;
}

}  // namespace outdial::store
