#include "ami/session_machine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "base/check.hpp"

namespace outdial::ami {

namespace {

// "1763856061.523198": seconds since 1970 and microseconds (main/manager.c, action_ping).
std::optional<UtcTime> timestamp(std::string_view text) {
    constexpr std::size_t most_digits = 12;
    const std::string_view seconds = text.substr(0, text.find('.'));
    if (seconds.empty() || seconds.size() > most_digits ||
        seconds.find_first_not_of("0123456789") != std::string_view::npos)
        return std::nullopt;
    std::string_view fraction = text.substr(std::min(seconds.size() + 1, text.size()), 3);
    std::int64_t ms = std::strtoll(std::string{seconds}.c_str(), nullptr, 10) * 1'000;
    std::int64_t unit = 100;
    for (const char c : fraction) {
        if (c < '0' || c > '9') return std::nullopt;
        ms += (c - '0') * unit;
        unit /= 10;
    }
    return from_unix_ms(ms);
}

}  // namespace

SessionMachine::SessionMachine(SessionSettings settings, Random random, SessionListener& listener)
    : settings_{std::move(settings)},
      listener_{listener},
      random_{random},
      action_id_prefix_{fmt::format("outdial-{:016x}-", random_.next())} {}

void SessionMachine::start(SteadyTime now) {
    OUTDIAL_CHECK(state_ == State::stopped);
    now_ = now;
    begin_connecting();
}

void SessionMachine::stop(SteadyTime now) {
    now_ = now;
    state_ = State::stopped;
    output_.clear();
    in_flight_ = 0;
    pending_.abandon(fmt::format("the session with {} was stopped", settings_.peer));
}

bool SessionMachine::is_connected() const {
    switch (state_) {
        case State::stopped:
        case State::waiting:
        case State::connecting: return false;
        case State::greeting:
        case State::challenge:
        case State::login:
        case State::booting:
        case State::ready: return true;
    }
    return false;
}

void SessionMachine::begin_connecting() {
    state_ = State::connecting;
    stage_deadline_ = now_ + connect_timeout;
}

void SessionMachine::connected(Plaintext plaintext, SteadyTime now) {
    OUTDIAL_CHECK(state_ == State::connecting);
    now_ = now;
    plaintext_ = plaintext;
    parser_.reset();
    info_ = {};
    fully_booted_ = core_status_pending_ = core_status_refused_ = false;
    draining_ = Draining::no;
    missed_pings_ = 0;
    ++counters_.connections;
    listener_backoff_.reset();
    state_ = State::greeting;
    stage_deadline_ = now_ + greeting_timeout;
}

void SessionMachine::received(std::string_view bytes, SteadyTime now) {
    now_ = now;
    if (!is_connected()) return;
    parser_.feed(bytes);
    while (is_connected()) {
        const bool whole = parser_.next(message_);
        if (state_ == State::greeting && parser_.greeting_complete()) greet();
        if (!whole || !is_connected()) break;
        handle(message_);
    }
    report_skipped();
}

void SessionMachine::report_skipped() {
    const auto skipped = parser_.skipped() - reported_skipped_;
    if (skipped == 0) return;
    reported_skipped_ = parser_.skipped();
    listener_.session_warning(fmt::format("{} sent {} message(s) beyond {} MB, {} KiB a line or {} fields; skipped",
                                          settings_.peer, skipped, Parser::Limits{}.message_bytes / 1'000'000,
                                          Parser::Limits{}.line_bytes / 1024, Parser::Limits{}.fields));
}

void SessionMachine::handle(const Message& message) {
    switch (message.kind()) {
        case Message::Kind::response:
            if (state_ == State::ready && message.get("Message") == shutting_down) {
                begin_draining(Draining::refusing, fmt::format("{} is shutting down", settings_.peer));
            }
            if (!pending_.answer(message)) ++counters_.orphan_responses;
            return;
        case Message::Kind::event:
            if (!pending_.collect(message)) handle_event(message);
            return;
        case Message::Kind::other: return;
    }
}

void SessionMachine::handle_event(const Message& event) {
    if (state_ != State::booting && state_ != State::ready) return;
    ++counters_.events;
    listener_.session_event(event);
    if (event.is_event("Shutdown") && is_connected()) {
        begin_draining(Draining::shut_down, fmt::format("{} has shut down", settings_.peer));
    }
    if (event.is_event("FullyBooted") && state_ == State::booting) {
        fully_booted_ = true;
        if (const auto uptime = event.get("Uptime"); !uptime.empty()) {
            info_.uptime = std::chrono::seconds{std::strtoll(std::string{uptime}.c_str(), nullptr, 10)};
        }
        poll_boot();
    }
}

void SessionMachine::begin_draining(Draining how, const std::string& why) {
    const bool news = draining_ == Draining::no;
    draining_ = how;
    if (how == Draining::shut_down) backoff_.reset();  // that the connection ends now is no failure
    if (news) listener_.session_draining(why);
}

void SessionMachine::closed(std::string_view reason, SteadyTime now) {
    now_ = now;
    switch (state_) {
        case State::stopped:
        case State::waiting: return;
        case State::connecting: return drop(fmt::format("cannot connect to {}: {}", settings_.peer, reason));
        case State::greeting:
            return drop(
                fmt::format("{} closed the connection without a greeting ({}): is it an Asterisk Manager port, "
                            "with TLS on both sides or on neither, and is its authlimit not used up?",
                            settings_.peer, reason));
        case State::challenge:
        case State::login:
        case State::booting:
        case State::ready:
            return drop(draining() ? fmt::format("{} has shut down ({})", settings_.peer, reason)
                                   : fmt::format("lost the connection to {}: {}", settings_.peer, reason));
    }
}

void SessionMachine::reopen(std::string_view reason, SteadyTime now) {
    now_ = now;
    if (is_connected()) drop(fmt::format("the session with {} is opened anew: {}", settings_.peer, reason));
}

void SessionMachine::unreachable(std::string_view reason, SteadyTime now) {
    now_ = now;
    if (state_ == State::connecting) {
        drop(fmt::format("cannot connect to {}: {}", settings_.peer, reason), Retry::soon);
    }
}

void SessionMachine::tick(SteadyTime now) {
    now_ = now;
    if (is_connected()) pending_.expire(now);
    switch (state_) {
        case State::stopped:
        case State::challenge:  // the pending action's deadline holds for these two
        case State::login: return;
        case State::waiting:
            if (now >= stage_deadline_) begin_connecting();
            return;
        case State::connecting:
            if (now >= stage_deadline_) {
                drop(fmt::format("cannot connect to {}: no answer within {} s", settings_.peer,
                                 connect_timeout.count() / 1'000),
                     Retry::soon);
            }
            return;
        case State::greeting:
            if (now >= stage_deadline_) greet();
            return;
        case State::booting:
            if (now >= stage_deadline_) {
                drop(
                    fmt::format("{} did not report within {} s that it is fully booted; the user '{}' needs the class "
                                "'system' in read, or 'reporting' in write (manager.conf)",
                                settings_.peer, boot_timeout.count() / 1'000, settings_.username));
            } else if (now >= next_poll_at_) {
                poll_boot();
            }
            return;
        case State::ready:
            if (now >= next_ping_at_) ping();
            return;
    }
}

std::optional<SteadyTime> SessionMachine::deadline() const {
    const auto with_pending = [this](SteadyTime own) { return std::min(own, pending_.next_deadline().value_or(own)); };
    switch (state_) {
        case State::stopped: return std::nullopt;
        case State::waiting:
        case State::connecting:
        case State::greeting: return stage_deadline_;
        case State::challenge:
        case State::login: return pending_.next_deadline();
        case State::booting: return with_pending(std::min(stage_deadline_, next_poll_at_));
        case State::ready: return with_pending(next_ping_at_);
    }
    return std::nullopt;
}

void SessionMachine::ping() {
    next_ping_at_ += ping_interval;
    if (next_ping_at_ <= now_) next_ping_at_ = now_ + ping_interval;  // the process was held up: do not catch up
    send_own(Action{"Ping"}, ping_interval, [this, sent_at = now_](const Reply& reply) { on_ping(reply, sent_at); });
}

void SessionMachine::on_ping(const Reply& reply, SteadyTime sent_at) {
    if (state_ != State::ready) return;
    switch (reply.kind) {
        case Reply::Kind::unanswered:
            if (++missed_pings_ < max_missed_pings) return;
            return drop(
                fmt::format("{} left {} pings without an answer; the link is given up", settings_.peer, missed_pings_));
        case Reply::Kind::refused: missed_pings_ = 0; return;
        case Reply::Kind::success:
            missed_pings_ = 0;
            counters_.ping_round_trip = now_ - sent_at;
            if (const auto said = timestamp(reply.message->get("Timestamp"))) {
                counters_.clock = ServerClock{*said, sent_at + (now_ - sent_at) / 2};
            }
            // A server that is shutting down refuses pings: this one changed its mind (`core abort shutdown`).
            if (draining_ == Draining::refusing) {
                draining_ = Draining::no;
                listener_.session_ready(info_);
            }
            return;
    }
}

Milliseconds SessionMachine::next_wait(Retry retry) {
    switch (retry) {
        case Retry::with_backoff: return backoff_.next(random_);
        case Retry::soon: return listener_backoff_.next(random_);
        case Retry::after_refused_login: return refused_login_wait;
    }
    return longest_wait;
}

void SessionMachine::drop(const std::string& reason, Retry retry) {
    if (state_ == State::ready && now_ - ready_at_ >= stable_after) backoff_.reset();
    const Milliseconds wait = next_wait(retry);
    state_ = State::waiting;
    stage_deadline_ = now_ + wait;
    draining_ = Draining::no;
    output_.clear();
    in_flight_ = 0;
    pending_.abandon(reason);
    listener_.session_down(reason, wait);
}

SessionMachine::Counters SessionMachine::counters() const {
    Counters out = counters_;
    out.unanswered = pending_.size();
    out.skipped_messages = parser_.skipped();
    return out;
}

}  // namespace outdial::ami
