#include "store/claims.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "store/proof.hpp"

namespace outdial::store {

namespace {

constexpr const char* row_sql =
    "SELECT position, attempts, charged, callback_id FROM campaign_contact "
    "WHERE campaign_id = ?1 AND contact_id = ?2 AND state = 'pending'";

constexpr const char* exists_sql = "SELECT 1 FROM campaign_contact WHERE campaign_id = ?1 AND contact_id = ?2";

constexpr const char* put_fresh_sql =
    "INSERT INTO campaign_contact (campaign_id, contact_id, state, due_at, reason, attempts, position, place_id) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";

constexpr const char* put_sql =
    "UPDATE campaign_contact SET state = ?3, due_at = ?4, reason = ?5, attempts = ?6, position = ?7, place_id = ?8 "
    "WHERE campaign_id = ?1 AND contact_id = ?2";

// Without INDEXED BY SQLite reads all the campaign's contacts: it takes the primary key for as good as the small index.
constexpr const char* any_in_call_sql =
    "SELECT 1 FROM campaign_contact INDEXED BY campaign_contact_in_call "
    "WHERE campaign_id = ?1 AND state = 'in_call' LIMIT 1";

constexpr const char* place_of_number_sql =
    "SELECT place_id FROM contact_number WHERE contact_id = ?1 AND position = ?2";

constexpr const char* settle_sql =
    "UPDATE campaign_contact SET state = ?3, due_at = ?4, position = ?5, reason = ?6, charged = charged + ?7, "
    "last_disposition = ?8, reached = max(reached, ?9), place_id = ?10 WHERE campaign_id = ?1 AND contact_id = ?2";

}  // namespace

/// One claim under way.
struct Claims::Take {
    const ClaimRequest& request;
    CallQueue& queue;
    std::string campaign{};           // its name
    std::string do_not_call_proof{};  // its lists, as JSON
    std::string limits{};             // what they counted for the number that was judged last, as JSON
    DoNotCall::Lists do_not_call{};
    ClaimResult result{};
    std::size_t examined = 0;
    bool all_seen = false;

