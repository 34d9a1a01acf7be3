// What clients ask of the simulated Asterisk, and its answers, word for word as recorded.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <regex>

#include "ami/md5.hpp"
#include "ami/text.hpp"
#include "sim/asterisk_model.hpp"
#include "sim/lower_case.hpp"
#include "sim/originate_request.hpp"
#include "sim/session_state.hpp"

namespace outdial::sim {

namespace {

using ami::equal_ignoring_case;

// Of an action (include/asterisk/manager.h, main/manager.c).
constexpr std::size_t max_line_bytes = 1'022;
constexpr std::size_t max_headers = 128;
constexpr Milliseconds refusal_delay{1'000};  // before `Authentication failed`

bool has_long_line(const ami::Message& action) {
    return std::any_of(action.begin(), action.end(), [](const ami::Message::Field& field) {
        return field.key.size() + 2 + field.value.size() > max_line_bytes;
    });
}

// Like `_X.` and `_+X.`: a digit, and something after it.
bool looks_like_a_number(std::string_view exten) {
    if (exten.starts_with('+')) exten.remove_prefix(1);
    return exten.size() >= 2 && exten.front() >= '0' && exten.front() <= '9';
}

struct Date {
    std::string day;   // 2026-08-06
    std::string time;  // 09:30:00
};

Date written(UtcTime at) {
    using namespace std::chrono;
    const sys_time<milliseconds> instant{at.time_since_epoch()};
    const auto day = floor<days>(instant);
    const year_month_day date{day};
    const hh_mm_ss time{floor<std::chrono::seconds>(instant - day)};
    return {fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                        static_cast<unsigned>(date.day())),
            fmt::format("{:02}:{:02}:{:02}", time.hours().count(), time.minutes().count(), time.seconds().count())};
}

}  // namespace

void AsteriskModel::reply(Session& session, const ami::Message& action, std::string_view response,
                          std::string_view rest) {
    std::string text = fmt::format("Response: {}\r\n", response);
    if (const auto id = action.get("ActionID"); !id.empty()) text.append("ActionID: ").append(id).append("\r\n");
    text.append(rest).append("\r\n");
    write(session, text);
}

void AsteriskModel::reply_error(Session& session, const ami::Message& action, std::string_view message) {
    reply(session, action, "Error", fmt::format("Message: {}\r\n", message));
}

void AsteriskModel::process(Session& session) {
    while (session.closing == Closing::no && !session.login_refused) {
        const bool whole = session.parser.next(session.message);
        for (; session.skipped < session.parser.skipped(); ++session.skipped) {
            write(session, "Response: Error\r\nMessage: Failed to parse message: line too long\r\n\r\n");
        }
        if (!whole) return;
        act(session, session.message);
    }
}

void AsteriskModel::act(Session& session, const ami::Message& action) {
    if (has_long_line(action)) return reply_error(session, action, "Failed to parse message: line too long");
    if (action.size() > max_headers) {
        return reply_error(session, action, "Too many lines in message or allocation failure");
    }
    const std::string_view name = action.get("Action");
    if (name.empty()) return reply_error(session, action, "Missing action in request");
    if (stopping_) return reply_error(session, action, "Asterisk is shutting down");
    if (session.account == nullptr) return act_before_login(session, action, name);
    act_logged_in(session, action, name);
}

void AsteriskModel::act_before_login(Session& session, const ami::Message& action, std::string_view name) {
    if (equal_ignoring_case(name, "Challenge")) {
        if (!equal_ignoring_case(action.get("AuthType"), "MD5")) {
            return reply_error(session, action, "Must specify AuthType");
        }
        if (session.challenge.empty()) session.challenge = fmt::format("{:09}", world_.random().below(1'000'000'000));
        return reply(session, action, "Success", fmt::format("Challenge: {}\r\n", session.challenge));
    }
    if (equal_ignoring_case(name, "Login")) return log_in(session, action);
    if (equal_ignoring_case(name, "Logoff")) {
        reply(session, action, "Goodbye", "Message: Thanks for all the fish.\r\n");
        return hang_up_session(session, Closing::after_output);
    }
    reply_error(session, action, "Permission denied");
}

void AsteriskModel::log_in(Session& session, const ami::Message& action) {
    const auto account = std::ranges::find_if(
        options_.accounts, [&](const Account& candidate) { return candidate.name == action.get("Username"); });
    bool right = account != options_.accounts.end();
    if (right && equal_ignoring_case(action.get("AuthType"), "MD5")) {
        const auto key = ami::md5_hex(session.challenge + account->secret);
        right = !session.challenge.empty() && key && equal_ignoring_case(*key, action.get("Key"));
    } else if (right) {
        right = account->secret == action.get("Secret");
    }
    if (!right) {
        session.login_refused = true;
        session.refused_login = action.get("ActionID");
        return schedule(now_ + refusal_delay, Step::refuse_login, session.number, 0);
    }
    session.account = &*account;
    --unauthenticated_;
    if (action.has("Events")) session.mask = parse_event_mask(action.get("Events"));
    reply(session, action, "Success", "Message: Authentication accepted\r\n");
    if (booted_) fully_booted(session);
}

void AsteriskModel::act_logged_in(Session& session, const ami::Message& action, std::string_view name) {
    struct Entry {
        std::string_view name;
        Classes any_of;  // 0: for everybody
        void (AsteriskModel::*run)(Session&, const ami::Message&);
    };
    static constexpr std::array<Entry, 11> actions = {{
        {"Originate", class_originate, &AsteriskModel::originate},
        {"Hangup", class_system | class_call, &AsteriskModel::hang_up},
        {"Ping", 0, &AsteriskModel::ping},
        {"CoreShowChannels", class_system | class_reporting, &AsteriskModel::list_channels},
        {"Status", class_system | class_call | class_reporting, &AsteriskModel::status},
        {"CoreStatus", class_system | class_reporting, &AsteriskModel::core_status},
        {"CoreSettings", class_system | class_reporting, &AsteriskModel::core_settings},
        {"Getvar", class_call | class_reporting, &AsteriskModel::get_variable},
        {"Command", class_command, &AsteriskModel::command},
        {"Events", 0, &AsteriskModel::set_events},
        {"Logoff", 0, &AsteriskModel::log_off},
    }};
    const auto* entry = std::ranges::find_if(
        actions, [name](const Entry& candidate) { return equal_ignoring_case(candidate.name, name); });
    // It exists in Asterisk, for those who may: the sandbox filters nothing.
    const bool filter = equal_ignoring_case(name, "Filter");
    if (entry == actions.end() && !(filter && (session.account->write & class_system) == 0)) {
        return reply_error(
            session, action,
            fmt::format("Invalid/unknown command: {}. Use Action: ListCommands to show available commands.", name));
    }
    if (filter || (entry->any_of != 0 && (session.account->write & entry->any_of) == 0)) {
        return reply_error(session, action, "Permission denied");
    }
    (this->*entry->run)(session, action);
}

void AsteriskModel::ping(Session& session, const ami::Message& action) {
    const auto ms = to_unix_ms(utc(now_));
    reply(session, action, "Success",
          fmt::format("Ping: Pong\r\nTimestamp: {}.{:06}\r\n", ms / 1'000, ms % 1'000 * 1'000));
}

void AsteriskModel::log_off(Session& session, const ami::Message& action) {
    reply(session, action, "Goodbye", "Message: Thanks for all the fish.\r\n");
    hang_up_session(session, Closing::after_output);
}

void AsteriskModel::set_events(Session& session, const ami::Message& action) {
    const auto mask = action.get("EventMask");
    if (mask.empty()) return reply_error(session, action, "Invalid event mask");
    session.mask = parse_event_mask(mask);
    reply(session, action, "Success", session.mask != 0 ? "Events: On\r\n" : "Events: Off\r\n");
}

void AsteriskModel::originate(Session& session, const ami::Message& action) {
    ++statistics_.originates;
    auto call = read_originate(action, session.account->write);
    std::string refusal = call ? std::string{} : call.error().message;
    if (call && call->priority > 0 && !extension_exists(*call)) refusal = "Extension does not exist.";
    Call accepted = call ? std::move(*call) : Call{};
    accepted.seen.received_at = utc(now_);
    accepted.seen.received = now_;
    accepted.seen.session = session.number;
    accepted.seen.account = session.account->name;
    if (!refusal.empty()) {
        ++statistics_.refused;
        accepted.seen.action_id = action.get("ActionID");
        accepted.seen.channel = action.get("Channel");
        accepted.seen.channel_id = action.get("ChannelId");
        accepted.seen.end = WitnessRow::End::refused;
        accepted.seen.refusal = refusal;
        witness_.refused(std::move(accepted.seen));
        return reply_error(session, action, refusal);
    }
    accepted.plan = world_.plan(accepted.seen.number);
    accepted.seen.fate = accepted.plan.fate;
    ++statistics_.fates[accepted.plan.fate];
    witness_.began(accepted.seen);
    reply(session, action, "Success", "Message: Originate successfully queued\r\n");
    const Microseconds setup = accepted.plan.setup;
    const Slot slot = take_slot(std::move(accepted));
    schedule_call(now_ + setup, Step::create, slot);
}

// While it boots there is no dialplan yet, as in 16.28 and 22.10.
bool AsteriskModel::extension_exists(const Call& call) const {
    if (!booted_) return false;
    if (!looks_like_a_number(call.seen.exten) && call.seen.exten != "s") return false;
    return !call.seen.context.empty() && (options_.contexts.empty() || context_of(call) != nullptr);
}

const DialplanContext* AsteriskModel::context_of(const Call& call) const {
    const auto found = std::ranges::find_if(
        options_.contexts, [&](const DialplanContext& context) { return context.name == call.seen.context; });
    return found == options_.contexts.end() ? nullptr : &*found;
}

// By name or uniqueid; `/expression/` hangs up every channel whose name matches it.
void AsteriskModel::hang_up(Session& session, const ami::Message& action) {
    const std::string_view wanted = action.get("Channel");
    if (wanted.empty()) return reply_error(session, action, "No channel specified");
    const int cause = std::clamp(std::atoi(std::string{action.get("Cause")}.c_str()), 0, 127);
    if (!wanted.starts_with('/')) {
        const auto slot = find_call(wanted);
        if (!slot) return reply_error(session, action, "No such channel");
        reply(session, action, "Success", "Message: Channel Hungup\r\n");
        return hang_up_call(*slot, cause);
    }
    std::vector<Slot> matching;
    try {
        const std::regex expression{std::string{wanted.substr(1, wanted.find_last_of('/') - 1)},
                                    std::regex::ECMAScript | std::regex::icase};
        for (const auto& [id, slot] : by_uniqueid_) {
            if (std::regex_search(call_at(slot).name, expression)) matching.push_back(slot);
        }
    } catch (const std::regex_error&) {
        return reply_error(session, action, "Regex compile error");
    }
    if (matching.empty()) return reply_error(session, action, "No such channel");
    const auto id = action.get("ActionID");
    reply(session, action, "Success", "EventList: start\r\nMessage: Channels hung up will follow\r\n");
    for (const Slot slot : matching) {
        write(session,
              fmt::format("Event: ChannelHungup\r\nChannel: {}\r\nActionID: {}\r\n\r\n", call_at(slot).name, id));
    }
    write(session, fmt::format("Event: ChannelsHungupListComplete\r\nActionID: {}\r\nEventList: Complete\r\n"
                               "ListItems: {}\r\n\r\n",
                               id, matching.size()));
    for (const Slot slot : matching) hang_up_call(slot, cause);
}

void AsteriskModel::list_channels(Session& session, const ami::Message& action) {
    const auto id = action.get("ActionID");
    reply(session, action, "Success", "EventList: start\r\nMessage: Channels will follow\r\n");
    for (const auto& [uniqueid, slot] : by_uniqueid_) {
        write(session, events_.list_item(call_at(slot), "CoreShowChannel", id, now_));
    }
    write(session, fmt::format("Event: CoreShowChannelsComplete\r\nActionID: {}\r\nEventList: Complete\r\n"
                               "ListItems: {}\r\n\r\n",
                               id, by_uniqueid_.size()));
}

void AsteriskModel::status(Session& session, const ami::Message& action) {
    const auto id = action.get("ActionID");
    const auto wanted = action.get("Channel");
    const auto one = wanted.empty() ? std::nullopt : find_call(wanted);
    if (!wanted.empty() && !one) return reply_error(session, action, "No such channel");
    reply(session, action, "Success", "EventList: start\r\nMessage: Channel status will follow\r\n");
    std::size_t items = 0;
    for (const auto& [uniqueid, slot] : by_uniqueid_) {
        if (one && slot != *one) continue;
        write(session, events_.list_item(call_at(slot), "Status", id, now_));
        ++items;
    }
    write(session, fmt::format("Event: StatusComplete\r\nActionID: {0}\r\nEventList: Complete\r\nListItems: {1}\r\n"
                               "Items: {1}\r\n\r\n",
                               id, items));
}

void AsteriskModel::core_status(Session& session, const ami::Message& action) {
    const Date start = written(utc(started_));
    std::string rest = fmt::format(
        "CoreStartupDate: {0}\r\nCoreStartupTime: {1}\r\nCoreReloadDate: {0}\r\nCoreReloadTime: {1}\r\n"
        "CoreCurrentCalls: {2}\r\n",
        start.day, start.time, by_uniqueid_.size());
    if (options_.dialect == Dialect::asterisk_22) rest += fmt::format("CoreProcessedCalls: {}\r\n", calls_processed_);
    reply(session, action, "Success", rest);
}

void AsteriskModel::core_settings(Session& session, const ami::Message& action) {
    reply(session, action, "Success",
          fmt::format("AMIversion: {}\r\nAsteriskVersion: {}\r\nSystemName: \r\nCoreMaxCalls: 0\r\n"
                      "CoreMaxLoadAvg: 0.000000\r\nCoreRunUser: \r\nCoreRunGroup: \r\nCoreMaxFilehandles: 0\r\n"
                      "CoreRealTimeEnabled: No\r\nCoreCDRenabled: Yes\r\nCoreHTTPenabled: No\r\n",
                      ami_version(options_.dialect), asterisk_version(options_.dialect)));
}

void AsteriskModel::get_variable(Session& session, const ami::Message& action) {
    const auto variable = action.get("Variable");
    if (variable.empty()) return reply_error(session, action, "No variable specified");
    std::string value;
    if (const auto channel = action.get("Channel"); !channel.empty()) {
        const auto slot = find_call(channel);
        if (!slot) return reply_error(session, action, "No such channel");
        const auto& variables = call_at(*slot).variables;
        const auto found = std::ranges::find_if(variables, [&](const auto& pair) { return pair.first == variable; });
        if (found != variables.end()) value = found->second;
    }
    reply(session, action, "Success", fmt::format("Variable: {}\r\nValue: {}\r\n", variable, value));
}

// The console commands by which a test or an operator makes the sandbox stop, restart or crash.
void AsteriskModel::command(Session& session, const ami::Message& action) {
    const std::string text = lower_case(action.get("Command"));
    const auto answer = [&] { reply(session, action, "Success", "Message: Command output follows\r\nOutput: \r\n"); };
    if (text == "core stop gracefully" || text == "core restart gracefully") {
        answer();
        stop_gracefully(now_, text.starts_with("core restart"));
    } else if (text == "core stop now" || text == "core restart now") {
        answer();
        stop_now(now_, text.starts_with("core restart"));
    } else if (text == "sandbox crash") {
        crash(now_);
    } else {
        reply(
            session, action, "Error",
            fmt::format("Message: Command output follows\r\nOutput: No such command '{}' (type 'core show help {}' for "
                        "other possible commands)\r\n",
                        text, text));
    }
}

std::optional<AsteriskModel::Slot> AsteriskModel::find_call(std::string_view name_or_uniqueid) const {
    if (const auto found = by_uniqueid_.find(lower_case(name_or_uniqueid)); found != by_uniqueid_.end())
        return found->second;
    if (const auto found = by_name_.find(lower_case(name_or_uniqueid)); found != by_name_.end()) return found->second;
    return std::nullopt;
}

}  // namespace outdial::sim
