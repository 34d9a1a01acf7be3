#include "store/call_queue.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace outdial::store {

namespace {

const char* to_text(CallingWindow::Kind kind) {
    switch (kind) {
        case CallingWindow::Kind::always: return "always";
        case CallingWindow::Kind::hours: return "hours";
        case CallingWindow::Kind::unknown_zone: return "unknown_zone";
        case CallingWindow::Kind::never: return "never";
    }
    OUTDIAL_UNREACHABLE();
}

// Where nobody could ever be called: what was far off comes nearer.
constexpr std::chrono::days look_again_after{1};
// Who asks for a time so little ago is late; beyond it the clock has been set back.
constexpr std::chrono::minutes lateness{1};

}  // namespace

CallQueue::CallQueue(CallQueueStatements& statements, Places& places, CampaignId campaign, ListId list,
                     ContactId taken_through)
    : statements_(statements), known_places_(places), campaign_(campaign), list_(list), taken_through_(taken_through) {
    for (const PlaceId place : places.of_list(list)) entry(place);
}

CallQueue::AtPlace& CallQueue::entry(PlaceId id) {
    const auto [found, added] = places_.try_emplace(id);
    AtPlace& place = found->second;
    if (added) {
        place.taken_through = taken_through_;
        Rows rows = statements_.place.rows(campaign_, id);
        if (rows.next()) place.taken_through = std::max(taken_through_, ContactId{rows.integer(0)});
        changes_.insert({UtcTime{}, id});
        place.changes_at = UtcTime{};
    }
    return place;
}

Result<void> CallQueue::keep_to(const SharedCallingRules& rules, Milliseconds ring_timeout) {
    if (!rules || rules->hours.empty()) {
        if (windows_) forget_hours();
        windows_.reset();
        return {};
    }
    if (windows_ && windows_->are_of(rules, ring_timeout)) return {};
    const Geography* geography = known_places_.geography();
    if (geography == nullptr) {
        return fail(
            "no time zone data is loaded, so nobody's calling hours are known; install the package tzdata and "
            "restart Outdial");
    }
    windows_ = std::make_unique<CallingWindows>(rules, ring_timeout, *geography);
    forget_hours();
    return {};
}

void CallQueue::forget_hours() {
    trouble_.clear();
    for (auto& [id, place] : places_) {
        place.hours_known = false;
        changes_.erase({place.changes_at, id});
        place.changes_at = UtcTime{};
        changes_.insert({place.changes_at, id});
    }
}

void CallQueue::learn_heads(PlaceId id, AtPlace& place) {
    if (place.heads_known) return;
    place.heads_known = true;
    const auto first_of = [](Rows rows) {
        return rows.next() ? std::optional{Due{from_unix_ms(rows.integer(0)), ContactId{rows.integer(1)}}}
                           : std::nullopt;
    };
    place.promised = first_of(statements_.promised.rows(campaign_, id));
    place.due = first_of(statements_.due.rows(campaign_, id));
    if (ordering_.on) {
        Rows rows = statements_.first.rows(campaign_, id);
        place.fresh = rows.next() ? std::optional{ContactId{rows.integer(0)}} : std::nullopt;
        place.order = place.fresh ? OrderKey{rows.real(1), std::string{rows.blob(2)}} : OrderKey{};
        return;
    }
    Rows rows = statements_.fresh.rows(list_, id, place.taken_through);
    place.fresh = rows.next() ? std::optional{ContactId{rows.integer(0)}} : std::nullopt;
}

void CallQueue::line_up(PlaceId id, const AtPlace& place) {
    if (!place.is_open) return;
    if (place.promised) promised_.insert({place.promised->first, place.promised->second, id});
    if (place.due) due_.insert({place.due->first, place.due->second, id});
    if (place.fresh) fresh_.insert({place.order, *place.fresh, id});
}

void CallQueue::step_out(PlaceId id, const AtPlace& place) {
    if (place.promised) promised_.erase({place.promised->first, place.promised->second, id});
    if (place.due) due_.erase({place.due->first, place.due->second, id});
    if (place.fresh) fresh_.erase({place.order, *place.fresh, id});
}

// Places open and close as time passes; time that goes back makes everything uncertain.
void CallQueue::pass(UtcTime at) {
    if (at + lateness < at_) {
        forget_hours();
        at_ = at;
    }
    at_ = at = std::max(at_, at);
    while (!changes_.empty() && changes_.begin()->first <= at) {
        const PlaceId id = changes_.begin()->second;
        changes_.erase(changes_.begin());
        AtPlace& place = places_.at(id);
        step_out(id, place);
        look_up(id, place, at);
        learn_heads(id, place);
        line_up(id, place);
        changes_.insert({place.changes_at, id});
    }
}

void CallQueue::look_up(PlaceId id, AtPlace& place, UtcTime at) {
    if (!place.hours_known || !place.window.holds(at) || place.changes_at <= at) {
        CallingWindow window{.kind = CallingWindow::Kind::always};
        // Whose place was not looked up yet passes: the claim looks it up, and puts them where they belong.
        if (windows_ && id != not_looked_up) {
            const Result<CallingWindow> found = windows_->at(known_places_.of(id), at);
            window = found.value_or(CallingWindow{.kind = CallingWindow::Kind::never});
            if (!found) trouble_ = found.error().message;
        }
        if (!place.hours_known || place.window != window) write_hours(id, window);
        place.window = window;
        place.hours_known = true;
    }
    place.is_open = place.window.is_open(at);
    switch (place.window.kind) {
        case CallingWindow::Kind::always: place.changes_at = UtcTime::max(); break;
        case CallingWindow::Kind::hours:
            place.changes_at = place.is_open ? place.window.calls_until : place.window.opens_at;
            break;
        case CallingWindow::Kind::unknown_zone:
        case CallingWindow::Kind::never: place.changes_at = at + look_again_after; break;
    }
}

