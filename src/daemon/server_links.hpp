#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ami/pool.hpp"
#include "config/configuration.hpp"
#include "core/engine.hpp"
#include "daemon/alerts.hpp"

namespace outdial::daemon {

/// The AMI pool as the engine sees it: commands in, inputs out. On the loop's thread only.
class ServerLinks final : private ami::PoolListener {
public:
    using Deliver = std::function<void(Input)>;

    /// `io` and `alerts` must outlive it. `deliver` must not call back into this object at once.
    ServerLinks(boost::asio::io_context& io, std::vector<ami::ServerSettings> servers, std::uint64_t seed,
                Deliver deliver, Alerts& alerts);
    ~ServerLinks();

    void start();
    /// Closes the sessions; calls go on in Asterisk.
    void stop();

    void carry_out(const OriginateOrder& order);
    void carry_out(const HangUp& command);
    void carry_out(const ListChannels& command);
    void carry_out(const ReconnectServer& command);

    [[nodiscard]] std::size_t size() const { return settings_.size(); }
    [[nodiscard]] ami::ServerStatus status(std::size_t server) const { return pool_.status(server); }
    [[nodiscard]] const std::string& name(std::size_t server) const { return settings_[server].name; }
    /// Originates without an answer yet, over all servers.
    [[nodiscard]] std::size_t unanswered() const;

private:
    void server_up(std::size_t server, const ami::ServerInfo& info) override;
    void server_down(std::size_t server, const std::string& reason) override;
    void server_draining(std::size_t server, const std::string& why) override;
    void server_event(std::size_t server, const ami::Message& event) override;
    void server_warning(std::size_t server, const std::string& text) override;

    [[nodiscard]] std::optional<std::size_t> find(std::string_view name) const;
    void report(const AttemptId& attempt, ChannelEvent::Kind kind, std::string text = {});

    const std::vector<ami::ServerSettings> settings_;
    Deliver deliver_;
    Alerts& alerts_;
    std::vector<std::string> down_reason_;  // the last one logged of each server, so that each is logged once
    ami::Pool pool_;
};

/// The configured servers with their secrets read, or which one cannot be used and why.
[[nodiscard]] Result<std::vector<ami::ServerSettings>> server_settings(const config::DaemonConfig& daemon);

}  // namespace outdial::daemon
