#include "store/claims.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "store/proof.hpp"

namespace outdial::store {

namespace {

constexpr const char* due_sql =
    "SELECT contact_id, position, attempts, charged FROM campaign_contact INDEXED BY campaign_contact_due "
    "WHERE campaign_id = ?1 AND state = 'pending' AND due_at <= ?2 ORDER BY due_at, contact_id LIMIT ?3";

constexpr const char* put_fresh_sql =
    "INSERT INTO campaign_contact (campaign_id, contact_id, state, due_at, reason, attempts) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6)";

constexpr const char* put_sql =
    "UPDATE campaign_contact SET state = ?3, due_at = ?4, reason = ?5, attempts = ?6 "
    "WHERE campaign_id = ?1 AND contact_id = ?2";

constexpr const char* next_due_sql =
    "SELECT due_at FROM campaign_contact INDEXED BY campaign_contact_due WHERE campaign_id = ?1 AND state = 'pending' "
    "ORDER BY due_at, contact_id LIMIT 1";

// Without INDEXED BY SQLite reads all the campaign's contacts: it takes the primary key for as good as the small index.
constexpr const char* any_in_call_sql =
    "SELECT 1 FROM campaign_contact INDEXED BY campaign_contact_in_call "
    "WHERE campaign_id = ?1 AND state = 'in_call' LIMIT 1";

constexpr const char* settle_sql =
    "UPDATE campaign_contact SET state = ?3, due_at = ?4, position = ?5, reason = ?6, charged = charged + ?7, "
    "last_disposition = ?8, reached = max(reached, ?9) WHERE campaign_id = ?1 AND contact_id = ?2";

}  // namespace

/// One claim under way.
struct Claims::Take {
    const ClaimRequest& request;
    std::string campaign{};           // its name
    std::string do_not_call_proof{};  // its lists, as JSON
    DoNotCall::Lists do_not_call{};
    ClaimResult result{};
    std::size_t examined = 0;
    bool fresh_left = true;

