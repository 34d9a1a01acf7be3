// Removing a person from the database for good, while reports keep their counts: what was done stays, to whom does not.
//
// The contact's row stays, empty, so that totals balance. Its numbers, key and attributes go. Its attempts stay with a
// pseudonym in place of the number: +0, the contact's id and the number's position. No country code begins with 0, so a
// pseudonym is nobody's number and can never be dialed. It is not made from the number: a hash of one is found out in
// seconds by trying all numbers. The audit has such a hash, with a salt: the salts go, and then it leads to nobody.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "store/audit.hpp"
#include "store/statement.hpp"

namespace outdial::store {

/// Who is meant: everybody with this number, at any position, or with this external id. One of the two is empty.
struct PersonKey {
    std::string e164;
    std::string external_id;
    std::string list;  // only on this list; empty: on any
};

/// What the database holds of one contact.
struct PersonRecord {
    ContactId contact;
    std::string list;
    std::int64_t numbers = 0;
    std::int64_t attempts = 0;
    bool in_call = false;
};

/// A number that more contacts share is a switchboard's, not a person's.
inline constexpr std::size_t max_contacts_forgotten = 1'000;

/// A larger database is not rewritten for a copy in its unused space: dialing waits meanwhile, and the new file is made
/// in memory.
inline constexpr std::int64_t max_rewritten_bytes = 256 * 1'024 * 1'024;

/// Where older copies of what was forgotten may stand.
enum class Copies { none, in_log, in_file };
[[nodiscard]] std::string_view to_text(Copies copies);

/// find() and forget() run inside the caller's Scope.
class Forgetting {
public:
    Forgetting(Database& database, Audit& audit);

    [[nodiscard]] std::vector<PersonRecord> find(const PersonKey& key);
    /// All whom find() names, or none: refused while a call to one of them is up.
    [[nodiscard]] std::vector<PersonRecord> forget(const PersonKey& key, const Origin& by);

    /// Outside of every Scope: removes what is left outside of rows of those forgotten since. Nothing where nobody was.
    ///   - Cuts the write-ahead log to nothing. A reader that still needs it keeps it from being cut (Copies::in_log);
    ///     a later call tries again.
    ///   - Where a copy stands in a page's unused space (unused_space.hpp), rewrites the whole file (VACUUM). Where the
    ///     file is too large for that, or the disk too full, the copy stays (Copies::in_file) until forget() is called
    ///     with the same key again.
    void remove_copies();
    /// As remove_copies(), but only the first time after each forget(): a reader in the way is waited for a moment.
    void remove_copies_once();
    [[nodiscard]] Copies copies() const { return copies_; }

private:
    void note_texts(const PersonKey& key, const std::vector<PersonRecord>& people);
    void audit(const PersonRecord& person, const Origin& by);
    [[nodiscard]] bool empty_log();

    Database& database_;
    Audit& audit_;
    Copies copies_ = Copies::none;
    bool tried_ = true;
    std::vector<std::string> texts_;  // of those forgotten, while copies are looked for
    Statement list_by_name_;
    Statement by_number_;
    Statement by_external_id_;
    Statement texts_of_;
    Statement give_pseudonym_;
    Statement end_contact_;
    Statement remove_callbacks_;
    Statement remove_numbers_;
    Statement empty_order_;
    Statement empty_contact_;
    Statement salts_of_;
    Statement unname_of_contact_;
    Statement unname_;
};

}  // namespace outdial::store
