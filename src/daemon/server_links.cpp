#include "daemon/server_links.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdlib>

#include "config/secret.hpp"
#include "daemon/ami_events.hpp"
#include "daemon/ami_orders.hpp"
#include "daemon/clock.hpp"
#include "daemon/log.hpp"

namespace outdial::daemon {

ServerLinks::ServerLinks(boost::asio::io_context& io, std::vector<ami::ServerSettings> servers, std::uint64_t seed,
                         Deliver deliver, Alerts& alerts)
    : settings_(std::move(servers)),
      deliver_(std::move(deliver)),
      alerts_(alerts),
      down_reason_(settings_.size()),
      pool_(io, settings_, seed, *this) {}

ServerLinks::~ServerLinks() = default;

void ServerLinks::start() { pool_.start(); }
void ServerLinks::stop() { pool_.stop(); }

std::optional<std::size_t> ServerLinks::find(std::string_view name) const {
    const auto found = std::ranges::find(settings_, name, &ami::ServerSettings::name);
    if (found == settings_.end()) return std::nullopt;
    return static_cast<std::size_t>(found - settings_.begin());
}

void ServerLinks::report(const AttemptId& attempt, ChannelEvent::Kind kind, std::string text) {
    deliver_(AttemptEvent{
        .attempt = attempt,
        .event = {.kind = kind, .at = read_clocks().utc, .cause = {}, .tech_cause = {}, .text = std::move(text)}});
}

void ServerLinks::carry_out(const OriginateOrder& order) {
    using Kind = ChannelEvent::Kind;
    const auto server = find(order.server);
    if (!server) return report(order.attempt, Kind::not_sent);
    const auto sent = pool_.originate(*server, to_originate(order, read_clocks(), pool_.clock(*server)),
                                      [this, attempt = order.attempt](const ami::Reply& reply) {
                                          switch (reply.kind) {
                                              case ami::Reply::Kind::success: return report(attempt, Kind::accepted);
                                              case ami::Reply::Kind::refused:
                                                  return report(attempt, Kind::refused, one_line(reply.text));
                                              case ami::Reply::Kind::unanswered:
                                                  return report(attempt, Kind::unanswered);
                                          }
                                      });
    if (sent) return;
    // With a session free, what cannot be sent is the call itself: a value that AMI cannot carry. Else it is only not
    // now.
    if (pool_.can_originate(*server)) {
        report(order.attempt, Kind::refused, one_line(sent.error().message));
    } else {
        report(order.attempt, Kind::not_sent);
    }
}

void ServerLinks::carry_out(const HangUp& command) {
    const auto server = find(command.server);
    if (!server) return;
    const auto sent = pool_.hang_up(*server, command.attempt.view(), [name = command.server](const ami::Reply& reply) {
        if (reply.kind != ami::Reply::Kind::success)
            spdlog::info("hangup server={} answer=\"{}\"", name, one_line(reply.text));
    });
    if (!sent) spdlog::warn("hangup server={} not sent: {}", command.server, one_line(sent.error().message));
}

void ServerLinks::carry_out(const ListChannels& command) {
    const auto server = find(command.server);
    const SteadyTime asked_at = read_clocks().steady;
    const auto failed = [this, name = command.server](const Error& error) {
        spdlog::warn("channel list server={} failed: {}", name, one_line(error.message));
        deliver_(ChannelListFailed{.server = name});
    };
    if (!server) return failed(Error{"not configured"});
    const auto sent = pool_.list_channels(*server, [this, failed, asked_at, name = command.server](
                                                       const Result<std::vector<ami::ListedChannel>>& channels) {
        if (!channels) return failed(channels.error());
        deliver_(ChannelList{.server = name, .asked_at = asked_at, .rows = attempts_listed(*channels)});
    });
    if (!sent) failed(sent.error());
}

void ServerLinks::carry_out(const ReconnectServer& command) {
    if (const auto server = find(command.server)) pool_.reopen(*server, "Outdial is overloaded");
}

std::size_t ServerLinks::unanswered() const {
    std::size_t total = 0;
    for (std::size_t i = 0; i < settings_.size(); ++i) total += pool_.status(i).counters.unanswered;
    return total;
}

void ServerLinks::server_up(std::size_t server, const ami::ServerInfo& info) {
    const auto& settings = settings_[server];
    down_reason_[server].clear();
    spdlog::info("server up server={} asterisk={} ami={} started_at=\"{}\"", settings.name,
                 one_line(info.asterisk_version), one_line(info.ami_version), one_line(info.started_at));
    const int sessions = std::max(1, settings.action_sessions);
    const int window = static_cast<int>(ami::SessionMachine::max_unanswered_originates) * sessions;
    deliver_(ServerUp{.server = settings.name, .originate_window = window});
}

void ServerLinks::server_down(std::size_t server, const std::string& reason) {
    if (down_reason_[server] != reason) {
        down_reason_[server] = reason;
        alerts_.raise(read_clocks().utc, settings_[server].name, "server down: " + reason);
    }
    deliver_(ServerDown{.server = settings_[server].name});
}

void ServerLinks::server_draining(std::size_t server, const std::string& why) {
    alerts_.raise(read_clocks().utc, settings_[server].name, "takes no new calls: " + why);
    deliver_(ServerDraining{.server = settings_[server].name});
}

void ServerLinks::server_event(std::size_t, const ami::Message& event) {
    if (auto input = attempt_event(event, read_clocks().utc)) deliver_(std::move(*input));
}

void ServerLinks::server_warning(std::size_t server, const std::string& text) {
    alerts_.raise(read_clocks().utc, settings_[server].name, text);
}

Result<std::vector<ami::ServerSettings>> server_settings(const config::DaemonConfig& daemon) {
    const char* directory = std::getenv("CREDENTIALS_DIRECTORY");
    std::vector<ami::ServerSettings> result;
    for (const config::ServerConfig& server : daemon.servers) {
        auto secret = config::read_secret(server.secret_file, directory == nullptr ? "" : directory);
        if (!secret) return fail("server " + server.name + ": " + secret.error().message);
        std::optional<ami::TlsSettings> tls;
        if (server.tls) tls = ami::TlsSettings{.ca_file = server.tls->ca_file, .server_name = server.tls->server_name};
        ami::ServerSettings settings;
        settings.name = server.name;
        settings.host = server.host;
        settings.port = server.port;
        settings.username = server.username;
        settings.secret = std::move(*secret);
        settings.tls = std::move(tls);
        settings.allow_plaintext = server.allow_plaintext;
        settings.action_sessions = server.action_sessions;
        result.push_back(std::move(settings));
    }
    return result;
}

}  // namespace outdial::daemon
