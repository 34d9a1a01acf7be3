// SessionMachine's way from the greeting to ready.
#include <fmt/format.h>

#include <algorithm>

#include "ami/md5.hpp"
#include "ami/session_machine.hpp"
#include "ami/text.hpp"

namespace outdial::ami {

namespace {

// CoreStatus early in the boot may give the zero time, which is a day of 1969 or 1970 by the server's zone.
bool is_real_date(std::string_view date) {
    return !date.empty() && !date.starts_with("1969-") && !date.starts_with("1970-");
}

}  // namespace

// The greeting is whole, or its time is over.
void SessionMachine::greet() {
    if (parser_.ami_version().empty()) {
        std::string said{parser_.greeting()};
        std::ranges::replace_if(said, is_control, '?');
        const auto text = said.empty()
                              ? fmt::format("{} is not an Asterisk Manager port: it said nothing within {} s",
                                            settings_.peer, greeting_timeout.count() / 1'000)
                              : fmt::format("{} is not an Asterisk Manager port: it said '{}'", settings_.peer, said);
        listener_.session_warning(text);
        return drop(text);
    }
    info_.ami_version = parser_.ami_version();
    state_ = State::challenge;
    send_own(Action{"Challenge"}.header("AuthType", "MD5"), action_timeout,
             [this](const Reply& reply) { on_challenge(reply); });
}

void SessionMachine::on_challenge(const Reply& reply) {
    if (state_ != State::challenge) return;
    switch (reply.kind) {
        case Reply::Kind::unanswered:
            return drop(fmt::format("{} did not answer the login's challenge in time", settings_.peer));
        case Reply::Kind::success: return send_login(reply.message->get("Challenge"));
        case Reply::Kind::refused:
            if (reply.text == shutting_down) return drop(fmt::format("{} is shutting down", settings_.peer));
            if (plaintext_ == Plaintext::allowed) return send_login({});
            return refuse_login(fmt::format(
                "{} refuses the MD5 login ({}), and the secret is not sent in the clear over this link; use TLS, or "
                "set allow_plaintext for this server",
                settings_.peer, reply.text));
    }
}

void SessionMachine::send_login(std::string_view challenge) {
    Action login{"Login"};
    login.header("Username", settings_.username);
    if (challenge.empty() && plaintext_ == Plaintext::forbidden) {
        return refuse_login(fmt::format("{} gave no challenge to the MD5 login", settings_.peer));
    }
    if (challenge.empty()) {
        login.header("Secret", settings_.secret.reveal());
    } else {
        const Secret salted{std::string{challenge} + settings_.secret.reveal()};
        const auto key = md5_hex(salted.reveal());
        if (!key) return refuse_login(fmt::format("cannot log in to {}: {}", settings_.peer, key.error().message));
        login.header("AuthType", "MD5").header("Key", *key);
    }
    login.header("Events", settings_.events);
    state_ = State::login;
    auto sent = send(login, next_action_id(), PendingActions::Kind::plain, action_timeout,
                     [this](const Reply& reply) { on_login(reply); });
    if (!sent) refuse_login(fmt::format("cannot log in to {}: {}", settings_.peer, sent.error().message));
}

void SessionMachine::on_login(const Reply& reply) {
    if (state_ != State::login) return;
    switch (reply.kind) {
        case Reply::Kind::unanswered: return drop(fmt::format("{} did not answer the login in time", settings_.peer));
        case Reply::Kind::refused:
            if (reply.text == shutting_down) return drop(fmt::format("{} is shutting down", settings_.peer));
            return refuse_login(
                fmt::format("{} refused the login of user '{}': {}; check the user, its secret, permit/deny and "
                            "allowmultiplelogin in manager.conf",
                            settings_.peer, settings_.username, reply.text));
        case Reply::Kind::success:
            state_ = State::booting;
            stage_deadline_ = now_ + boot_timeout;
            // A session without events never sees FullyBooted; one without the class `system` neither.
            next_poll_at_ = settings_.events == "off" ? now_ : now_ + boot_poll_interval;
            return send_own(Action{"CoreSettings"}, action_timeout,
                            [this](const Reply& settings) { on_core_settings(settings); });
    }
}

void SessionMachine::on_core_settings(const Reply& reply) {
    if (state_ == State::booting && reply.kind == Reply::Kind::success) {
        info_.asterisk_version = reply.message->get("AsteriskVersion");
    }
}

void SessionMachine::poll_boot() {
    next_poll_at_ = now_ + boot_poll_interval;
    if (core_status_pending_) return;
    if (core_status_refused_) {
        if (fully_booted_) become_ready();
        return;
    }
    core_status_pending_ = true;
    send_own(Action{"CoreStatus"}, action_timeout, [this](const Reply& reply) { on_core_status(reply); });
}

void SessionMachine::on_core_status(const Reply& reply) {
    if (state_ != State::booting) return;
    core_status_pending_ = false;
    switch (reply.kind) {
        case Reply::Kind::unanswered: return drop(fmt::format("{} did not answer CoreStatus in time", settings_.peer));
        case Reply::Kind::refused:
            if (reply.text == shutting_down) return drop(fmt::format("{} is shutting down", settings_.peer));
            core_status_refused_ = true;
            listener_.session_warning(
                fmt::format("{} does not let user '{}' ask for its state and channels ({}): add 'reporting' to its "
                            "write classes in manager.conf",
                            settings_.peer, settings_.username, reply.text));
            if (fully_booted_) become_ready();
            return;
        case Reply::Kind::success: {
            const auto date = reply.message->get("CoreStartupDate");
            if (is_real_date(date)) {
                info_.started_at = fmt::format("{} {}", date, reply.message->get("CoreStartupTime"));
            }
            if (is_booted()) become_ready();
            return;
        }
    }
}

// A start time alone says nothing: Asterisk tells it from the first login on. See unannounced_boot.
bool SessionMachine::is_booted() const {
    if (fully_booted_) return true;
    if (info_.started_at.empty()) return false;
    // A session without events is never told; the one with events beside it decides when to dial.
    if (settings_.events == "off" || info_.started_at == seen_booted_) return true;
    return now_ >= stage_deadline_ - boot_timeout + unannounced_boot;
}

void SessionMachine::become_ready() {
    seen_booted_ = info_.started_at;
    if (!fully_booted_ && settings_.events != "off") {
        listener_.session_warning(
            fmt::format("{} did not say that it is fully booted, and is taken for it; with the class 'system' in read "
                        "(manager.conf) the user '{}' is told",
                        settings_.peer, settings_.username));
    }
    state_ = State::ready;
    ready_at_ = now_;
    next_ping_at_ = now_;  // it tells the server's clock
    listener_.session_ready(info_);
}

void SessionMachine::refuse_login(const std::string& reason) {
    listener_.session_warning(reason);
    drop(reason, Retry::after_refused_login);
}

}  // namespace outdial::ami