    [[nodiscard]] std::size_t slots_left() const { return request.slots.size() - result.claims.size(); }
    [[nodiscard]] bool may_go_on(const Database& database) const {
        return slots_left() > 0 && examined < request.slots.size() + max_passed_over_per_claim && !database.failed();
    }
};

Claims::Claims(Database& database, Campaigns& campaigns, Contacts& contacts, Attempts& attempts, DoNotCall& do_not_call,
               Audit& audit)
    : database_(database),
      campaigns_(campaigns),
      contacts_(contacts),
      attempts_(attempts),
      do_not_call_(do_not_call),
      audit_(audit),
      due_(database, due_sql),
      put_fresh_(database, put_fresh_sql),
      put_(database, put_sql),
      next_due_(database, next_due_sql),
      any_in_call_(database, any_in_call_sql),
      settle_(database, settle_sql) {}

ClaimResult Claims::claim(const ClaimRequest& request) {
    Take take{request};
    take.result.campaign = request.campaign;
    const std::optional<Campaigns::Progress> progress = campaigns_.progress_of(request.campaign);
    if (!progress) {
        database_.refuse(fmt::format("claim: campaign number {} is not in the database", request.campaign.value));
    } else if (progress->state == CampaignState::running) {
        take.campaign = progress->name;
        take.do_not_call = do_not_call_.lists_of(request.do_not_call, request.at);
        take.result.problem = take.do_not_call.problem();
        if (take.result.problem.empty()) {
            take.do_not_call_proof = to_json(take.do_not_call.listings());
            take_due(take);
            take_fresh(take, *progress);
            if (take.slots_left() > 0) look_ahead(take);
        }
    }
    const auto used = static_cast<std::ptrdiff_t>(take.result.claims.size());
    take.result.unused.assign(request.slots.begin() + used, request.slots.end());
    return std::move(take.result);
}

std::vector<Claims::Candidate> Claims::due(CampaignId campaign, UtcTime at, std::size_t limit) {
    std::vector<Candidate> candidates;
    Rows rows = due_.rows(campaign, at, static_cast<std::int64_t>(limit));
    while (rows.next()) {
        candidates.push_back({ContactId{rows.integer(0)}, static_cast<int>(rows.integer(1)),
                              static_cast<int>(rows.integer(2)), static_cast<int>(rows.integer(3)), false});
    }
    return candidates;
}

void Claims::take_due(Take& take) {
    while (take.may_go_on(database_)) {
        // Whatever becomes of a candidate, it is no longer due afterwards, so every round sees others.
        const auto candidates = due(take.request.campaign, take.request.at, take.slots_left());
        for (const Candidate& candidate : candidates) take_one(take, candidate);
        if (candidates.empty()) return;
    }
}

void Claims::take_fresh(Take& take, const Campaigns::Progress& progress) {
    ContactId last = progress.taken_through;
    while (take.may_go_on(database_)) {
        const auto contacts = contacts_.next_of(progress.list, last, take.slots_left());
        for (const ContactId contact : contacts) take_one(take, {.contact = contact, .fresh = true});
        if (contacts.empty()) {
            take.fresh_left = false;
            break;
        }
        last = contacts.back();
    }
    if (last != progress.taken_through) campaigns_.set_taken_through(take.request.campaign, last);
}

void Claims::take_one(Take& take, const Candidate& candidate) {
    const ClaimRequest& request = take.request;
    ++take.examined;
    if (candidate.charged >= request.max_attempts) {
        // Its retry was planned under rules that allowed more attempts than today's.
        put(request.campaign, candidate, "done", request.at, "max_attempts");
        return;
    }
    std::optional<Contact> contact = contacts_.load(candidate.contact);
    if (!contact || static_cast<std::size_t>(candidate.position) >= contact->numbers.size()) {
        // A contact has a number from the beginning, and loses it only by being forgotten.
        const bool forgotten = contact && contact->numbers.empty();
        put(request.campaign, candidate, "done", request.at, forgotten ? "forgotten" : "no_number");
        return;
    }
    if (!is_e164(contact->numbers[static_cast<std::size_t>(candidate.position)].e164)) {
        // Only a program that switches the table's CHECKs off can have written it.
        put(request.campaign, candidate, "done", request.at, "no_number");
        return;
    }
    const std::optional<int> position = permitted_position(take, candidate, *contact);
    if (!position) return;
    Claim claim{
        request.slots[take.result.claims.size()], request.campaign, std::move(*contact), *position, {}, request.at, {}};
    const NumberSalt salt = fresh_number_salt();
    if (!attempts_.insert(claim, audit_.next_id(), salt)) {
        put(request.campaign, candidate, "pending", request.at + number_in_call_delay, "number_in_call");
        return;
    }
    prove(take, candidate, claim, salt);
    if (candidate.attempts > 0) claim.history = attempts_.history(candidate.contact, request.campaign);
    Candidate taken = candidate;
    ++taken.attempts;
    put(request.campaign, taken, "in_call", request.at, nullptr);
    take.result.claims.push_back(std::move(claim));
}

void Claims::prove(const Take& take, const Candidate& candidate, const Claim& claim, const NumberSalt& salt) {
    const std::string proof = to_json(Proof{.campaign = take.campaign,
                                            .rules = take.request.rules,
                                            .do_not_call = take.do_not_call_proof,
                                            .position = claim.position,
                                            .numbers = claim.contact.numbers.size(),
                                            .attempts = candidate.attempts,
                                            .charged = candidate.charged,
                                            .max_attempts = take.request.max_attempts,
                                            .slot = &claim.slot});
    audit_.append({.kind = AuditKind::claim,
                   .at = claim.claimed_at,
                   .campaign = claim.campaign,
                   .contact = claim.contact.id,
                   .attempt = claim.slot.attempt,
                   .number = claim.number().e164,
                   .salt = salt,
                   .detail = proof});
}

// A person's other number may be called where a list forbids one of them: lists are of numbers.
std::optional<int> Claims::permitted_position(Take& take, const Candidate& candidate, const Contact& contact) {
    const ClaimRequest& request = take.request;
    const auto count = static_cast<int>(contact.numbers.size());
    std::uint32_t invalid = 0;
    UtcTime until = UtcTime::max();
    for (int step = 0; step < count; ++step) {
        const int position = (candidate.position + step) % count;
        if (((invalid >> position) & 1U) != 0) continue;
        const auto verdict = do_not_call_.verdict(take.do_not_call,
                                                  contact.numbers[static_cast<std::size_t>(position)].e164, request.at);
        if (!verdict.forbidden) return position;
        until = std::min(until, verdict.until);
        if (step == 0 && candidate.attempts > 0) {
            invalid = attempts_.history(candidate.contact, request.campaign).invalid_positions;
        }
    }
    const bool for_good = until == UtcTime::max();
    put(request.campaign, candidate, for_good ? "done" : "pending", for_good ? request.at : until, "do_not_call");
    return std::nullopt;
}

void Claims::put(CampaignId campaign, const Candidate& candidate, const char* state, UtcTime due_at,
                 const char* reason) {
    Statement& statement = candidate.fresh ? put_fresh_ : put_;
    const std::optional<std::string_view> why =
        reason == nullptr ? std::nullopt : std::optional{std::string_view{reason}};
    statement.run(campaign, candidate.contact, state, due_at, why, candidate.attempts);
}

// Slots were left over: when is the next contact due, if any is left at all?
void Claims::look_ahead(Take& take) {
    const CampaignId campaign = take.request.campaign;
    {
        Rows next = next_due_.rows(campaign);
        if (next.next()) take.result.next_due_at = from_unix_ms(next.integer(0));
    }
    if (take.fresh_left) {
        // Too many were passed over; the walk goes on with the next claim.
        take.result.next_due_at = take.request.at;
        return;
    }
    Rows in_call = any_in_call_.rows(campaign);
    take.result.exhausted = !take.result.next_due_at && !in_call.next();
}

void Claims::forbid_person(const Settlement& settlement) {
    std::vector<DoNotCallNumber> numbers;
    if (const auto contact = contacts_.load(settlement.contact)) {
        for (const PhoneNumber& number : contact->numbers) numbers.push_back(opt_out_of(number.e164));
    }
    (void)do_not_call_.add(global_do_not_call_list, numbers, Origin{settlement.settled_at});
}

SettleOutcome Claims::settle(const Settlement& settlement) {
    const SettleOutcome outcome = attempts_.end(settlement, audit_.next_id());
    if (outcome != SettleOutcome::settled) return outcome;
    audit_.append({.kind = AuditKind::settlement,
                   .at = settlement.settled_at,
                   .campaign = settlement.campaign,
                   .contact = settlement.contact,
                   .attempt = settlement.attempt,
                   .detail = to_json(settlement)});
    // At the time of the event it was stored already, unless the database could not be written then.
    if (settlement.facts.result == opted_out) forbid_person(settlement);
    const NextStep& next = settlement.next;
    const bool retry = next.kind == NextStep::Kind::retry;
    const bool reached = settlement.disposition == Disposition::answered || (!retry && next.reason == "reached");
    const UtcTime due_at = retry ? next.due_at : settlement.settled_at;
    if (settle_.run(settlement.campaign, settlement.contact, retry ? "pending" : "done", due_at, next.position,
                    NullIfEmpty{next.reason}, next.charged, to_text(settlement.disposition), reached) != 1) {
        database_.refuse(fmt::format("attempt {}: its contact {} is not one of the campaign's",
                                     settlement.attempt.view(), settlement.contact.value));
    }
    return outcome;
}

}  // namespace outdial::store
