#pragma once

#include <optional>
#include <span>
#include <vector>

#include "core/attempt.hpp"
#include "store/audit.hpp"
#include "store/contacts.hpp"
#include "store/statement.hpp"

namespace outdial::store {

/// What a settlement did.
enum class SettleOutcome {
    settled,
    already_settled,  // the attempt had ended before: nothing was changed
    unknown_attempt,  // no such attempt of that campaign and contact: nothing was changed
};

/// The rows of calls. All members run inside the caller's Scope.
class Attempts {
public:
    Attempts(Database& database, Contacts& contacts);

    /// False, and nothing written, where the contact or the number is in a live attempt of any campaign. An id that
    /// exists is a failure.
    /// `audit_id`: of the audit's row that will prove it. `salt`: of the number there.
    [[nodiscard]] bool insert(const Claim& claim, std::int64_t audit_id, const NumberSalt& salt);
    void record(const Progress& progress);
    /// The attempt's row only; the contact's next step is Claims'.
    [[nodiscard]] SettleOutcome end(const Settlement& settlement, std::int64_t audit_id);
    [[nodiscard]] AttemptHistory history(ContactId contact, CampaignId campaign);
    [[nodiscard]] std::vector<Claim> live();
    /// When the newest attempt was claimed; nothing before the first.
    [[nodiscard]] std::optional<UtcTime> last_claimed_at();

private:
    Database& database_;
    Contacts& contacts_;
    Statement insert_;
    Statement blocked_;
    Statement exists_;
    Statement record_;
    Statement end_;
    Statement history_;
    Statement live_;
    Statement last_claimed_;
};

}  // namespace outdial::store
