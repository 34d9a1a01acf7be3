#include "simulation/simulated_server.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "simulation/wire.hpp"

namespace outdial::simulation {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Told of calls; lists and everything else are left alone: a list that lies is no fault that Asterisk has.
constexpr std::array<std::string_view, 8> call_events = {
    "Newchannel", "Newstate", "DialBegin", "DialState", "DialEnd", "OriginateResponse", "HangupRequest", "Hangup"};
constexpr auto longest_graceful_stop = seconds{20};

sim::ModelOptions model_options(const Plan& plan) {
    sim::ModelOptions options;
    options.accounts = {{std::string{account_name}, std::string{account_secret}}};
    options.contexts = {{"outbound", std::nullopt, ""}};
    for (const auto& [trunk, unused] : plan.site.trunks) options.endpoints.push_back(trunk);
    options.dialect = plan.seed % 3 == 0 ? sim::Dialect::asterisk_16 : sim::Dialect::asterisk_22;
    options.boot_time = milliseconds{500 << plan.seed % 5};  // 0.5 to 8 s
    options.restart_after = seconds{1 + static_cast<int>(plan.seed % 5)};
    options.witness_rows = 0;
    options.world.talk = sim::Spread::uniform(milliseconds{500}, seconds{25});
    options.world.ring = sim::Spread::uniform(milliseconds{200}, seconds{8});
    options.world.shares.emplace_back(sim::Fate::unknown_endpoint, 0.01);
    options.world.shares.emplace_back(sim::Fate::answered_at_once, 0.05);
    return options;
}

bool is_call_event(std::string_view frame) {
    const std::string_view event = header(frame, "Event");
    return std::ranges::find(call_events, event) != call_events.end();
}

}  // namespace

SimulatedServer::SimulatedServer(std::size_t number, const Plan& plan, std::uint64_t seed, Now start,
                                 ServerWitness& witness)
    : number_(number),
      plan_(plan),
      random_(seed),
      witness_(witness),
      model_(model_options(plan), seed + 1, start),
      start_(start) {
    model_.witness().set_sink([this](const sim::WitnessRow& row) { witness_.call_ended(number_, row); });
}

