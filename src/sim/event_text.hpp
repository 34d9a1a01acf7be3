#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sim/call.hpp"
#include "sim/dialect.hpp"

namespace outdial::sim {

/// Asterisk's events about a call, header for header as 16.28 and 22.10 send them. Each returns a view that is valid
/// until the next call.
class EventText {
public:
    explicit EventText(Dialect dialect) : dialect_(dialect) {}

    [[nodiscard]] std::string_view new_channel(const Call& call) { return channel_event("Newchannel", call); }
    [[nodiscard]] std::string_view new_state(const Call& call) { return channel_event("Newstate", call); }
    [[nodiscard]] std::string_view new_caller_id(const Call& call);
    [[nodiscard]] std::string_view new_connected_line(const Call& call) {
        return channel_event("NewConnectedLine", call);
    }
    [[nodiscard]] std::string_view new_extension(const Call& call, std::string_view application, std::string_view data);
    [[nodiscard]] std::string_view variable_set(const Call& call, std::string_view variable, std::string_view value);
    [[nodiscard]] std::string_view dial_begin(const Call& call);
    [[nodiscard]] std::string_view dial_state(const Call& call, std::string_view status) {
        return dial_event("DialState", call, status);
    }
    [[nodiscard]] std::string_view dial_end(const Call& call, std::string_view status) {
        return dial_event("DialEnd", call, status);
    }
    [[nodiscard]] std::string_view originate_response(const Call& call);
    [[nodiscard]] std::string_view user_event(const Call& call, std::string_view result);
    /// Without a cause where there is none to tell; `sip_status` 0: the far end hung up after the answer.
    [[nodiscard]] std::string_view hangup_request(const Call& call, std::optional<int> cause, int sip_status);
    [[nodiscard]] std::string_view soft_hangup_request(const Call& call, int cause);
    [[nodiscard]] std::string_view hangup(const Call& call, int cause, int tech_cause);
    [[nodiscard]] std::string_view device_state(std::string_view device, std::string_view state);

    /// An item of CoreShowChannels or Status.
    [[nodiscard]] std::string_view list_item(const Call& call, std::string_view event, std::string_view action_id,
                                             SteadyTime now);

private:
    void begin(std::string_view event, std::string_view privilege);
    void channel(const Call& call, std::string_view prefix);
    void field(std::string_view key, std::string_view value);
    void number(std::string_view key, std::int64_t value);
    [[nodiscard]] std::string_view end();
    [[nodiscard]] std::string_view channel_event(std::string_view event, const Call& call);
    [[nodiscard]] std::string_view dial_event(std::string_view event, const Call& call, std::string_view status);

    Dialect dialect_;
    std::string text_;
};

}  // namespace outdial::sim
