#include "sim/asterisk_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "sim/session_state.hpp"

namespace outdial::sim {

AsteriskModel::AsteriskModel(ModelOptions options, std::uint64_t seed, Now start)
    : options_(std::move(options)),
      world_(options_.world, seed),
      events_(options_.dialect),
      witness_(options_.witness_rows),
      now_(start.steady),
      clock_origin_(start.steady),
      utc_origin_(start.utc) {
    come_up();
}

AsteriskModel::~AsteriskModel() = default;

UtcTime AsteriskModel::utc(SteadyTime at) const {
    return utc_origin_ + std::chrono::duration_cast<Milliseconds>(at - clock_origin_);
}

void AsteriskModel::come_up() {
    up_ = true;
    booted_ = options_.boot_time <= Milliseconds{0};
    stopping_ = false;
    restart_after_stop_ = false;
    started_ = now_;
    next_channel_ = 0;
    calls_processed_ = 0;
    ++run_number_;
    if (!booted_) schedule(now_ + options_.boot_time, Step::fully_booted, 0, run_number_);
}

AsteriskModel::SessionNumber AsteriskModel::open_session(SteadyTime now) {
    advance(now);
    const SessionNumber number = ++last_session_;
    auto& session = *sessions_.emplace(number, std::make_unique<Session>(number)).first->second;
    const bool full = sessions_.size() > options_.max_sessions || unauthenticated_ >= options_.max_unauthenticated;
    ++unauthenticated_;
    if (!up_ || full) {
        hang_up_session(session, Closing::at_once);
        return number;
    }
    write(session, fmt::format("Asterisk Call Manager/{}\r\n", ami_version(options_.dialect)));
    schedule(now_ + options_.login_timeout, Step::login_timeout, number, 0);
    return number;
}

void AsteriskModel::received(SessionNumber number, std::string_view bytes, SteadyTime now) {
    advance(now);
    const auto found = sessions_.find(number);
    OUTDIAL_CHECK(found != sessions_.end());
    Session& session = *found->second;
    if (session.closing != Closing::no || session.login_refused) return;
    session.parser.feed(bytes);
    process(session);
}

void AsteriskModel::close_session(SessionNumber number) {
    const auto found = sessions_.find(number);
    OUTDIAL_CHECK(found != sessions_.end());
    if (found->second->account == nullptr) --unauthenticated_;
    sessions_.erase(found);
}

void AsteriskModel::advance(SteadyTime now) {
    OUTDIAL_CHECK(now >= now_);
    while (!timers_.empty() && timers_.top().at <= now) {
        const Timer timer = timers_.top();
        timers_.pop();
        now_ = timer.at;
        run(timer);
    }
    now_ = now;
}

std::optional<SteadyTime> AsteriskModel::next_deadline() const {
    if (timers_.empty()) return std::nullopt;
    return timers_.top().at;
}

void AsteriskModel::schedule(SteadyTime at, Step step, std::uint64_t subject, std::uint32_t generation) {
    timers_.push({std::max(at, now_), ++last_timer_, step, subject, generation});
}

void AsteriskModel::run(const Timer& timer) {
    const auto slot = static_cast<Slot>(timer.subject);
    switch (timer.step) {
        case Step::create:
        case Step::progress:
        case Step::final_answer:
        case Step::ring_timeout:
        case Step::far_end_hangs_up:
        case Step::dialplan_hangs_up:
        case Step::late_response:
            if (slots_[slot].generation == timer.generation) run_call(timer.step, slot);
            return;
        case Step::refuse_login:
        case Step::login_timeout: {
            const auto found = sessions_.find(timer.subject);
            if (found != sessions_.end()) run_session(timer.step, *found->second);
            return;
        }
        case Step::fully_booted:
            if (timer.generation != run_number_ || !up_) return;
            booted_ = true;
            for (auto& [number, session] : sessions_) fully_booted(*session);
            return;
        case Step::restart:
            if (timer.generation == run_number_ && !up_) come_up();
            return;
    }
}

void AsteriskModel::run_session(Step step, Session& session) {
    if (session.closing != Closing::no) return;
    if (step == Step::refuse_login) {
        std::string text = "Response: Error\r\n";
        if (!session.refused_login.empty()) text += fmt::format("ActionID: {}\r\n", session.refused_login);
        write(session, text + "Message: Authentication failed\r\n\r\n");
        hang_up_session(session, Closing::after_output);
    } else if (session.account == nullptr && !session.login_refused) {
        hang_up_session(session, Closing::at_once);
    }
}

void AsteriskModel::touch(Session& session) {
    if (session.ready) return;
    session.ready = true;
    ready_.push_back(session.number);
}

void AsteriskModel::write(Session& session, std::string_view text) {
    if (session.closing != Closing::no) return;
    if (session.output.size() + text.size() > options_.max_output_bytes) {
        ++statistics_.overflowed_sessions;
        hang_up_session(session, Closing::at_once);
        return;
    }
    session.output += text;
    statistics_.bytes += text.size();
    touch(session);
}

void AsteriskModel::hang_up_session(Session& session, Closing how) {
    if (how == Closing::at_once) session.output.clear();
    if (session.closing != Closing::at_once) session.closing = how;
    touch(session);
}

std::vector<AsteriskModel::SessionNumber> AsteriskModel::ready() {
    for (const SessionNumber number : ready_) {
        if (const auto found = sessions_.find(number); found != sessions_.end()) found->second->ready = false;
    }
    return std::exchange(ready_, {});
}

bool AsteriskModel::take_output(SessionNumber number, std::string& into) {
    into.clear();
    const auto found = sessions_.find(number);
    if (found == sessions_.end()) return false;
    found->second->output.swap(into);
    return !into.empty();
}

AsteriskModel::Closing AsteriskModel::closing(SessionNumber number) const {
    const auto found = sessions_.find(number);
    return found == sessions_.end() ? Closing::no : found->second->closing;
}

void AsteriskModel::emit(Classes classes, std::string_view event) {
    for (auto& [number, session] : sessions_) {
        if (session->account == nullptr || (session->account->read & session->mask & classes) != classes) continue;
        write(*session, event);
        ++statistics_.events;
    }
}

void AsteriskModel::emit_verbose(Classes classes, std::string_view event) {
    if (options_.events == ModelOptions::Events::all) emit(classes, event);
}

// Sent to each session by itself, at its login or at the end of the boot, whichever comes later.
void AsteriskModel::fully_booted(Session& session) {
    if (session.account == nullptr || (session.account->read & session.mask & class_system) == 0) return;
    const auto uptime = std::chrono::duration_cast<std::chrono::seconds>(now_ - started_).count();
    write(session, fmt::format("Event: FullyBooted\r\nPrivilege: system,all\r\nUptime: {0}\r\nLastReload: {0}\r\n"
                               "Status: Fully Booted\r\n\r\n",
                               uptime));
    ++statistics_.events;
}

void AsteriskModel::stop_gracefully(SteadyTime now, bool restart) {
    advance(now);
    if (!up_) return;
    stopping_ = true;
    restart_after_stop_ = restart;
    if (calls_in_progress_ == 0) shut_down();
}

void AsteriskModel::stop_now(SteadyTime now, bool restart) {
    advance(now);
    if (!up_) return;
    stopping_ = false;  // a graceful stop is overtaken
    restart_after_stop_ = restart;
    hang_up_all();
    shut_down();
}

void AsteriskModel::shut_down() {
    emit(class_system,
         fmt::format("Event: Shutdown\r\nPrivilege: system,all\r\nShutdown: Cleanly\r\nRestart: {}\r\n\r\n",
                     restart_after_stop_ ? "True" : "False"));
    for (auto& [number, session] : sessions_) hang_up_session(*session, Closing::after_output);
    go_down(restart_after_stop_);
}

void AsteriskModel::crash(SteadyTime now) {
    advance(now);
    if (!up_) return;
    forget_calls(WitnessRow::End::crashed);
    for (auto& [number, session] : sessions_) hang_up_session(*session, Closing::at_once);
    go_down(true);
}

void AsteriskModel::go_down(bool restart) {
    up_ = false;
    booted_ = false;
    stopping_ = false;
    if (restart && options_.restart_after) schedule(now_ + *options_.restart_after, Step::restart, 0, run_number_);
}

void AsteriskModel::finish_witness() { forget_calls(WitnessRow::End::unfinished); }

}  // namespace outdial::sim