    [[nodiscard]] std::size_t slots_left() const { return request.slots.size() - result.claims.size(); }
    [[nodiscard]] bool may_go_on(const Database& database) const {
        return slots_left() > 0 && examined < request.slots.size() + max_passed_over_per_claim && !database.failed();
    }
};

Claims::Claims(Database& database, Campaigns& campaigns, Contacts& contacts, Attempts& attempts, DoNotCall& do_not_call,
               ContactLimits& contact_limits, Places& places, Callbacks& callbacks, Audit& audit)
    : database_(database),
      campaigns_(campaigns),
      contacts_(contacts),
      attempts_(attempts),
      do_not_call_(do_not_call),
      contact_limits_(contact_limits),
      places_(places),
      callbacks_(callbacks),
      audit_(audit),
      queues_(database, places),
      orders_(database, contacts),
      row_(database, row_sql),
      exists_(database, exists_sql),
      put_fresh_(database, put_fresh_sql),
      put_(database, put_sql),
      any_in_call_(database, any_in_call_sql),
      place_of_number_(database, place_of_number_sql),
      settle_(database, settle_sql) {}

// Nothing where the campaign is not in the database, which has been refused then.
CallQueue* Claims::open_queue(CampaignId campaign, const std::optional<Campaigns::Progress>& progress) {
    if (progress) return &queues_.of(campaign, progress->list, progress->taken_through);
    database_.refuse(fmt::format("campaign number {} is not in the database", campaign.value));
    return nullptr;
}

ClaimResult Claims::claim(const ClaimRequest& request) {
    ClaimResult result;
    const std::optional<Campaigns::Progress> progress = campaigns_.progress_of(request.campaign);
    if (CallQueue* queue = open_queue(request.campaign, progress)) {
        Take take{request, *queue};
        if (progress->state == CampaignState::running) {
            take.campaign = progress->name;
            take.do_not_call = do_not_call_.lists_of(request.do_not_call, request.at);
            take.result.problem = take.do_not_call.problem();
            if (const auto kept = queue->keep_to(request.calling, request.ring_timeout); !kept) {
                take.result.problem = kept.error().message;
            }
            if (!orders_.keep(request.campaign, *progress, request.order, *queue)) {
                take.result.preparing = orders_.progress_of(request.campaign, *queue);
                take.result.next_due_at = request.at;  // the next claim goes on with it
            } else if (take.result.problem.empty()) {
                take.do_not_call_proof = to_json(take.do_not_call.listings());
                take_in_turn(take);
            }
        }
        result = std::move(take.result);
    }
    result.campaign = request.campaign;
    const auto used = static_cast<std::ptrdiff_t>(result.claims.size());
    result.unused.assign(request.slots.begin() + used, request.slots.end());
    return result;
}

void Claims::look_up_hours(const HoursRequest& request) {
    const std::optional<Campaigns::Progress> progress = campaigns_.progress_of(request.campaign);
    CallQueue* queue = open_queue(request.campaign, progress);
    if (queue != nullptr && queue->keep_to(request.calling, request.ring_timeout)) queue->look_up_hours(request.at);
    // Who does not claim needs no queue; a thousand campaigns' would take much memory.
    if (progress && progress->state != CampaignState::running) queues_.drop(request.campaign);
}

std::optional<Claims::Candidate> Claims::candidate_of(CampaignId campaign, const CallQueue::Next& next) {
    if (next.fresh) {
        // A callback may have been ordered before it was their turn.
        if (exists_.rows(campaign, next.contact).next()) {
            orders_.took(campaign, next.contact);
            return std::nullopt;
        }
        return Candidate{.contact = next.contact, .fresh = true, .place = next.place};
    }
    Rows row = row_.rows(campaign, next.contact);
    if (!row.next()) return std::nullopt;  // forgotten meanwhile
    Candidate candidate{next.contact,
                        static_cast<int>(row.integer(0)),
                        static_cast<int>(row.integer(1)),
                        static_cast<int>(row.integer(2)),
                        false,
                        next.place};
    if (row.integer(3) != 0) candidate.callback = callbacks_.open(campaign, next.contact);
    return candidate;
}

void Claims::take_in_turn(Take& take) {
    while (take.may_go_on(database_)) {
        const std::optional<CallQueue::Next> next = take.queue.next(take.request.at);
        if (!next) {
            take.all_seen = true;
            break;
        }
        if (const auto candidate = candidate_of(take.request.campaign, *next)) take_one(take, *candidate);
        take.queue.took(*next);
    }
    take.queue.store_progress();
    if (take.slots_left() > 0) look_ahead(take);
}

void Claims::take_one(Take& take, const Candidate& candidate) {
    const ClaimRequest& request = take.request;
    ++take.examined;
    if (candidate.charged >= request.max_attempts && !candidate.callback) {
        // Its retry was planned under rules that allowed more attempts than today's.
        put_aside(take, candidate, "done", request.at, "max_attempts");
        return;
    }
    std::optional<Contact> contact = contacts_.load(candidate.contact);
    if (!contact || static_cast<std::size_t>(candidate.position) >= contact->numbers.size()) {
        // A contact has a number from the beginning, and loses it only by being forgotten.
        const bool forgotten = contact && contact->numbers.empty();
        put_aside(take, candidate, "done", request.at, forgotten ? "forgotten" : "no_number");
        return;
    }
    if (!is_e164(contact->numbers[static_cast<std::size_t>(candidate.position)].e164)) {
        // Only a program that switches the table's CHECKs off can have written it.
        put_aside(take, candidate, "done", request.at, "no_number");
        return;
    }
    if (request.order && !candidate.callback && !request.order->takes(*contact)) {
        put_aside(take, candidate, "done", request.at, "filtered");
        return;
    }
    const std::optional<int> position = permitted_position(take, candidate, *contact);
    if (!position) return;
    const std::optional<Choice> choice = within_hours(take, candidate, *contact, *position);
    if (!choice) return;
    Claim claim{.slot = request.slots[take.result.claims.size()],
                .campaign = request.campaign,
                .contact = std::move(*contact),
                .position = choice->position,
                .history = {},
                .claimed_at = request.at,
                .facts = {},
                .send_before = choice->window.send_before()};
    claim.zones = places_.of(choice->place).zones;
    if (candidate.callback) claim.callback_agent = candidate.callback->agent;
    const NumberSalt salt = fresh_number_salt();
    if (!attempts_.insert(claim, audit_.next_id(), salt)) {
        put_aside(take, candidate, "pending", request.at + number_in_call_delay, "number_in_call");
        return;
    }
    prove(take, candidate, claim, *choice, salt);
    if (candidate.callback) callbacks_.begin_call(candidate.callback->id, claim.slot.attempt);
    if (candidate.attempts > 0) claim.history = attempts_.history(candidate.contact, request.campaign);
    Candidate taken = candidate;
    ++taken.attempts;
    put(take, taken, {.state = "in_call", .due_at = request.at, .position = choice->position, .place = choice->place});
    take.result.claims.push_back(std::move(claim));
}

// The number may be another one of the person than the one by which they came up.
std::optional<Claims::Choice> Claims::within_hours(Take& take, const Candidate& candidate, const Contact& contact,
                                                   int position) {
    const UtcTime at = take.request.at;
    const PlaceId place = place_of(contact, position);
    const CallingWindow& window = take.queue.window(place, at);
    if (window.is_open(at)) return Choice{position, place, window};
    put(take, candidate,
        {.state = "pending", .due_at = at, .reason = "outside_hours", .position = position, .place = place});
    return std::nullopt;
}

// A person's other number may be called where a list forbids one of them, or it has been called often enough.
void Claims::prove(const Take& take, const Candidate& candidate, const Claim& claim, const Choice& choice,
                   const NumberSalt& salt) {
    const std::string proof = to_json(Proof{.campaign = take.campaign,
                                            .rules = take.request.rules,
                                            .do_not_call = take.do_not_call_proof,
                                            .place = &places_.of(choice.place),
                                            .geography = places_.geography(),
                                            .window = &choice.window,
                                            .limits = take.limits,
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

std::optional<int> Claims::permitted_position(Take& take, const Candidate& candidate, const Contact& contact) {
    const ClaimRequest& request = take.request;
    const auto count = static_cast<int>(contact.numbers.size());
    std::uint32_t invalid = 0;
    Hindrance first;  // to go
    for (int step = 0; step < count; ++step) {
        const int position = (candidate.position + step) % count;
        if (((invalid >> position) & 1U) != 0) continue;
        Hindrance hindrance = hindrance_of(take, contact, position);
        if (hindrance.reason.empty()) return position;
        if (first.reason.empty() || hindrance.until < first.until) first = std::move(hindrance);
        if (step == 0 && candidate.attempts > 0) {
            invalid = attempts_.history(candidate.contact, request.campaign).invalid_positions;
        }
    }
    const bool for_good = first.until == UtcTime::max();
    put_aside(take, candidate, for_good ? "done" : "pending", for_good ? request.at : first.until, first.reason);
    return std::nullopt;
}

Claims::Hindrance Claims::hindrance_of(Take& take, const Contact& contact, int position) {
    const ClaimRequest& request = take.request;
    const std::string& number = contact.numbers[static_cast<std::size_t>(position)].e164;
    const auto forbidden = do_not_call_.verdict(take.do_not_call, number, request.at);
    if (forbidden.forbidden) return {"do_not_call", forbidden.until};
    if (!request.limits) return {};
    const auto limited = contact_limits_.verdict(*request.limits,
                                                 {.contact = contact.id,
                                                  .number = number,
                                                  .account = account_of(contact),
                                                  .place = places_.of(place_of(contact, position))},
                                                 request.at);
    take.limits = limited.over ? std::string{} : to_json(limited.counted);
    if (!limited.over) return {};
    return {fmt::format("limit:{}", limited.rule), limited.until};
}

// Looked up anew: what is known of numbers may have changed since the import.
PlaceId Claims::place_of(const Contact& contact, int position) {
    const auto found = places_.find(contact.numbers[static_cast<std::size_t>(position)], contact.attributes);
    return found ? *found : places_.id_of(Place{});
}

void Claims::put(Take& take, const Candidate& candidate, const Step& step) {
    Statement& statement = candidate.fresh ? put_fresh_ : put_;
    statement.run(take.request.campaign, candidate.contact, step.state, step.due_at, NullIfEmpty{step.reason},
                  candidate.attempts, step.position, step.place);
    if (candidate.fresh && take.queue.ordering().on) orders_.took(take.request.campaign, candidate.contact);
    if (step.state == "pending") take.queue.expect(step.place, step.due_at, candidate.contact);
}

void Claims::put_aside(Take& take, const Candidate& candidate, std::string_view state, UtcTime due_at,
                       std::string_view reason) {
    put(take, candidate,
        {.state = state, .due_at = due_at, .reason = reason, .position = candidate.position, .place = candidate.place});
    if (state == "done" && candidate.callback) {
        callbacks_.end(candidate.callback->id, Callbacks::Outcome::dropped, take.request.at);
    }
}

// Slots were left over: when may the next contact be called, if any is left at all?
void Claims::look_ahead(Take& take) {
    if (!take.all_seen) {
        // Too many were passed over; the walk goes on with the next claim.
        take.result.next_due_at = take.request.at;
        return;
    }
    const CallQueue::Outlook outlook = take.queue.outlook(take.request.at);
    take.result.next_due_at = outlook.next_at;
    take.result.outside_hours = outlook.by_hours;
    Rows in_call = any_in_call_.rows(take.request.campaign);
    if (take.result.claims.empty()) take.result.problem = take.queue.trouble();
    take.result.exhausted = !outlook.next_at && !in_call.next() && take.queue.trouble().empty();
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
    const NextStep next = after_callback(settlement);
    const bool retry = next.kind == NextStep::Kind::retry;
    const bool reached = settlement.disposition == Disposition::answered || (!retry && next.reason == "reached");
    const UtcTime due_at = retry ? next.due_at : settlement.settled_at;
    PlaceId place = not_looked_up;
    {
        Rows number = place_of_number_.rows(settlement.contact, next.position);
        if (number.next()) place = PlaceId{number.integer(0)};
    }
    if (settle_.run(settlement.campaign, settlement.contact, retry ? "pending" : "done", due_at, next.position,
                    NullIfEmpty{next.reason}, next.charged, to_text(settlement.disposition), reached, place) != 1) {
        database_.refuse(fmt::format("attempt {}: its contact {} is not one of the campaign's",
                                     settlement.attempt.view(), settlement.contact.value));
    }
    CallQueue* queue = retry ? queues_.find(settlement.campaign) : nullptr;
    if (queue != nullptr) queue->expect(place, due_at, settlement.contact);
    if (queue != nullptr && next.callback) queue->look_again(place);
    return outcome;
}

NextStep Claims::after_callback(const Settlement& settlement) {
    const NextStep& next = settlement.next;
    const auto open = callbacks_.open(settlement.campaign, settlement.contact);
    const bool kept = open && open->attempt == settlement.attempt.view();
    if (next.callback) {
        if (open) {
            callbacks_.end(open->id, kept ? Callbacks::Outcome::called : Callbacks::Outcome::replaced,
                           settlement.settled_at);
        }
        callbacks_.make(settlement);
        return next;
    }
    if (!open) return next;
    if (settlement.facts.result == opted_out) {
        callbacks_.end(open->id, Callbacks::Outcome::dropped, settlement.settled_at);
        return next;
    }
    if (kept && next.charged) {
        callbacks_.end(open->id, Callbacks::Outcome::called, settlement.settled_at);
        return next;
    }
    NextStep wait = next;
    wait.callback = true;
    if (kept) {
        // It did not ring.
        callbacks_.take_back(open->id);
        if (next.kind == NextStep::Kind::retry) return wait;
        callbacks_.end(open->id, Callbacks::Outcome::dropped, settlement.settled_at);
        return next;
    }
    // It was ordered while the call was up.
    wait.kind = NextStep::Kind::retry;
    wait.due_at = std::max(open->at, settlement.settled_at);
    wait.reason = "callback";
    return wait;
}

std::optional<CallbackMade> Claims::look_again(CampaignId campaign, std::optional<Callbacks::Moved> moved) {
    if (!moved) return std::nullopt;
    if (CallQueue* queue = queues_.find(campaign)) {
        queue->look_again(moved->from);
        queue->look_again(moved->to);
    }
    return std::move(moved->made);
}

std::optional<CallbackMade> Claims::call_back(const CallbackOrder& order, const CampaignRecord& campaign,
                                              const std::vector<PersonRecord>& people, const Origin& by) {
    return look_again(campaign.id, callbacks_.order(order, campaign, people, by));
}

std::optional<CallbackMade> Claims::cancel_callback(const CampaignRecord& campaign,
                                                    const std::vector<PersonRecord>& people, const Origin& by) {
    return look_again(campaign.id, callbacks_.cancel(campaign, people, by));
}

}  // namespace outdial::store
