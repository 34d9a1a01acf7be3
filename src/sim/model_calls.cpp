// The life of a simulated call: the channel, the far end, the dialplan.

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "ami/text.hpp"
#include "base/check.hpp"
#include "sim/asterisk_model.hpp"
#include "sim/lower_case.hpp"

namespace outdial::sim {

namespace {

constexpr int cause_normal_clearing = 16;
constexpr int reason_failure = 0;
constexpr int reason_ring_timeout = 3;
constexpr int reason_answered = 4;
constexpr std::uint64_t dial_state_first_percent = 30;  // DialState before its Newstate: 6 of 19 in the traces
constexpr std::uint64_t early_cause_percent = 8;        // 3 of 36 in the traces of 16
// A refusal this soon can overtake its DialBegin: the response is written directly, events pass through a queue.
constexpr Microseconds overtakes_within{Milliseconds{400}};

constexpr std::string_view outgoing_application = "AppDial2";
constexpr std::string_view outgoing_data = "(Outgoing Line)";

bool refused_by_far_end(const Call& call) { return !is_answered(call.plan.fate) && sip_status(call.plan.fate) != 0; }

// Zeros, for no media flows in the sandbox. Sent by 22 at each answered call's end.
constexpr std::pair<std::string_view, std::string_view> media_variables[] = {
    {"RTPAUDIOQOS",
     "ssrc=77726931;themssrc=0;lp=0;rxjitter=0.000000;rxcount=0;txjitter=0.000000;txcount=0;rlp=0;rtt=0.000000;"
     "rxmes=0.000000;txmes=0.000000"},
    {"RTPAUDIOQOSJITTER",
     "minrxjitter=000.000000;maxrxjitter=000.000000;avgrxjitter=000.000000;stdevrxjitter=000.000000;"
     "mintxjitter=000.000000;maxtxjitter=000.000000;avgtxjitter=000.000000;stdevtxjitter=000.000000;"},
    {"RTPAUDIOQOSLOSS",
     "  minrxlost=000.000000;  maxrxlost=000.000000;  avgrxlost=000.000000;  stdevrxlost=000.000000;  "
     "mintxlost=000.000000;  maxtxlost=000.000000;  avgtxlost=000.000000;  stdevtxlost=000.000000;"},
    {"RTPAUDIOQOSRTT",
     "     minrtt=000.000000;     maxrtt=000.000000;     avgrtt=000.000000;     stdevrtt=000.000000;"},
    {"RTPAUDIOQOSMES",
     "   minrxmes=000.000000;   maxrxmes=000.000000;   avgrxmes=000.000000;   stdevrxmes=000.000000;   "
     "mintxmes=000.000000;   maxtxmes=000.000000;   avgtxmes=000.000000;   stdevtxmes=000.000000;"},
};

}  // namespace

AsteriskModel::Slot AsteriskModel::take_slot(Call call) {
    Slot slot = 0;
    if (free_slots_.empty()) {
        slot = static_cast<Slot>(slots_.size());
        slots_.emplace_back();
    } else {
        slot = free_slots_.back();
        free_slots_.pop_back();
    }
    slots_[slot].call = std::make_unique<Call>(std::move(call));
    ++calls_in_progress_;
    return slot;
}

// All of the call's timers become void.
void AsteriskModel::release(Slot slot) {
    slots_[slot].call.reset();
    ++slots_[slot].generation;
    free_slots_.push_back(slot);
    --calls_in_progress_;
    if (stopping_ && calls_in_progress_ == 0) shut_down();
}

void AsteriskModel::run_call(Step step, Slot slot) {
    switch (step) {
        case Step::create: return create(slot);
        case Step::progress: return progress(slot);
        // A call that was hung up meanwhile may still wait for its response to be told.
        case Step::final_answer:
            if (call_at(slot).phase != Call::Phase::dialing) return;
            return is_answered(call_at(slot).plan.fate) ? answer(slot) : refuse(slot);
        case Step::ring_timeout:
            if (call_at(slot).phase != Call::Phase::dialing) return;
            return time_out(slot);
        case Step::far_end_hangs_up: return far_end_hangs_up(slot);
        case Step::dialplan_hangs_up: return dialplan_ends(slot);
        case Step::late_response: return respond_late(slot);
        case Step::refuse_login:
        case Step::login_timeout:
        case Step::fully_booted:
        case Step::restart: break;
    }
    OUTDIAL_CHECK(!"a call's step");
}

bool AsteriskModel::may_be_created(const Call& call) const {
    const auto known = [](const std::vector<std::string>& names, std::string_view wanted) {
        return std::ranges::any_of(names, [&](const auto& each) { return ami::equal_ignoring_case(each, wanted); });
    };
    if (!booted_ || call.plan.fate == Fate::unknown_endpoint || by_uniqueid_.size() >= options_.max_channels)
        return false;
    if (!known(options_.technologies, call.technology)) return false;
    if (call.seen.endpoint.empty()) return false;
    if (!options_.endpoints.empty() && !known(options_.endpoints, call.seen.endpoint)) return false;
    if (call.seen.channel_id.empty()) return true;
    const std::string id = lower_case(call.seen.channel_id);
    const auto next = by_uniqueid_.lower_bound(id);
    if (next == by_uniqueid_.end()) return true;
    return next->first != id && !(compares_ids_by_prefix(options_.dialect) && next->first.starts_with(id));
}

void AsteriskModel::create(Slot slot) {
    Call& call = call_at(slot);
    call.uniqueid = call.seen.channel_id;
    if (!may_be_created(call)) return end_without_channel(slot);
    const auto started_s = to_unix_ms(utc(started_)) / 1'000;
    if (call.uniqueid.empty()) call.uniqueid = fmt::format("{}.{}", started_s, next_channel_);
    call.name = fmt::format("{}/{}-{:08x}", call.technology, call.seen.endpoint, next_channel_++);
    call.phase = Call::Phase::dialing;
    call.created = now_;
    call.running_application = outgoing_application;
    call.running_data = outgoing_data;
    call.seen.invited_at = utc(now_);
    by_uniqueid_.emplace(lower_case(call.uniqueid), slot);
    by_name_.emplace(lower_case(call.name), slot);

    emit(class_call, events_.new_channel(call));
    emit_verbose(class_dialplan, events_.new_extension(call, outgoing_application, outgoing_data));
    for (auto variable = call.variables.rbegin(); variable != call.variables.rend(); ++variable) {
        emit_verbose(class_dialplan, events_.variable_set(call, variable->first, variable->second));
    }
    const bool has_caller = !call.caller_number.empty() || !call.caller_name.empty();
    call.caller_set = true;
    if (has_caller) emit_verbose(class_call, events_.new_caller_id(call));
    call.connected_set = true;
    if (has_caller) emit_verbose(class_call, events_.new_connected_line(call));

    const auto final_after = call.plan.final_after;
    const bool in_time = final_after && (!call.ring_timeout || *final_after < *call.ring_timeout);
    const bool overtaken = call.plan.order == ResponseOrder::before_dial_begin && refused_by_far_end(call) && in_time &&
                           !call.plan.progress_after && *final_after <= overtakes_within;
    if (!overtaken) dial_begin(call);
    if (call.plan.progress_after) schedule_call(now_ + *call.plan.progress_after, Step::progress, slot);
    if (in_time) {
        schedule_call(now_ + *final_after, Step::final_answer, slot);
    } else if (call.ring_timeout) {
        schedule_call(now_ + *call.ring_timeout, Step::ring_timeout, slot);
    }
}

// Unknown endpoint or technology, or a live channel of that id: the response is all there is.
void AsteriskModel::end_without_channel(Slot slot) {
    Call& call = call_at(slot);
    ++statistics_.no_channel;
    respond(call);
    call.seen.end = WitnessRow::End::no_channel;
    call.seen.ended_at = utc(now_);
    witness_.ended(std::move(call.seen));
    release(slot);
}

void AsteriskModel::dial_begin(Call& call) {
    if (call.dial_begun) return;
    call.dial_begun = true;
    emit(class_call, events_.dial_begin(call));
}

void AsteriskModel::respond(Call& call) {
    if (!call.response_due) return;
    call.response_due = false;
    emit(class_call, events_.originate_response(call));
}

void AsteriskModel::respond_late(Slot slot) {
    Call& call = call_at(slot);
    respond(call);
    if (call.phase == Call::Phase::ended) release(slot);
}

void AsteriskModel::progress(Slot slot) {
    Call& call = call_at(slot);
    if (call.phase != Call::Phase::dialing) return;
    if (call.plan.fate == Fate::early_media) {
        emit(class_call, events_.dial_state(call, "PROGRESS"));
        return;
    }
    call.seen.ringing_at = utc(now_);
    const bool dial_state_first = world_.random().below(100) < dial_state_first_percent;
    if (dial_state_first) emit(class_call, events_.dial_state(call, "RINGING"));
    call.state = Call::State::ringing;
    emit(class_call, events_.new_state(call));
    if (!dial_state_first) emit(class_call, events_.dial_state(call, "RINGING"));
    device_changed(call, 1, 0);
}

void AsteriskModel::answer(Slot slot) {
    Call& call = call_at(slot);
    const bool was_ringing = call.state == Call::State::ringing;
    ++statistics_.answered;
    ++calls_processed_;
    call.seen.answered_at = utc(now_);
    call.succeeded = true;
    call.reason = reason_answered;
    call.phase = Call::Phase::up;
    const ResponseOrder order = call.plan.order;
    if (order == ResponseOrder::before_dial_begin) respond(call);
    call.state = Call::State::up;
    emit(class_call, events_.new_state(call));
    if (order == ResponseOrder::before_dial_end) respond(call);
    emit(class_call, events_.dial_end(call, "ANSWER"));
    if (order == ResponseOrder::after_dial_end) respond(call);
    device_changed(call, was_ringing ? -1 : 0, 1);
    if (order == ResponseOrder::after_hangup) {
        schedule_call(now_ + call.plan.late_response, Step::late_response, slot);
    }
    dialplan_begins(slot);
    // Without an application or an extension there is nothing to do for the channel.
    if (call.application.empty() && call.priority == 0) return dialplan_ends(slot);
    if (call.plan.talk) schedule_call(now_ + *call.plan.talk, Step::far_end_hangs_up, slot);
}

void AsteriskModel::dialplan_begins(Slot slot) {
    Call& call = call_at(slot);
    if (!call.application.empty()) {
        call.running_application = call.application;
        call.running_data = call.data;
        emit_verbose(class_dialplan, events_.new_extension(call, call.application, call.data));
        return;
    }
    call.in_dialplan = true;
    call.dialplan_priority = std::max(call.priority, 1);
    if (call.priority == 0) return;
    const DialplanContext* context = context_of(call);
    std::string result = context != nullptr ? context->result : std::string{};
    if (result.empty()) result = call.plan.result;
    if (!result.empty()) {
        emit_verbose(class_dialplan, events_.new_extension(call, "UserEvent",
                                                           fmt::format("OutdialResult,Uniqueid: {},Disposition: {}",
                                                                       call.uniqueid, result)));
        emit(class_user, events_.user_event(call, result));
        ++call.dialplan_priority;
    }
    call.running_application = "Wait";
    call.running_data = "3600";
    if (context != nullptr && context->hold) {
        call.running_data = fmt::format("{}", std::chrono::duration<double>{*context->hold}.count());
        schedule_call(now_ + *context->hold, Step::dialplan_hangs_up, slot);
    }
    emit_verbose(class_dialplan, events_.new_extension(call, call.running_application, call.running_data));
}

void AsteriskModel::dialplan_ends(Slot slot) {
    Call& call = call_at(slot);
    if (call.phase != Call::Phase::up) return;
    ++call.dialplan_priority;
    emit_verbose(class_dialplan, events_.new_extension(call, "Hangup", ""));
    emit_verbose(class_call, events_.soft_hangup_request(call, cause_normal_clearing));
    channel_gone(slot, cause_normal_clearing, 0, WitnessRow::End::hung_up_by_dialplan);
}

void AsteriskModel::far_end_hangs_up(Slot slot) {
    Call& call = call_at(slot);
    if (call.phase != Call::Phase::up) return;
    request_hangup(call, cause_normal_clearing, 0);
    // 0 when the BYE is seen by an application such as Wait: after an answer the cause tells nothing.
    const int cause = world_.random().below(2) == 0 ? cause_normal_clearing : 0;
    channel_gone(slot, cause, 0, WitnessRow::End::hung_up_by_far_end);
}

void AsteriskModel::refuse(Slot slot) {
    Call& call = call_at(slot);
    const int status = sip_status(call.plan.fate);
    const int cause = cause_of_sip(options_.dialect, status);
    const ResponseOrder order = call.plan.order;
    call.seen.sip_status = status;
    call.reason = reason_failure;
    if (!call.dial_begun) respond(call);
    dial_begin(call);
    // Before or after the HangupRequest, one as often as the other.
    const bool before_request = order == ResponseOrder::before_dial_end && world_.random().below(2) == 0;
    if (before_request) respond(call);
    request_hangup(call, cause, status);
    if (order == ResponseOrder::before_dial_end) respond(call);
    emit(class_call, events_.dial_end(call, dial_status_of_cause(cause)));
    if (order != ResponseOrder::after_hangup) respond(call);
    channel_gone(slot, cause, status, WitnessRow::End::refused_by_far_end);
}

// Before 20.17 and 22.7 the cause is mostly still unset when the request is told.
void AsteriskModel::request_hangup(const Call& call, int cause, int sip_status) {
    const bool told = tells_tech_cause(options_.dialect) || world_.random().below(100) < early_cause_percent;
    emit(class_call, events_.hangup_request(call, told ? std::optional{cause} : std::nullopt, sip_status));
}

// There is neither a DialEnd nor a HangupRequest.
void AsteriskModel::time_out(Slot slot) {
    Call& call = call_at(slot);
    call.reason = reason_ring_timeout;
    if (call.plan.order != ResponseOrder::after_hangup) respond(call);
    const int cause = ring_timeout_cause(options_.dialect);
    channel_gone(slot, cause, sip_of_cause(cause), WitnessRow::End::ring_timeout);
}

void AsteriskModel::hang_up_call(Slot slot, int cause) {
    Call& call = call_at(slot);
    if (call.phase == Call::Phase::up) {
        emit_verbose(class_call, events_.soft_hangup_request(call, cause));
        return channel_gone(slot, cause, sip_of_cause(cause), WitnessRow::End::hung_up_by_action);
    }
    call.reason = reason_failure;
    dial_begin(call);
    if (call.plan.order == ResponseOrder::before_dial_end) respond(call);
    emit(class_call, events_.dial_end(call, "NOANSWER"));
    if (call.plan.order != ResponseOrder::after_hangup) respond(call);
    channel_gone(slot, cause, sip_of_cause(cause), WitnessRow::End::hung_up_by_action);
}

void AsteriskModel::channel_gone(Slot slot, int cause, int tech_cause, WitnessRow::End end) {
    Call& call = call_at(slot);
    const bool was_up = call.phase == Call::Phase::up;
    if (was_up && options_.dialect == Dialect::asterisk_22) {
        for (const auto& [variable, value] : media_variables) {
            emit_verbose(class_dialplan, events_.variable_set(call, variable, value));
        }
    }
    emit(class_call, events_.hangup(call, cause, tech_cause));
    device_changed(call, call.state == Call::State::ringing ? -1 : 0, was_up ? -1 : 0);
    by_uniqueid_.erase(lower_case(call.uniqueid));
    by_name_.erase(lower_case(call.name));
    call.phase = Call::Phase::ended;
    ++statistics_.ended;
    call.seen.cause = cause;
    call.seen.end = end;
    call.seen.ended_at = utc(now_);
    if (!call.response_due) {
        witness_.ended(std::move(call.seen));
        return release(slot);
    }
    witness_.ended(call.seen);  // the response still needs what was asked for
    if (!was_up) schedule_call(now_ + call.plan.late_response, Step::late_response, slot);
}

void AsteriskModel::hang_up_all() {
    std::vector<Slot> live;
    for (const auto& [id, slot] : by_uniqueid_) live.push_back(slot);
    for (const Slot slot : live) {
        Call& call = call_at(slot);
        emit_verbose(class_call, events_.soft_hangup_request(call, 0));
        call.response_due = false;  // the server dies before its threads can write it
        channel_gone(slot, 0, 0, WitnessRow::End::crashed);
    }
    forget_calls(WitnessRow::End::crashed);
}

// Without an event.
void AsteriskModel::forget_calls(WitnessRow::End end) {
    const bool stopping = std::exchange(stopping_, false);  // the last one's end is no reason to shut down
    for (Slot slot = 0; slot < slots_.size(); ++slot) {
        auto& call = slots_[slot].call;
        if (!call) continue;
        if (call->phase != Call::Phase::ended) {
            call->seen.end = end;
            if (end != WitnessRow::End::unfinished) call->seen.ended_at = utc(now_);
            witness_.ended(std::move(call->seen));
        }
        release(slot);
    }
    stopping_ = stopping;
    by_uniqueid_.clear();
    by_name_.clear();
    devices_.clear();
}

void AsteriskModel::device_changed(const Call& call, int ringing, int up) {
    if (options_.events != ModelOptions::Events::all) return;
    Device& device = devices_[call.seen.endpoint];
    device.ringing += ringing;
    device.up += up;
    std::string_view state = "NOT_INUSE";
    if (device.up > 0) state = device.ringing > 0 ? "RINGINUSE" : "INUSE";
    if (device.up == 0 && device.ringing > 0) state = "RINGING";
    if (std::exchange(device.state, state) == state) return;
    emit(class_call, events_.device_state(fmt::format("{}/{}", call.technology, call.seen.endpoint), state));
}

}  // namespace outdial::sim