void CallQueue::write_hours(PlaceId id, const CallingWindow& window) {
    const bool has_hours = window.kind == CallingWindow::Kind::hours;
    const auto if_hours = [has_hours](UtcTime at) { return has_hours ? std::optional{at} : std::nullopt; };
    statements_.set_hours.run(campaign_, id, to_text(window.kind), if_hours(window.opens_at),
                              if_hours(window.calls_until), if_hours(window.closes_at));
}

std::optional<CallQueue::Next> CallQueue::next(UtcTime at) {
    pass(at);
    for (const auto* waiting : {&promised_, &due_}) {
        if (waiting->empty() || std::get<0>(*waiting->begin()) > at) continue;
        return Next{std::get<1>(*waiting->begin()), std::get<2>(*waiting->begin()), false};
    }
    if (!fresh_.empty()) return Next{std::get<1>(*fresh_.begin()), std::get<2>(*fresh_.begin()), true};
    return std::nullopt;
}

void CallQueue::took(const Next& next) {
    AtPlace& place = entry(next.place);
    step_out(next.place, place);
    if (next.fresh && !ordering_.on) {
        place.taken_through = std::max(place.taken_through, next.contact);
        taken_from_.insert(next.place);
    }
    place.heads_known = false;
    learn_heads(next.place, place);
    line_up(next.place, place);
}

void CallQueue::expect(PlaceId id, UtcTime due_at, ContactId contact) {
    AtPlace& place = entry(id);
    if (!place.heads_known || (place.due && *place.due <= Due{due_at, contact})) return;
    step_out(id, place);
    place.due = Due{due_at, contact};
    line_up(id, place);
}

void CallQueue::expect_fresh(PlaceId id) {
    AtPlace& place = entry(id);
    if (ordering_.on) {
        ordering_.unordered.insert(id);
        return;
    }
    if (!place.heads_known || place.fresh) return;  // ids only grow
    look_again(id);
}

void CallQueue::look_again(PlaceId id) {
    AtPlace& place = entry(id);
    if (!place.heads_known) return;
    step_out(id, place);
    place.heads_known = false;
    learn_heads(id, place);
    line_up(id, place);
}

std::set<PlaceId> CallQueue::places() const {
    std::set<PlaceId> all;
    for (const auto& [id, place] : places_) all.insert(id);
    return all;
}

const CallingWindow& CallQueue::window(PlaceId id, UtcTime at) {
    AtPlace& place = entry(id);
    if (!place.hours_known || !place.window.holds(at)) {
        changes_.erase({place.changes_at, id});
        step_out(id, place);
        look_up(id, place, at);
        learn_heads(id, place);
        line_up(id, place);
        changes_.insert({place.changes_at, id});
    }
    return place.window;
}

void CallQueue::store_progress() {
    for (const PlaceId id : taken_from_) statements_.set_taken.run(campaign_, id, places_.at(id).taken_through);
    taken_from_.clear();
}

void CallQueue::look_up_hours(UtcTime at) { pass(at); }

CallQueue::Outlook CallQueue::outlook(UtcTime at) {
    pass(at);
    Outlook outlook;
    const auto consider = [&](UtcTime when, bool by_hours) {
        if (outlook.next_at && *outlook.next_at <= when) return;
        outlook = {when, by_hours};
    };
    for (auto& [id, place] : places_) {
        const bool ever = place.is_open || place.window.kind == CallingWindow::Kind::hours;
        if (!ever || (!place.due && !place.fresh)) continue;
        const UtcTime from = place.is_open ? at : place.window.opens_at;
        if (place.fresh) consider(from, !place.is_open);
        if (place.due) consider(std::max(place.due->first, from), place.due->first < from);
    }
    return outlook;
}

CallQueue& CallQueues::of(CampaignId campaign, ListId list, ContactId taken_through) {
    forget_what_was_changed();
    auto known = queues_.find(campaign);
    if (known != queues_.end() && known->second.list() != list) {
        queues_.erase(known);
        known = queues_.end();
    }
    if (known == queues_.end()) {
        known = queues_
                    .emplace(std::piecewise_construct, std::forward_as_tuple(campaign),
                             std::forward_as_tuple(statements_, places_, campaign, list, taken_through))
                    .first;
    }
    return known->second;
}

CallQueue* CallQueues::find(CampaignId campaign) {
    forget_what_was_changed();
    const auto known = queues_.find(campaign);
    return known == queues_.end() ? nullptr : &known->second;
}

void CallQueues::expect_fresh(ListId list, PlaceId place) {
    for (auto& [id, queue] : queues_) {
        if (queue.list() == list) queue.expect_fresh(place);
    }
}

// By a rollback, or by another program.
void CallQueues::forget_what_was_changed() {
    Rows rows = data_version_of_.rows();
    const std::int64_t data_version = rows.next() ? rows.integer(0) : 0;
    if (rollbacks_ == statements_.database.rollbacks() && data_version_ == data_version) return;
    rollbacks_ = statements_.database.rollbacks();
    data_version_ = data_version;
    queues_.clear();
}

}  // namespace outdial::store
