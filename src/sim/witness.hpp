#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "sim/fate.hpp"

namespace outdial::sim {

/// What the far end saw of one Originate: written by the simulated Asterisk from its own clock, so that a test or a
/// user can compare it with what the dialer believes, call by call.
struct WitnessRow {
    enum class End {
        refused,     // the Originate got an error
        no_channel,  // accepted, and no channel came of it
        refused_by_far_end,
        ring_timeout,
        hung_up_by_far_end,   // after the answer
        hung_up_by_dialplan,  // after the answer
        hung_up_by_action,    // AMI's Hangup
        crashed,              // the simulated Asterisk crashed, or was stopped at once
        unfinished,           // still up when the witness was closed
    };

    UtcTime received_at{};
    SteadyTime received{};
    std::uint64_t session = 0;
    std::string account;
    std::string action_id;
    std::string channel;  // as asked for: PJSIP/12125550100@trunk
    std::string channel_id;
    std::string endpoint;  // of `channel`
    std::string number;    // of `channel`
    std::string caller_id;
    std::string context;
    std::string exten;
    std::string variables;  // NAME=value pairs joined by ';', with '\' before each ';' and '\' of theirs
    std::optional<Fate> fate;
    std::optional<UtcTime> invited_at, ringing_at, answered_at, ended_at;
    int cause = 0;       // of the Hangup
    int sip_status = 0;  // the far end's refusal
    End end = End::unfinished;
    std::string refusal;  // the error's message
};

[[nodiscard]] std::string_view name(WitnessRow::End end);

/// The CSV's header line and a row of it, without the line's end; RFC 4180. Instants are UTC milliseconds since 1970,
/// empty where never.
[[nodiscard]] std::string_view witness_csv_header();
[[nodiscard]] std::string witness_csv(const WitnessRow& row);

/// Calls a second in any sliding second, and calls at once.
class CallMeter {
public:
    void began(SteadyTime at);
    void ended() { --live_; }

    [[nodiscard]] std::size_t calls() const { return calls_; }
    [[nodiscard]] std::size_t live() const { return live_; }
    [[nodiscard]] std::size_t max_live() const { return max_live_; }
    /// The most calls that began within one second, wherever that second lies.
    [[nodiscard]] std::size_t max_per_second() const { return max_per_second_; }

private:
    std::deque<SteadyTime> last_second_;
    std::size_t calls_ = 0;
    std::size_t live_ = 0;
    std::size_t max_live_ = 0;
    std::size_t max_per_second_ = 0;
};

/// Keeps every Originate that came, in memory up to `capacity`, and hands each finished one to the sink.
class Witness {
public:
    static constexpr std::size_t max_endpoints = 1'000;  // beyond, calls are metered in total only

    explicit Witness(std::size_t capacity) : capacity_(capacity) {}

    /// Called once for each row, when its call has ended.
    void set_sink(std::function<void(const WitnessRow&)> sink) { sink_ = std::move(sink); }

    /// An accepted Originate, from its acceptance to its end: each began() has one ended().
    void began(const WitnessRow& row);
    void ended(WitnessRow row);
    /// A refused Originate.
    void refused(WitnessRow row) { keep(std::move(row)); }

    /// In the order in which they ended; the first `capacity` of them.
    [[nodiscard]] const std::vector<WitnessRow>& rows() const { return rows_; }
    /// Rows that were not kept in memory, for want of capacity.
    [[nodiscard]] std::uint64_t not_kept() const { return not_kept_; }
    [[nodiscard]] const CallMeter& total() const { return total_; }
    [[nodiscard]] const std::map<std::string, CallMeter, std::less<>>& by_endpoint() const { return by_endpoint_; }

private:
    void keep(WitnessRow row);

    std::size_t capacity_;
    std::function<void(const WitnessRow&)> sink_;
    std::vector<WitnessRow> rows_;
    std::uint64_t not_kept_ = 0;
    CallMeter total_;
    std::map<std::string, CallMeter, std::less<>> by_endpoint_;
};

}  // namespace outdial::sim
