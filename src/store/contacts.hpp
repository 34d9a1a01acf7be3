#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/attempt.hpp"
#include "store/places.hpp"
#include "store/statement.hpp"

namespace outdial::store {

inline constexpr std::size_t max_attributes_bytes = 64 * 1024;  // all names and values, as JSON

/// What became of a batch of contacts; `index` counts from 0 in the batch.
struct AddedContacts {
    enum class Same { external_id, number };
    struct Duplicate {
        std::size_t index = 0;
        Same same{};
        ContactId existing;  // in the list, perhaps since a moment ago, from the same batch
    };
    struct Rejected {
        std::size_t index = 0;
        std::string reason;
    };

    std::size_t accepted = 0;
    std::vector<Duplicate> duplicates;
    std::vector<Rejected> rejected;
};

/// People and their numbers. All members run inside the caller's Scope.
class Contacts {
public:
    /// `places` must outlive it.
    Contacts(Database& database, Places& places) : database_(database), places_(places) {}

    /// The place of the first number, where the contact was accepted.
    std::optional<PlaceId> add(ListId list, const NewContact& contact, std::size_t index, AddedContacts& outcome);
    /// Nothing where there is no such contact.
    [[nodiscard]] std::optional<Contact> load(ContactId id);
    /// Contacts in any list with this number, at any position.
    [[nodiscard]] std::vector<ContactId> with_number(std::string_view e164);

private:
    [[nodiscard]] std::optional<ContactId> holder_of_number(ListId list, const std::string& number);
    [[nodiscard]] std::optional<ContactId> insert(ListId list, const NewContact& contact, const std::string& attributes,
                                                  PlaceId place);
    [[nodiscard]] Attributes attributes_from(const std::string& json);

    Database& database_;
    Places& places_;
    Statement find_number_{database_,
                           "SELECT contact_id FROM contact_number WHERE number = ?1 AND list_id = ?2 AND position = 0"};
    Statement find_external_{database_, "SELECT contact_id FROM contact WHERE list_id = ?1 AND external_id = ?2"};
    Statement insert_{database_,
                      "INSERT INTO contact (list_id, external_id, attributes, place_id) VALUES (?1, ?2, ?3, ?4) "
                      "ON CONFLICT (list_id, external_id) WHERE external_id IS NOT NULL DO NOTHING"};
    Statement insert_number_{database_,
                             "INSERT INTO contact_number (contact_id, position, list_id, number, country_code_digits, "
                             "place_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"};
    Statement load_{database_, "SELECT external_id, attributes FROM contact WHERE contact_id = ?1"};
    Statement numbers_{
        database_, "SELECT number, country_code_digits FROM contact_number WHERE contact_id = ?1 ORDER BY position"};
    // What is not JSON (written by another program) must not stop the claims of a whole campaign.
    Statement attributes_{database_,
                          "SELECT key, value FROM json_each(CASE WHEN json_valid(?1) THEN ?1 ELSE '{}' END)"};
    Statement with_number_{database_,
                           "SELECT contact_id FROM contact_number WHERE number = ?1 AND position = 0 "
                           "UNION SELECT contact_id FROM contact_number WHERE number = ?1 AND position > 0"};
};

}  // namespace outdial::store
