#include "store/callbacks.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "base/check.hpp"
#include "core/callback.hpp"
#include "store/json_object.hpp"

namespace outdial::store {

namespace {

constexpr std::string_view waits_for = "callback";

std::string_view to_text(Callbacks::Outcome outcome) {
    switch (outcome) {
        case Callbacks::Outcome::called: return "called";
        case Callbacks::Outcome::replaced: return "replaced";
        case Callbacks::Outcome::canceled: return "canceled";
        case Callbacks::Outcome::dropped: return "dropped";
    }
    OUTDIAL_UNREACHABLE();
}

}  // namespace

std::optional<Callbacks::Open> Callbacks::open(CampaignId campaign, ContactId contact) {
    Rows rows = open_.rows(campaign, contact);
    if (!rows.next()) return std::nullopt;
    return Open{CallbackId{rows.integer(0)}, from_unix_ms(rows.integer(1)), std::string{rows.text(2)},
                std::string{rows.text(3)}};
}

void Callbacks::end(CallbackId id, Outcome outcome, UtcTime at) {
    unlink_.run(id);
    end_.run(id, to_text(outcome), at);
}

void Callbacks::begin_call(CallbackId id, const AttemptId& attempt) { set_attempt_.run(id, attempt); }

void Callbacks::take_back(CallbackId id) { set_attempt_.run(id, nullptr); }

void Callbacks::make(const Settlement& settlement) {
    CallbackId id;
    {
        // Without the callback they would have been done: somebody talked with them.
        Rows rows = insert_.rows(settlement.campaign, settlement.contact, settlement.next.due_at,
                                 NullIfEmpty{settlement.facts.callback_agent}, nullptr, settlement.settled_at, nullptr,
                                 settlement.attempt, "done", "reached", nullptr);
        if (!rows.next()) return;
        id = CallbackId{rows.integer(0)};
    }
    link_.run(settlement.campaign, settlement.contact, id);
}

std::optional<Callbacks::Row> Callbacks::row_of(CampaignId campaign, ContactId contact) {
    Rows rows = row_.rows(campaign, contact);
    if (!rows.next()) return std::nullopt;
    return Row{std::string{rows.text(0)}, std::string{rows.text(1)}, from_unix_ms(rows.integer(2)),
               static_cast<int>(rows.integer(3)), PlaceId{rows.integer(4)}};
}

std::optional<ContactId> Callbacks::one_of(const CampaignRecord& campaign, const std::vector<PersonRecord>& people) {
    if (database_.failed()) return std::nullopt;
    if (people.empty()) {
        database_.refuse(
            fmt::format("nobody with this number or key is on the list '{}' of campaign '{}'; nothing was changed",
                        campaign.list, campaign.name));
        return std::nullopt;
    }
    if (people.size() > 1) {
        database_.refuse(
            fmt::format("{} contacts of the list '{}' share this number; say who is meant by the external id; nothing "
                        "was changed",
                        people.size(), campaign.list));
        return std::nullopt;
    }
    return people.front().contact;
}

std::optional<Callbacks::Moved> Callbacks::order(const CallbackOrder& order, const CampaignRecord& campaign,
                                                 const std::vector<PersonRecord>& people, const Origin& by) {
    const auto who = one_of(campaign, people);
    if (!who) return std::nullopt;
    const std::optional<Contact> contact = contacts_.load(*who);
    if (!contact || contact->numbers.empty()) {
        database_.refuse("the contact has no number any more; nothing was changed");
        return std::nullopt;
    }
    const std::optional<Row> row = row_of(campaign.id, *who);
    auto position = static_cast<std::size_t>(row ? row->position : 0);
    if (const auto named = std::ranges::find(contact->numbers, order.person.e164, &PhoneNumber::e164);
        named != contact->numbers.end()) {
        position = static_cast<std::size_t>(named - contact->numbers.begin());
    }
    if (position >= contact->numbers.size()) position = 0;
    const PhoneNumber& number = contact->numbers[position];
    const Result<PlaceId> found = places_.find(number, contact->attributes);
    const PlaceId place = found ? *found : places_.id_of(Place{});
    const Result<UtcTime> at = callback_time(
        order.at, {.zones = places_.of(place).zones, .otherwise = order.otherwise, .now = by.at}, places_.geography());
    if (!at) {
        database_.refuse(at.error().message + "; nothing was changed");
        return std::nullopt;
    }

    Moved moved{.made = {.contact = *who, .number = number.e164, .at = *at, .campaign = campaign.state},
                .from = row ? row->place : place,
                .to = place};
    Row before = row.value_or(Row{});  // of whom no row is, nothing
    if (const auto earlier = open(campaign.id, *who)) {
        moved.made.replaced = true;
        Rows rows = before_.rows(earlier->id);
        if (rows.next()) {
            before.state = rows.text(0);
            before.reason = rows.text(1);
            before.due_at = from_unix_ms(rows.integer(2));
        }
        end(earlier->id, Outcome::replaced, by.at);
    }
    moved.made.in_call = row && row->state == "in_call";
    if (!row) {
        put_.run(campaign.id, *who, *at, static_cast<std::int64_t>(position), place);
        put_early_.run(campaign.id, *who);
        take_out_of_order_.run(campaign.id, *who);
    }
    CallbackId id;
    {
        Rows rows = insert_.rows(campaign.id, *who, *at, NullIfEmpty{order.agent}, NullIfEmpty{order.note}, by.at,
                                 NullIfEmpty{by.actor}, nullptr, NullIfEmpty{before.state}, NullIfEmpty{before.reason},
                                 before.due_at);
        if (!rows.next()) return std::nullopt;
        id = CallbackId{rows.integer(0)};
    }
    link_.run(campaign.id, *who, id);
    // Who is in a call waits from its end on.
    if (!moved.made.in_call) {
        wait_.run(campaign.id, *who, "pending", *at, waits_for, static_cast<std::int64_t>(position), place);
    }
    note(campaign, *who, by, moved.made.replaced ? "replaced" : "made", *at, order.agent);
    return moved;
}

std::optional<Callbacks::Moved> Callbacks::cancel(const CampaignRecord& campaign,
                                                  const std::vector<PersonRecord>& people, const Origin& by) {
    const auto who = one_of(campaign, people);
    if (!who) return std::nullopt;
    const std::optional<Open> open = this->open(campaign.id, *who);
    const std::optional<Row> row = row_of(campaign.id, *who);
    if (!open || !row) {
        database_.refuse(fmt::format("the contact waits for no callback in campaign '{}'", campaign.name));
        return std::nullopt;
    }
    Moved moved{.made = {.contact = *who, .number = {}, .at = open->at, .campaign = campaign.state},
                .from = row->place,
                .to = row->place};
    moved.made.in_call = row->state == "in_call";
    if (!moved.made.in_call) {
        std::string state = "pending";
        std::string reason;
        UtcTime due_at = by.at;
        {
            Rows rows = before_.rows(open->id);
            if (rows.next() && rows.text(0) != "" && rows.text(0) != "in_call") {
                state = rows.text(0);
                reason = rows.text(1);
                due_at = from_unix_ms(rows.integer(2));
            }
        }
        wait_.run(campaign.id, *who, state, due_at, NullIfEmpty{reason}, row->position, row->place);
        order_again_.run(campaign.id, *who);  // they may have changed since
    }
    end(open->id, Outcome::canceled, by.at);
    note(campaign, *who, by, "canceled", open->at, {});
    return moved;
}

// Not the note, which is anybody's words.
void Callbacks::note(const CampaignRecord& campaign, ContactId contact, const Origin& by, std::string_view what,
                     std::optional<UtcTime> at, std::string_view agent) {
    const std::string detail =
        JsonObject{}.text("callback", what).time_if_any("callback_at", at).text_if_any("agent", agent).take();
    audit_.append({.kind = AuditKind::callback,
                   .at = by.at,
                   .actor = by.actor,
                   .campaign = campaign.id,
                   .contact = contact,
                   .detail = detail});
}

}  // namespace outdial::store
