#include <fmt/format.h>

#include <iterator>

#include "sim/sandbox_server.hpp"

namespace outdial::sim {

namespace {

void describe_world(const WorldOptions& world, std::string& text) {
    const auto out = std::back_inserter(text);
    switch (world.mode) {
        case WorldOptions::Mode::by_number:
            fmt::format_to(out, "fates     by the number's last two digits:");
            for (const auto& rule : number_rules()) fmt::format_to(out, " {}={}", rule.digits, name(rule.fate));
            fmt::format_to(out, ", others={}\n", name(Fate::rejected));
            break;
        case WorldOptions::Mode::by_probability: {
            double sum = 0;
            for (const auto& [fate, share] : world.shares) sum += share;
            fmt::format_to(out, "fates     by chance:");
            for (const auto& [fate, share] : world.shares) {
                if (share > 0) fmt::format_to(out, " {} {:.1f}%", name(fate), 100 * share / sum);
            }
            fmt::format_to(out, "\ntimes     ringing {}, talking {}, refusals after {}\n", world.ring.text(),
                           world.talk.text(), world.refusal_after.text());
            break;
        }
    }
    if (world.speed != 1.0) fmt::format_to(out, "speed     {} times real time\n", world.speed);
}

}  // namespace

std::string describe(const SandboxOptions& options) {
    const ModelOptions& model = options.model;
    std::string text;
    const auto out = std::back_inserter(text);
    fmt::format_to(out, "server    Asterisk {} (AMI {}), simulated; seed {}\n", asterisk_version(model.dialect),
                   ami_version(model.dialect), options.seed);
    fmt::format_to(
        out, "events    {}\n",
        model.events == ModelOptions::Events::all ? "all of a dialer's calls" : "those that tell a call's outcome");
    fmt::format_to(out, "accounts ");
    for (const auto& account : model.accounts) fmt::format_to(out, " {}", account.name);
    fmt::format_to(out, "\n");
    describe_world(model.world, text);
    if (!options.witness_file.empty()) fmt::format_to(out, "witness   {}\n", options.witness_file);
    return text;
}

std::string Sandbox::report() const {
    const AsteriskModel& asterisk = model();
    const auto& numbers = asterisk.statistics();
    const CallMeter& calls = witness().total();
    std::string text;
    const auto out = std::back_inserter(text);
    fmt::format_to(out, "originates {}: {} accepted, {} refused, {} without a channel\n", numbers.originates,
                   calls.calls(), numbers.refused, numbers.no_channel);
    fmt::format_to(out, "calls      {} answered, {} ended, {} live; at most {} at once and {} in any second\n",
                   numbers.answered, numbers.ended, asterisk.live_channels(), calls.max_live(), calls.max_per_second());
    for (const auto& [endpoint, meter] : witness().by_endpoint()) {
        fmt::format_to(out, "           {}: {} calls, at most {} at once and {} in any second\n", endpoint,
                       meter.calls(), meter.max_live(), meter.max_per_second());
    }
    if (!numbers.fates.empty()) {
        fmt::format_to(out, "fates     ");
        for (const auto& [fate, count] : numbers.fates) fmt::format_to(out, " {} {}", name(fate), count);
        fmt::format_to(out, "\n");
    }
    fmt::format_to(out, "sent       {} events, {} MB, to {} connections", numbers.events, numbers.bytes / 1'000'000,
                   connections());
    if (numbers.overflowed_sessions > 0) {
        fmt::format_to(out, "; {} were closed because they did not read", numbers.overflowed_sessions);
    }
    fmt::format_to(out, "\n");
    if (!witness_file_ok())
        fmt::format_to(out, "the witness file is incomplete: a row could not be written; is the disk full?\n");
    return text;
}

}  // namespace outdial::sim
