#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>

#include "control/server.hpp"
#include "daemon/dialer.hpp"
#include "daemon/report_thread.hpp"

namespace outdial::daemon {

/// Answers what comes over the control socket: status, why, explain, campaign, add_contacts, dnc, forget, reload. On
/// the loop's thread only.
class ControlCommands {
public:
    using Reload = std::function<void(store::Origin by, std::function<void(Result<void>)> done)>;

    /// All must outlive it.
    ControlCommands(Dialer& dialer, Alerts& alerts, ReportThread& reports, Reload reload);

    void handle(const control::Peer& peer, const nlohmann::json& request, const control::Reply& reply);

private:
    void status(const control::Reply& reply);
    void campaign(const control::Peer& peer, const nlohmann::json& request, const control::Reply& reply);
    void add_contacts(const control::Peer& peer, const nlohmann::json& request, const control::Reply& reply);
    void do_not_call(const control::Peer& peer, const nlohmann::json& request, const control::Reply& reply);
    void why(const nlohmann::json& request, const control::Reply& reply);
    void explain(const nlohmann::json& request, const control::Reply& reply);
    void callback(const control::Peer& peer, const nlohmann::json& request, const control::Reply& reply);
    void forget(const control::Peer& peer, const nlohmann::json& request, const control::Reply& reply);

    Dialer& dialer_;
    Alerts& alerts_;
    ReportThread& reports_;
    Reload reload_;
    SteadyTime started_at_;
};

}  // namespace outdial::daemon
