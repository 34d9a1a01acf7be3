#include "store/forgetting.hpp"

#include <fmt/core.h>
#include <sqlite3.h>

#include <algorithm>

#include "base/check.hpp"
#include "store/json_object.hpp"
#include "store/unused_space.hpp"

namespace outdial::store {

namespace {

// Both read the columns of PersonRecord, in its order.
constexpr const char* by_number_sql =
    "SELECT c.contact_id, l.name, "
    "(SELECT count(*) FROM contact_number AS n WHERE n.contact_id = c.contact_id), "
    "(SELECT count(*) FROM attempt AS a WHERE a.contact_id = c.contact_id), "
    "EXISTS (SELECT 1 FROM attempt AS a WHERE a.contact_id = c.contact_id AND a.ended_at IS NULL) "
    "FROM (SELECT contact_id FROM contact_number WHERE number = ?1 AND position = 0 "
    "UNION SELECT contact_id FROM contact_number WHERE number = ?1 AND position > 0) AS found "
    "JOIN contact AS c ON c.contact_id = found.contact_id "
    "JOIN call_list AS l ON l.list_id = c.list_id "
    "WHERE ?2 IS NULL OR l.name = ?2 ORDER BY c.contact_id LIMIT ?3";

constexpr const char* by_external_id_sql =
    "SELECT c.contact_id, l.name, "
    "(SELECT count(*) FROM contact_number AS n WHERE n.contact_id = c.contact_id), "
    "(SELECT count(*) FROM attempt AS a WHERE a.contact_id = c.contact_id), "
    "EXISTS (SELECT 1 FROM attempt AS a WHERE a.contact_id = c.contact_id AND a.ended_at IS NULL) "
    "FROM call_list AS l "
    "JOIN contact AS c ON c.list_id = l.list_id AND c.external_id = ?1 AND c.external_id IS NOT NULL "
    "WHERE ?2 IS NULL OR l.name = ?2 ORDER BY c.contact_id LIMIT ?3";

constexpr const char* texts_of_sql =
    "SELECT number FROM contact_number WHERE contact_id = ?1 "
    "UNION ALL SELECT external_id FROM contact WHERE contact_id = ?1 AND external_id IS NOT NULL "
    "UNION ALL SELECT j.value FROM contact AS c, json_each(c.attributes) AS j WHERE c.contact_id = ?1";
// Shorter texts stand everywhere by chance, and say little by themselves.
constexpr std::size_t shortest_text_looked_for = 5;

// Asterisk's words may quote the number.
constexpr const char* give_pseudonym_sql =
    "UPDATE attempt SET number = printf('+0%012d%02d', contact_id, position), account = NULL, number_salt = NULL, "
    "message = NULL, refusal = NULL "
    "WHERE contact_id = ?1";

constexpr const char* unname_of_contact_sql =
    "DELETE FROM audit_number WHERE number IN (SELECT number FROM contact_number WHERE contact_id = ?1)";

// By the campaigns of its list, because the primary key begins with the campaign. A campaign that has not come to the
// contact yet finds it without numbers when it does.
constexpr const char* end_contact_sql =
    "UPDATE campaign_contact SET state = 'done', reason = 'forgotten', callback_id = NULL WHERE contact_id = ?1 AND "
    "state = 'pending' "
    "AND campaign_id IN (SELECT ca.campaign_id FROM campaign AS ca "
    "JOIN contact AS c ON c.list_id = ca.list_id WHERE c.contact_id = ?1)";

// Both may tell what an attribute was.
constexpr const char* empty_order_sql =
    "UPDATE campaign_order SET priority = 0, rank = x'' WHERE contact_id = ?1 "
    "AND campaign_id IN (SELECT ca.campaign_id FROM campaign AS ca "
    "JOIN contact AS c ON c.list_id = ca.list_id WHERE c.contact_id = ?1)";

}  // namespace

std::string_view to_text(Copies copies) {
    switch (copies) {
        case Copies::none: return "none";
        case Copies::in_log: return "in_log";
        case Copies::in_file: return "in_file";
    }
    OUTDIAL_UNREACHABLE();
}

Forgetting::Forgetting(Database& database, Audit& audit)
    : database_(database),
      audit_(audit),
      list_by_name_(database, "SELECT 1 FROM call_list WHERE name = ?1"),
      by_number_(database, by_number_sql),
      by_external_id_(database, by_external_id_sql),
      texts_of_(database, texts_of_sql),
      give_pseudonym_(database, give_pseudonym_sql),
      end_contact_(database, end_contact_sql),
      remove_callbacks_(database, "DELETE FROM callback WHERE contact_id = ?1"),
      remove_numbers_(database, "DELETE FROM contact_number WHERE contact_id = ?1"),
      empty_order_(database, empty_order_sql),
      empty_contact_(database, "UPDATE contact SET external_id = NULL, attributes = '{}' WHERE contact_id = ?1"),
      salts_of_(database,
                "SELECT number_salt FROM attempt WHERE contact_id = ?1 AND number_salt IS NOT NULL "
                "UNION ALL SELECT salt FROM audit_number WHERE number IN "
                "(SELECT number FROM contact_number WHERE contact_id = ?1)"),
      unname_of_contact_(database, unname_of_contact_sql),
      unname_(database, "DELETE FROM audit_number WHERE number = ?1") {
    // Debian's SQLite does so unasked, others do not: what is deleted or replaced is overwritten with zeros. At all
    // times, because a row that was replaced earlier leaves a copy as well.
    database.execute("PRAGMA secure_delete = ON", "configuring");
}

std::vector<PersonRecord> Forgetting::find(const PersonKey& key) {
    std::vector<PersonRecord> found;
    if (!key.list.empty() && !list_by_name_.rows(key.list).next() && !database_.failed()) {
        database_.refuse(fmt::format("there is no call list '{}', so nobody was looked for", key.list));
        return found;
    }
    const auto limit = static_cast<std::int64_t>(max_contacts_forgotten + 1);
    {
        Statement& search = key.e164.empty() ? by_external_id_ : by_number_;
        const std::string& value = key.e164.empty() ? key.external_id : key.e164;
        Rows rows = search.rows(value, NullIfEmpty{key.list}, limit);
        while (rows.next()) {
            found.push_back({ContactId{rows.integer(0)}, std::string{rows.text(1)}, rows.integer(2), rows.integer(3),
                             rows.integer(4) != 0});
        }
    }
    if (found.size() > max_contacts_forgotten) {
        database_.refuse(
            fmt::format("more than {} contacts are meant, so it is no person's number; name the list or the "
                        "external id",
                        max_contacts_forgotten));
    }
    return found;
}

std::vector<PersonRecord> Forgetting::forget(const PersonKey& key, const Origin& by) {
    std::vector<PersonRecord> people = find(key);
    const auto in_call = std::ranges::find_if(people, &PersonRecord::in_call);
    if (in_call != people.end()) {
        database_.refuse(
            fmt::format("a call to contact {} of list '{}' is up or about to be; nobody was forgotten: try again "
                        "when it has ended",
                        in_call->contact.value, in_call->list));
    }
    note_texts(key, people);
    // On one list alone, the number stays known on the others.
    if (key.list.empty()) unname_.run(key.e164);
    for (const PersonRecord& person : people) {
        if (key.list.empty()) unname_of_contact_.run(person.contact);
        give_pseudonym_.run(person.contact);
        end_contact_.run(person.contact);
        // With their notes, which are anybody's words of the person.
        remove_callbacks_.run(person.contact);
        remove_numbers_.run(person.contact);
        empty_order_.run(person.contact);
        empty_contact_.run(person.contact);
        audit(person, by);
    }
    return people;
}

void Forgetting::audit(const PersonRecord& person, const Origin& by) {
    const std::string detail = JsonObject{}
                                   .text("list", person.list)
                                   .number("numbers", person.numbers)
                                   .number("attempts", person.attempts)
                                   .take();
    audit_.append(
        {.kind = AuditKind::forget, .at = by.at, .actor = by.actor, .contact = person.contact, .detail = detail});
}

// Also of the key alone: an earlier run of the program may have had to leave copies of whom nobody knows any more.
void Forgetting::note_texts(const PersonKey& key, const std::vector<PersonRecord>& people) {
    copies_ = Copies::in_log;
    tried_ = false;
    const auto note = [this](std::string_view text) {
        if (text.starts_with('+')) text.remove_prefix(1);  // a copy may be cut at its ends
        if (text.size() >= shortest_text_looked_for) texts_.emplace_back(text);
    };
    note(key.e164);
    note(key.external_id);
    for (const PersonRecord& person : people) {
        Rows rows = texts_of_.rows(person.contact);
        while (rows.next()) note(rows.text(0));
        Rows salts = salts_of_.rows(person.contact);
        while (salts.next()) texts_.emplace_back(salts.blob(0));
    }
}

bool Forgetting::empty_log() { return database_.shorten_log().has_value(); }

void Forgetting::remove_copies() {
    if (copies_ != Copies::in_log || sqlite3_get_autocommit(database_.handle()) == 0) return;
    tried_ = true;
    if (!empty_log()) return;
    if (stands_in_unused_space(database_, texts_)) {
        const bool rewritten = database_bytes(database_) <= max_rewritten_bytes &&
                               sqlite3_exec(database_.handle(), "VACUUM", nullptr, nullptr, nullptr) == SQLITE_OK;
        if (rewritten && !empty_log()) return;
        copies_ = rewritten ? Copies::none : Copies::in_file;
    } else {
        copies_ = Copies::none;
    }
    texts_.clear();
}

void Forgetting::remove_copies_once() {
    if (!tried_) remove_copies();
}

}  // namespace outdial::store