Microseconds SimulatedServer::delay() { return Microseconds{100 + random_.below(1'500)}; }

// --- the daemon's end

void SimulatedServer::connect(SteadyTime now) { connects_at_ = std::max(now + delay(), frozen_until_); }

void SimulatedServer::disconnect() {
    connects_at_ = SteadyTime::max();
    if (current_ == 0) return;
    Connection& connection = connections_.at(current_);
    const SteadyTime after = connection.to_server.empty() ? SteadyTime{} : connection.to_server.back().at;
    connection.to_server.push_back({after, {}});
    connection.to_client.clear();
    connection.strays.clear();
    current_ = 0;
}

void SimulatedServer::send(const std::string& bytes, SteadyTime now) {
    if (current_ == 0) return;
    Connection& connection = connections_.at(current_);
    const SteadyTime at = now + delay();
    const SteadyTime after = connection.to_server.empty() ? at : std::max(at, connection.to_server.back().at);
    connection.to_server.push_back({after, bytes});
}

void SimulatedServer::forget_client(SteadyTime now) {
    connects_at_ = SteadyTime::max();
    if (current_ == 0) return;
    Connection& connection = connections_.at(current_);
    std::deque<Chunk> arriving;
    for (Chunk& chunk : connection.to_server) {
        const auto size = random_.below(chunk.bytes.size() + 1);
        const bool whole = size == chunk.bytes.size();
        chunk.bytes.resize(size);
        if (size > 0) arriving.push_back(std::move(chunk));
        if (!whole) break;
    }
    connection.to_server = std::move(arriving);
    connection.to_client.clear();
    connection.strays.clear();
    connection.open_until = now + seconds{30};
    current_ = 0;
}

void SimulatedServer::lose_link() {
    if (current_ == 0) return;
    disconnect();
    witness_.link_lost(number_);
}

// --- what goes wrong

// In the middle of whatever is on its way, in both directions.
void SimulatedServer::cut(SteadyTime now) {
    if (current_ == 0) return;
    Connection& connection = connections_.at(current_);
    if (!connection.to_server.empty()) {
        std::string& bytes = connection.to_server.back().bytes;
        bytes.resize(random_.below(bytes.size() + 1));
        if (bytes.empty()) connection.to_server.pop_back();
    }
    if (!connection.to_client.empty() && now >= frozen_until_) {
        std::string bytes = connection.to_client.front().bytes;
        bytes.resize(random_.below(bytes.size() + 1));
        const auto number = current_;
        if (!bytes.empty()) witness_.link_said(number_, bytes);
        if (current_ != number) return;  // the daemon has closed it upon that
    }
    lose_link();
}

void SimulatedServer::be_unreachable(SteadyTime now, SteadyTime until) {
    unreachable_until_ = until;
    cut(now);
}

void SimulatedServer::restart(SteadyTime now, int how) {
    if (how == 0) {
        model_.stop_gracefully(now, true);
        restarts_at_ = now + longest_graceful_stop;
    } else if (how == 1) {
        model_.stop_now(now, true);
    } else {
        model_.crash(now);
    }
    collect(now);
}

void SimulatedServer::heal(SteadyTime now) {
    healed_ = true;
    for (SteadyTime* until : {&frozen_until_, &unreachable_until_, &refuses_until_, &mute_until_}) {
        *until = std::min(*until, now);
    }
}

// --- time

SteadyTime SimulatedServer::next_event() const {
    SteadyTime at = std::min({model_.next_deadline().value_or(SteadyTime::max()), connects_at_, restarts_at_});
    for (const auto& [number, connection] : connections_) {
        if (!connection.to_server.empty()) at = std::min(at, std::max(connection.to_server.front().at, frozen_until_));
        if (!connection.to_client.empty()) at = std::min(at, std::max(connection.to_client.front().at, frozen_until_));
        if (!connection.strays.empty()) at = std::min(at, std::max(connection.strays.front().at, frozen_until_));
        at = std::min(at, std::max(connection.open_until, frozen_until_));
    }
    return at;
}

void SimulatedServer::run(SteadyTime now) {
    model_.advance(now);
    if (restarts_at_ <= now) {
        restarts_at_ = SteadyTime::max();
        if (model_.up()) model_.stop_now(now, true);
    }
    if (connects_at_ <= now) {
        connects_at_ = SteadyTime::max();
        if (now < unreachable_until_ || !model_.up()) {
            witness_.link_lost(number_);
        } else {
            current_ = ++last_connection_;
            connections_[current_].session = model_.open_session(now);
            witness_.link_made(number_);
        }
    }
    if (now >= frozen_until_) {
        std::vector<std::uint64_t> numbers;
        for (const auto& [number, connection] : connections_) numbers.push_back(number);
        for (const auto number : numbers) {
            const auto found = connections_.find(number);
            if (found == connections_.end()) continue;
            if (found->second.open_until <= now) {
                close(number);
                continue;
            }
            deliver_to_server(found->second, now);
        }
    }
    collect(now);
    if (now >= frozen_until_) deliver_to_client(now);
}

void SimulatedServer::deliver_to_server(Connection& connection, SteadyTime now) {
    while (!connection.to_server.empty() && connection.to_server.front().at <= now) {
        const std::string bytes = std::move(connection.to_server.front().bytes);
        connection.to_server.pop_front();
        if (bytes.empty()) {
            connection.open_until = now;  // closed at the end of what was sent
            return;
        }
        connection.partial += bytes;
        std::size_t used = 0;
        while (true) {
            const std::string_view frame = first_frame(std::string_view{connection.partial}.substr(used));
            if (frame.empty()) break;
            take_up(connection, frame, now);
            used += frame.size();
        }
        connection.partial.erase(0, used);
    }
}

void SimulatedServer::take_up(Connection& connection, std::string_view frame, SteadyTime now) {
    const auto call = read_call(frame);
    if (!call) return model_.received(connection.session, frame, now);
    if (model_.closing(connection.session) != sim::AsteriskModel::Closing::no) return;  // of a server that is no more
    if (now < refuses_until_) {
        const std::string refusal =
            "Response: Error\r\nActionID: " + call->action_id + "\r\nMessage: Permission denied\r\n\r\n";
        connection.to_client.push_back({now + delay(), refusal});
        return;
    }
    // The dialplan that Outdial ships compares this with the server's clock, and does not dial what is too late.
    const auto epoch_s = to_unix_ms(start_.utc + std::chrono::duration_cast<Milliseconds>(now - start_.steady)) / 1'000;
    if (std::atoll(call->not_after.c_str()) < epoch_s) {
        scratch_ = frame;
        const auto trunk = scratch_.find("@" + call->trunk);
        if (trunk != std::string::npos) scratch_.replace(trunk + 1, call->trunk.size(), "too-late");
        return model_.received(connection.session, scratch_, now);
    }
    const auto before = model_.statistics().originates - model_.statistics().refused;
    // Told first: an end may come at once.
    witness_.call_taken_up(number_, call->attempt);
    model_.received(connection.session, frame, now);
    if (model_.statistics().originates - model_.statistics().refused == before) {
        sim::WitnessRow none;
        none.channel_id = call->attempt;
        none.end = sim::WitnessRow::End::refused;
        witness_.call_ended(number_, none);
    }
}

// What the model says goes on its way.
void SimulatedServer::collect(SteadyTime now) {
    for (const auto session : model_.ready()) {
        const auto found =
            std::ranges::find_if(connections_, [&](const auto& entry) { return entry.second.session == session; });
        std::string text;
        const bool said = model_.take_output(session, text);
        if (found == connections_.end()) continue;
        Connection& connection = found->second;
        if (said && found->first == current_) queue_events(connection, text, now);
        if (model_.closing(session) != sim::AsteriskModel::Closing::no && found->first == current_) {
            const SteadyTime after = connection.to_client.empty() ? now : connection.to_client.back().at;
            connection.to_client.push_back({after, {}});
        }
    }
}

void SimulatedServer::queue_events(Connection& connection, std::string_view text, SteadyTime now) {
    const auto push = [&](std::string_view bytes) {
        const SteadyTime at = now + delay();
        const SteadyTime after = connection.to_client.empty() ? at : std::max(at, connection.to_client.back().at);
        connection.to_client.push_back({after, std::string{bytes}});
    };
    const bool spoiled = !healed_ && (plan_.has(Fault::drop) || plan_.has(Fault::late) || plan_.has(Fault::repeat) ||
                                      plan_.has(Fault::shuffle) || now < mute_until_);
    if (!spoiled) return push(text);
    const auto stray = [&](std::string_view frame, Microseconds after) {
        Chunk chunk{now + after, std::string{frame}};
        const auto place = std::ranges::upper_bound(connection.strays, chunk.at, {}, &Chunk::at);
        connection.strays.insert(place, std::move(chunk));
    };
    std::string together;
    while (true) {
        const std::string_view frame = first_frame(text);
        if (frame.empty()) break;
        text.remove_prefix(frame.size());
        const bool of_call = is_call_event(frame);
        if (of_call && (now < mute_until_ || (plan_.has(Fault::drop) && draw()))) continue;
        if (of_call && plan_.has(Fault::repeat) && draw()) stray(frame, Microseconds{random_.below(5'000'000)});
        if (of_call && plan_.has(Fault::late) && draw()) {
            stray(frame, seconds{1} + Microseconds{random_.below(19'000'000)});
        } else if (of_call && plan_.has(Fault::shuffle) && draw()) {
            stray(frame, Microseconds{random_.below(1'500'000)});
        } else {
            together += frame;
        }
    }
    together += text;  // a greeting, which is no message
    if (!together.empty()) push(together);
}

void SimulatedServer::deliver_to_client(SteadyTime now) {
    const auto number = current_;
    const auto take = [&](std::deque<Chunk>& from) {
        const std::string bytes = std::move(from.front().bytes);
        from.pop_front();
        if (bytes.empty()) return lose_link();
        // A message may come in two pieces.
        const auto size = random_.below(8) == 0 ? random_.below(bytes.size()) : 0;
        if (size > 0) witness_.link_said(number_, bytes.substr(0, size));
        if (current_ == number) witness_.link_said(number_, bytes.substr(size));
    };
    while (current_ != 0 && current_ == number) {
        Connection& connection = connections_.at(current_);
        if (!connection.strays.empty() && connection.strays.front().at <= now) {
            take(connection.strays);
        } else if (!connection.to_client.empty() && connection.to_client.front().at <= now) {
            take(connection.to_client);
        } else {
            return;
        }
    }
}

void SimulatedServer::close(std::uint64_t number) {
    const auto found = connections_.find(number);
    model_.close_session(found->second.session);
    if (current_ == number) current_ = 0;
    connections_.erase(found);
}

}  // namespace outdial::simulation
