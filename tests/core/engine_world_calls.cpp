// The world's servers and telephones: Asterisk's own order of messages where it keeps one, and none where it does not.
#include <fmt/format.h>

#include <algorithm>

#include "core/engine_world.hpp"

namespace outdial::test {

using Kind = ChannelEvent::Kind;

void World::originate(const OriginateOrder& order) {
    const auto claim = claims_.find(order.attempt);
    if (claim == claims_.end()) return violate("an Originate without a claim");
    if (call_of_.contains(order.attempt)) return violate("a second Originate for an attempt");
    if (settlements.contains(order.attempt)) return violate("an Originate for a settled attempt");
    const Slot& slot = claim->second.slot;
    if (slot.server != order.server) violate("an Originate on another server than the claim's");
    ServerState& server = servers_[order.server];
    if (!server.link || !server.ready) violate("an Originate before its server's channels were listed");
    if (server.draining) violate("an Originate on a draining server");
    if (campaigns_[claim->second.campaign].state != CampaignState::running) {
        violate("an Originate of a campaign that does not run");
    }
    if (forbidden_.contains(claim->second.number().e164)) violate("an Originate to a number that is forbidden");
    if (now().utc >= claim->second.send_before) violate("an Originate after the called person's hours");
    const auto place = static_cast<std::size_t>(claim->second.campaign.value) - 1;
    if (place < options.site.campaigns.size()) {
        const ClaimRequest& by = claimed_by_.at(order.attempt);
        const Campaign& rules = options.site.campaigns[place];
        if (by.do_not_call != rules.do_not_call) {
            violate("an Originate that was claimed by other do-not-call lists than now hold");
        }
        if (!same_rules(by.calling, rules.calling) || by.ring_timeout != rules.ring_timeout) {
            violate("an Originate that was claimed by other calling hours than now hold");
        }
    }
    calls.push_back({.attempt = order.attempt,
                     .campaign = claim->second.campaign,
                     .trunk = slot.trunk,
                     .server = slot.server,
                     .sent_at = time_,
                     .fate = options.fate(order, random_)});
    Call& call = calls.back();
    call_of_[order.attempt] = &call;
    awaiting_response_.insert(order.attempt);
    most_unanswered = std::max(most_unanswered, static_cast<int>(awaiting_response_.size()));
    const Microseconds response = between(milliseconds{1}, milliseconds{3});
    if (call.fate == Fate::refused) {
        call.over = true;
        return tell(call, response, Kind::refused, {}, {}, "Extension does not exist.");
    }
    tell(call, response, Kind::accepted);
    script(call);
}

void World::script(Call& call) {
    if (call.fate == Fate::unknown_endpoint) {
        call.over = true;
        return tell(call, milliseconds{4}, Kind::originate_failed, 0);
    }
    const Microseconds created = options.created_after + between(milliseconds{1}, milliseconds{5});
    const Microseconds rings = created + between(options.ring_from, options.ring_to) / 4;
    const Microseconds end = created + between(options.ring_from, options.ring_to);
    at(created, [this, &call] {
        if (call.over) return;
        call.exists = true;
        for (const auto& level : {std::string{"all"}, "server " + call.server, "trunk " + call.trunk,
                                  fmt::format("campaign {}", call.campaign.value)}) {
            ++channels_[level];
        }
        check_channels(call);
        tell(call, Microseconds{0}, Kind::created);
    });
    if (call.fate == Fate::answered || call.fate == Fate::machine || call.fate == Fate::busy ||
        call.fate == Fate::declined || call.fate == Fate::ring_timeout || call.fate == Fate::old_ring_timeout) {
        at(rings, [this, &call] {
            if (call.over) return;
            call.ringing = true;
            tell(call, Microseconds{0}, Kind::ringing);
        });
    }
    switch (call.fate) {
        case Fate::answered:
        case Fate::machine:
            at(end, [this, &call] {
                if (call.over) return;
                call.up = call.was_up = true;
                for (int sign = 0; sign < 3; ++sign) tell(call, Microseconds{0}, Kind::answered);
                if (call.fate == Fate::machine) tell(call, milliseconds{50}, Kind::result, {}, {}, "machine");
            });
            at(end + between(options.talk_from, options.talk_to), [this, &call] {
                if (call.over) return;
                end_call(call);
                tell(call, Microseconds{0}, Kind::hung_up, 16);
            });
            break;
        case Fate::busy: script_unanswered(call, end, 17, 486, true, 0); break;
        case Fate::ring_timeout: script_unanswered(call, end, 19, 480, false, 3); break;
        case Fate::old_ring_timeout: script_unanswered(call, end, 0, {}, false, 3); break;
        case Fate::declined: script_unanswered(call, end, 21, 603, true, 0); break;
        case Fate::rejected: script_unanswered(call, end, 21, 403, true, 0); break;
        case Fate::not_found: script_unanswered(call, end, 1, 404, true, 0); break;
        case Fate::congestion: script_unanswered(call, end, 34, 503, true, 0); break;
        case Fate::unknown_endpoint:
        case Fate::refused: break;
    }
}

void World::script_unanswered(Call& call, Microseconds end, int cause, std::optional<int> status, bool remote,
                              int reason) {
    at(end, [this, &call, cause, status, remote, reason] {
        if (call.over) return;
        end_call(call);
        if (remote) {
            tell(call, Microseconds{0}, Kind::end_requested, cause, status);
            tell(call, Microseconds{0}, Kind::dial_ended);
        }
        tell(call, Microseconds{0}, Kind::originate_failed, reason);
        tell(call, Microseconds{0}, Kind::hung_up, cause, status);
    });
}

void World::end_call(Call& call) {
    if (call.exists && !call.over) {
        for (const auto& level : {std::string{"all"}, "server " + call.server, "trunk " + call.trunk,
                                  fmt::format("campaign {}", call.campaign.value)}) {
            --channels_[level];
        }
    }
    call.over = true;
    call.up = false;
}

void World::hang_up(const HangUp& command) {
    hang_ups.push_back(command);
    const auto found = call_of_.find(command.attempt);
    if (found == call_of_.end()) return violate("a hangup of a call that was never begun");
    if (!servers_[command.server].link) return;
    at(milliseconds{2}, [this, &call = *found->second] {
        if (!call.exists || call.over) return;  // "No such channel"
        const bool was_up = call.up;
        end_call(call);
        if (!was_up) {
            tell(call, Microseconds{0}, Kind::dial_ended);
            tell(call, Microseconds{0}, Kind::originate_failed, 0);
        }
        tell(call, Microseconds{0}, Kind::hung_up, 0);
    });
}

void World::list_channels(const std::string& server) {
    at(milliseconds{4}, [this, server, asked_at = time_] {
        if (!servers_[server].link) return;
        ChannelList list{.server = server, .asked_at = asked_at, .rows = {}};
        for (const Call& call : calls) {
            if (call.server == server && call.exists && !call.over) {
                list.rows.push_back({.attempt = call.attempt, .up = call.up, .ringing = call.ringing && !call.up});
            }
        }
        at(milliseconds{2}, [this, list] {
            if (!servers_[list.server].link) return;
            for (const auto& row : list.rows) told_created_.insert(row.attempt);
            servers_[list.server].ready = true;
            step(list);
        });
    });
}

void World::tell(Call& call, Microseconds after, Kind kind, std::optional<int> cause, std::optional<int> tech_cause,
                 std::string text) {
    const ChannelEvent event{.kind = kind, .at = {}, .cause = cause, .tech_cause = tech_cause, .text = std::move(text)};
    if (random_.unit() < options.drop || call.server == mute) return;
    if (call.server == eventless && kind != Kind::accepted && kind != Kind::refused) return;
    const bool free_of_order =
        kind == Kind::accepted || kind == Kind::refused || kind == Kind::originate_failed || kind == Kind::answered;
    const int times = random_.unit() < options.repeat ? 2 : 1;
    for (int i = 0; i < times; ++i) {
        SteadyTime when = time_ + after + between(Microseconds{0}, options.jitter);
        if (random_.unit() < options.late) {
            when += between(seconds{1}, seconds{20});
        } else if (!free_of_order) {
            when = call.told_at = std::max(when, call.told_at);
        }
        at(when - time_, [this, id = call.attempt, server = call.server, event] { deliver(id, server, event); });
    }
}

void World::deliver(const AttemptId& attempt, const std::string& server, ChannelEvent event) {
    if (!servers_[server].link) return;
    event.at = now().utc;
    awaiting_response_.erase(attempt);
    if (event.kind != Kind::accepted && event.kind != Kind::refused && event.kind != Kind::originate_failed &&
        event.kind != Kind::result) {
        told_created_.insert(attempt);
    }
    const bool gone = event.kind == Kind::hung_up || event.kind == Kind::refused ||
                      (event.kind == Kind::originate_failed && !told_created_.contains(attempt));
    if (gone) occupied_.erase(attempt);
    step(AttemptEvent{.attempt = attempt, .event = event});
}

}  // namespace outdial::test
