#include "daemon/ami_orders.hpp"

#include <string>

namespace outdial::daemon {

namespace {

// Asterisk's channel states (include/asterisk/channelstate.h).
constexpr int state_ringing = 5;
constexpr int state_up = 6;

std::string not_after(const Now& now, const std::optional<ami::ServerClock>& clock) {
    const UtcTime there =
        clock ? clock->said + std::chrono::duration_cast<Milliseconds>(now.steady - clock->at) : now.utc;
    return std::to_string(to_unix_ms(there + originate_valid_for) / 1'000);
}

}  // namespace

ami::Originate to_originate(const OriginateOrder& order, const Now& now, const std::optional<ami::ServerClock>& clock) {
    ami::Originate originate{.channel_id = std::string{order.attempt.view()},
                             .channel = order.channel,
                             .context = order.context,
                             .exten = order.exten,
                             .priority = order.priority,
                             .application = order.application,
                             .data = order.data,
                             .caller_id_name = order.caller_id_name,
                             .caller_id_number = order.caller_id_number,
                             .timeout = order.ring_timeout,
                             .account = {},
                             .variables = order.variables};
    originate.variables.emplace_back(not_after_variable, not_after(now, clock));
    return originate;
}

std::vector<ChannelList::Row> attempts_listed(const std::vector<ami::ListedChannel>& channels) {
    std::vector<ChannelList::Row> rows;
    for (const ami::ListedChannel& channel : channels) {
        const auto attempt = AttemptId::parse(channel.unique_id);
        if (!attempt) continue;
        rows.push_back(
            {.attempt = *attempt, .up = channel.state == state_up, .ringing = channel.state == state_ringing});
    }
    return rows;
}

}  // namespace outdial::daemon
