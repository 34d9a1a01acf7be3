#pragma once

#include <string_view>
#include <vector>

#include "core/contact_limits.hpp"
#include "core/place.hpp"
#include "store/statement.hpp"

namespace outdial::store {

/// While another contact of the account is in a call that a limit may count, this one is left alone for so long.
inline constexpr Milliseconds account_in_call_delay{30'000};

/// Whether a call would be one too many, by the calls of all campaigns. All members run inside the caller's Scope,
/// which is the one that writes the attempt: so none is counted too late.
class ContactLimits {
public:
    explicit ContactLimits(Database& database)
        : of_contact_(database, of_contact_sql),
          of_number_(database, of_number_sql),
          of_account_(database, of_account_sql),
          live_of_account_(database, live_of_account_sql) {}

    /// Who would be called.
    struct Called {
        ContactId contact;
        std::string_view number;
        std::string_view account;  // empty: none
        const Place& place;
    };
    /// What one limit that is in force for them counted.
    struct Counted {
        const ContactLimit* limit;  // of those that were asked for
        int calls = 0;              // where one is over: those that were needed to know it
    };
    /// `until` is when every limit permits a call again, by what is known now; its limit is named by `rule`, a view
    /// into the limits.
    struct Verdict {
        bool over = false;
        UtcTime until{};  // UtcTime::max(): never
        std::string_view rule;
        std::vector<Counted> counted{};
    };
    /// That another call of this contact or this number is under way is not judged here: the attempts' table takes no
    /// second one.
    [[nodiscard]] Verdict verdict(const std::vector<ContactLimit>& limits, const Called& called, UtcTime at);

    // `charged` is an attempt that rang, may have, or was the person's doing otherwise: core/retry.cpp.
    static constexpr const char* of_contact_sql =
        "SELECT ended_at, disposition, result FROM attempt INDEXED BY attempt_charged_contact "
        "WHERE contact_id = ?1 AND charged = 1 AND ended_at > ?2 ORDER BY ended_at DESC";
    static constexpr const char* of_number_sql =
        "SELECT ended_at, disposition, result FROM attempt INDEXED BY attempt_charged_number "
        "WHERE number = ?1 AND charged = 1 AND ended_at > ?2 ORDER BY ended_at DESC";
    static constexpr const char* of_account_sql =
        "SELECT ended_at, disposition, result FROM attempt INDEXED BY attempt_charged_account "
        "WHERE account = ?1 AND charged = 1 AND ended_at > ?2 ORDER BY ended_at DESC";
    static constexpr const char* live_of_account_sql =
        "SELECT count(*) FROM attempt INDEXED BY attempt_live_account WHERE account = ?1 AND ended_at IS NULL";

private:
    void judge(const std::vector<ContactLimit>& limits, const Called& called, UtcTime at, LimitScope scope,
               Verdict& verdict);
    [[nodiscard]] Rows calls(const Called& called, LimitScope scope, UtcTime ended_after);
    [[nodiscard]] int live_of_account(std::string_view account);

    Statement of_contact_;
    Statement of_number_;
    Statement of_account_;
    Statement live_of_account_;
};

}  // namespace outdial::store
