#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/do_not_call.hpp"
#include "store/audit.hpp"
#include "store/statement.hpp"

namespace outdial::store {

/// Of so many numbers at once each has a row of its own in the audit, so that it is found by the number; more of them
/// are somebody's register, and are counted there. Whoever takes numbers off a list has them named in any case.
inline constexpr std::size_t max_numbers_audited_each = 100;

/// What a batch of numbers did to a list.
struct DoNotCallChange {
    std::size_t changed = 0;  // added, or removed
    std::size_t same = 0;     // were there already, or were not there
};

struct DoNotCallListing {
    std::string name;
    std::int64_t numbers = 0;
    std::optional<UtcTime> copied_at;
};

/// Numbers that must not be called. All members run inside the caller's Scope.
class DoNotCall {
public:
    DoNotCall(Database& database, Audit& audit) : database_(database), audit_(audit) {}

    /// The lists of one claim: the global one, and those that the campaign keeps to. Refuses what cannot be kept to: a
    /// list that is not there, or whose copy is older than the campaign allows. Valid for one transaction.
    class Lists {
    public:
        /// Why the campaign must not dial; empty where it may.
        [[nodiscard]] const std::string& problem() const { return problem_; }
        /// For the proof.
        [[nodiscard]] std::span<const DoNotCallListing> listings() const { return listings_; }

    private:
        friend class DoNotCall;
        std::vector<std::int64_t> ids_;
        std::vector<DoNotCallListing> listings_;
        std::string problem_;
    };
    [[nodiscard]] Lists lists_of(std::span<const DoNotCallChoice> choices, UtcTime at);

    /// Until when the number must not be called by these lists.
    struct Verdict {
        bool forbidden = false;
        UtcTime until = UtcTime::max();
    };
    [[nodiscard]] Verdict verdict(const Lists& lists, std::string_view number, UtcTime at);

    /// Creates the list when missing. A number that is there keeps its date, source and reason; its expiry becomes the
    /// later one.
    [[nodiscard]] DoNotCallChange add(std::string_view list, std::span<const DoNotCallNumber> numbers,
                                      const Origin& by);
    [[nodiscard]] DoNotCallChange remove(std::string_view list, std::span<const std::string> numbers, const Origin& by);
    /// Says when the copy was made that the list is.
    void set_copied_at(std::string_view list, UtcTime copied_at, const Origin& by);
    [[nodiscard]] std::vector<DoNotCallListing> all_lists();

private:
    [[nodiscard]] std::optional<std::int64_t> find(std::string_view list);
    void refuse_unknown(std::string_view list);
    void audit(const Origin& by, std::string_view number, std::string_view detail);

    Database& database_;
    Audit& audit_;
    Statement find_{database_, "SELECT do_not_call_list_id, copied_at, numbers FROM do_not_call_list WHERE name = ?1"};
    Statement insert_list_{database_, "INSERT INTO do_not_call_list (name) VALUES (?1) RETURNING do_not_call_list_id"};
    Statement set_copied_{database_, "UPDATE do_not_call_list SET copied_at = ?2 WHERE do_not_call_list_id = ?1"};
    Statement lists_{database_, "SELECT name, numbers, copied_at FROM do_not_call_list ORDER BY do_not_call_list_id"};
    Statement of_number_{database_,
                         "SELECT expires_at FROM do_not_call_number WHERE do_not_call_list_id = ?1 AND number = ?2"};
    Statement insert_{
        database_,
        "INSERT INTO do_not_call_number (do_not_call_list_id, number, added_at, expires_at, source, reason) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING"};
    Statement extend_{database_,
                      "UPDATE do_not_call_number SET expires_at = ?3 WHERE do_not_call_list_id = ?1 AND number = ?2 "
                      "AND expires_at IS NOT NULL AND (?3 IS NULL OR ?3 > expires_at)"};
    Statement remove_{database_, "DELETE FROM do_not_call_number WHERE do_not_call_list_id = ?1 AND number = ?2"};
};

}  // namespace outdial::store
