#include "store/attempts.hpp"

#include <fmt/core.h>

#include "core/contact_limits.hpp"
#include "store/places.hpp"

namespace outdial::store {

namespace {

constexpr const char* insert_sql =
    "INSERT INTO attempt (attempt_id, campaign_id, contact_id, position, number, account, trunk, server, caller_id, "
    "claimed_at, claim_audit_id, number_salt) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) "
    "ON CONFLICT DO NOTHING";

constexpr const char* blocked_sql =
    "SELECT EXISTS (SELECT 1 FROM attempt WHERE contact_id = ?1 AND ended_at IS NULL) "
    "OR EXISTS (SELECT 1 FROM attempt WHERE number = ?2 AND ended_at IS NULL)";

// Ids begin with the time of the claim.
constexpr const char* last_claimed_sql = "SELECT claimed_at FROM attempt ORDER BY attempt_id DESC LIMIT 1";

constexpr const char* exists_sql =
    "SELECT 1 FROM attempt WHERE attempt_id = ?1 AND campaign_id = ?2 AND contact_id = ?3";

// The facts stand in the order of CallFacts, here and in end_sql, live_sql, bind_value and read_facts.
constexpr const char* record_sql =
    "UPDATE attempt SET originated_at = ?2, created_at = ?3, ringing_at = ?4, answered_at = ?5, "
    "connected_at = ?6, hung_up_at = ?7, refused_at = ?8, not_sent_at = ?9, originate_failed_at = ?10, "
    "accepted = ?11, cancel_requested = ?12, dial_ended = ?13, remote_ended = ?14, remote_cause = ?15, "
    "remote_tech_cause = ?16, hangup_cause = ?17, hangup_tech_cause = ?18, originate_reason = ?19, "
    "refusal = ?20, result = ?21, agent = ?22, callback_at = ?23, callback_agent = ?24 "
    "WHERE attempt_id = ?1 AND ended_at IS NULL";

constexpr const char* end_sql =
    "UPDATE attempt SET originated_at = ?2, created_at = ?3, ringing_at = ?4, answered_at = ?5, "
    "connected_at = ?6, hung_up_at = ?7, refused_at = ?8, not_sent_at = ?9, originate_failed_at = ?10, "
    "accepted = ?11, cancel_requested = ?12, dial_ended = ?13, remote_ended = ?14, remote_cause = ?15, "
    "remote_tech_cause = ?16, hangup_cause = ?17, hangup_tech_cause = ?18, originate_reason = ?19, "
    "refusal = ?20, result = ?21, agent = ?22, callback_at = ?23, callback_agent = ?24, ended_at = ?25, "
    "disposition = ?26, message = ?27, charged = ?28, end_audit_id = ?29 "
    "WHERE attempt_id = ?1 AND ended_at IS NULL AND campaign_id = ?30 AND contact_id = ?31";

constexpr const char* history_sql =
    "SELECT disposition, charged, position FROM attempt "
    "WHERE contact_id = ?1 AND campaign_id = ?2 AND disposition IS NOT NULL";

constexpr const char* live_sql =
    "SELECT attempt_id, campaign_id, contact_id, position, number, trunk, server, caller_id, claimed_at, "
    "originated_at, created_at, ringing_at, answered_at, connected_at, hung_up_at, refused_at, not_sent_at, "
    "originate_failed_at, "
    "accepted, cancel_requested, dial_ended, remote_ended, remote_cause, remote_tech_cause, hangup_cause, "
    "hangup_tech_cause, originate_reason, refusal, result, agent, callback_at, callback_agent, "
    "(SELECT p.zones FROM campaign_contact AS cc JOIN place AS p ON p.place_id = cc.place_id "
    "WHERE cc.campaign_id = attempt.campaign_id AND cc.contact_id = attempt.contact_id) "
    "FROM attempt WHERE ended_at IS NULL ORDER BY attempt_id";
constexpr int first_fact_column = 9;
constexpr int zones_column = 32;

CallFacts read_facts(const Rows& rows) {
    CallFacts facts;
    int column = first_fact_column;
    for (auto* at :
         {&facts.originated_at, &facts.created_at, &facts.ringing_at, &facts.answered_at, &facts.connected_at,
          &facts.ended_at, &facts.refused_at, &facts.not_sent_at, &facts.originate_failed_at}) {
        *at = rows.time(column++);
    }
    for (bool* fact : {&facts.accepted, &facts.cancel_requested, &facts.dial_ended, &facts.remote_ended}) {
        *fact = rows.integer(column++) != 0;
    }
    for (auto* cause : {&facts.remote_cause, &facts.remote_tech_cause, &facts.hangup_cause, &facts.hangup_tech_cause,
                        &facts.originate_reason}) {
        *cause = rows.small_integer(column++);
    }
    for (std::string* text : {&facts.refusal, &facts.result, &facts.agent}) *text = rows.text(column++);
    facts.callback_at = rows.time(column++);
    facts.callback_agent = rows.text(column++);
    return facts;
}

}  // namespace

// Outside the unnamed namespace, where Statement::run would not find it.
static void bind_value(Binder& binder, const CallFacts& facts) {
    for (const auto& at :
         {facts.originated_at, facts.created_at, facts.ringing_at, facts.answered_at, facts.connected_at,
          facts.ended_at, facts.refused_at, facts.not_sent_at, facts.originate_failed_at}) {
        bind_value(binder, at);
    }
    for (const bool fact : {facts.accepted, facts.cancel_requested, facts.dial_ended, facts.remote_ended}) {
        bind_value(binder, fact);
    }
    for (const auto& cause : {facts.remote_cause, facts.remote_tech_cause, facts.hangup_cause, facts.hangup_tech_cause,
                              facts.originate_reason}) {
        bind_value(binder, cause);
    }
    for (const std::string* text : {&facts.refusal, &facts.result, &facts.agent}) {
        bind_value(binder, NullIfEmpty{*text});
    }
    bind_value(binder, facts.callback_at);
    bind_value(binder, NullIfEmpty{facts.callback_agent});
}

Attempts::Attempts(Database& database, Contacts& contacts)
    : database_(database),
      contacts_(contacts),
      insert_(database, insert_sql),
      blocked_(database, blocked_sql),
      exists_(database, exists_sql),
      record_(database, record_sql),
      end_(database, end_sql),
      history_(database, history_sql),
      live_(database, live_sql),
      last_claimed_(database, last_claimed_sql) {}

bool Attempts::insert(const Claim& claim, std::int64_t audit_id, const NumberSalt& salt) {
    const Slot& slot = claim.slot;
    if (insert_.run(slot.attempt, claim.campaign, claim.contact.id, claim.position, claim.number().e164,
                    NullIfEmpty{account_of(claim.contact)}, slot.trunk, slot.server, NullIfEmpty{slot.caller_id},
                    claim.claimed_at, audit_id, Blob{bytes_of(salt)}) == 1) {
        return true;
    }
    Rows blocked = blocked_.rows(claim.contact.id, claim.number().e164);
    if (blocked.next() && blocked.integer(0) == 0) {
        database_.refuse(fmt::format("attempt {} exists already: an id names one attempt only", slot.attempt.view()));
    }
    return false;
}

void Attempts::record(const Progress& progress) { record_.run(progress.attempt, progress.facts); }

SettleOutcome Attempts::end(const Settlement& settlement, std::int64_t audit_id) {
    const CallFacts& facts = settlement.facts;
    if (end_.run(settlement.attempt, facts, facts.ended_at.value_or(settlement.settled_at),
                 to_text(settlement.disposition), NullIfEmpty{settlement.message}, settlement.next.charged, audit_id,
                 settlement.campaign, settlement.contact) == 1) {
        return SettleOutcome::settled;
    }
    Rows exists = exists_.rows(settlement.attempt, settlement.campaign, settlement.contact);
    return exists.next() ? SettleOutcome::already_settled : SettleOutcome::unknown_attempt;
}

AttemptHistory Attempts::history(ContactId contact, CampaignId campaign) {
    AttemptHistory history;
    Rows rows = history_.rows(contact, campaign);
    while (rows.next()) {
        const auto disposition = disposition_from(rows.text(0));
        if (!disposition) continue;  // the table's CHECK lets no other word in
        ++history.outcomes[static_cast<std::size_t>(*disposition)];
        history.charged += static_cast<int>(rows.integer(1));
        if (*disposition == Disposition::invalid_number) history.invalid_positions |= 1U << rows.integer(2);
    }
    return history;
}

std::optional<UtcTime> Attempts::last_claimed_at() {
    Rows rows = last_claimed_.rows();
    return rows.next() ? std::optional{from_unix_ms(rows.integer(0))} : std::nullopt;
}

std::vector<Claim> Attempts::live() {
    std::vector<Claim> claims;
    Rows rows = live_.rows();
    while (rows.next()) {
        Claim& claim = claims.emplace_back();
        const auto id = AttemptId::parse(rows.text(0));
        if (!id) {
            database_.refuse("an attempt's id is not 32 lower-case hex digits");  // a table without its CHECK
            break;
        }
        claim.slot = {*id, std::string{rows.text(5)}, std::string{rows.text(6)}, std::string{rows.text(7)}};
        claim.campaign = CampaignId{rows.integer(1)};
        claim.contact.id = ContactId{rows.integer(2)};
        claim.position = static_cast<int>(rows.integer(3));
        claim.claimed_at = from_unix_ms(rows.integer(8));
        claim.facts = read_facts(rows);
        claim.zones = words_of(rows.text(zones_column));
        claim.history = history(claim.contact.id, claim.campaign);
        if (auto contact = contacts_.load(claim.contact.id)) claim.contact = std::move(*contact);
        if (static_cast<std::size_t>(claim.position) >= claim.contact.numbers.size()) {
            database_.refuse(fmt::format("attempt {}: its contact {} has no number {}", id->view(),
                                         claim.contact.id.value, claim.position));
        }
    }
    return claims;
}

}  // namespace outdial::store
