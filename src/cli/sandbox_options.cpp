#include "cli/sandbox_options.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "config/secret.hpp"
#include "sim/sandbox_server.hpp"

namespace outdial::cli {
namespace {

constexpr const char* default_secret = "sandbox";

std::optional<double> number_in(std::string_view text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size() && value >= 0 ? std::optional{value} : std::nullopt;
}

std::string fate_names() {
    std::string names;
    for (const sim::Fate fate : sim::all_fates) {
        names += (names.empty() ? "" : ", ") + std::string{sim::name(fate)};
    }
    return names;
}

Result<void> set_fates(const std::vector<std::string>& fates, sim::WorldOptions& world) {
    if (fates.empty()) {
        return {};
    }
    world.shares.clear();
    for (const std::string& text : fates) {
        const std::size_t sign = std::min(text.find('='), text.size());
        const auto fate = sim::fate_of_name(std::string_view{text}.substr(0, sign));
        const auto share = sign < text.size() ? number_in(std::string_view{text}.substr(sign + 1)) : std::nullopt;
        if (!fate || !share) {
            return fail("--fates " + text + ": must be FATE=WEIGHT, as busy=10, where FATE is one of " + fate_names());
        }
        world.shares.emplace_back(*fate, *share);
    }
    return {};
}

/// Answered calls get this share, and the proportions within them and within the others stay.
Result<void> set_answer(std::string_view text, sim::WorldOptions& world) {
    if (text.empty()) {
        return {};
    }
    const bool in_percent = text.ends_with('%');
    const auto number = number_in(in_percent ? text.substr(0, text.size() - 1) : text);
    const double share = number.value_or(-1) / (in_percent ? 100 : 1);
    if (share < 0 || share > 1) {
        return fail("--answer " + std::string{text} + ": must be a share from 0 to 1, or from 0% to 100%");
    }
    double answered = 0;
    double others = 0;
    for (const auto& [fate, weight] : world.shares) {
        (sim::is_answered(fate) ? answered : others) += weight;
    }
    if ((answered == 0 && share > 0) || (others == 0 && share < 1)) {
        return fail("--answer " + std::string{text} + ": --fates leaves no calls for that");
    }
    for (auto& [fate, weight] : world.shares) {
        weight *=
            sim::is_answered(fate) ? (answered > 0 ? share / answered : 0) : (others > 0 ? (1 - share) / others : 0);
    }
    return {};
}

Result<void> set_spread(const char* option, const std::string& text, sim::Spread& spread) {
    if (text.empty()) {
        return {};
    }
    Result<sim::Spread> parsed = sim::Spread::parse(text);
    if (!parsed) {
        return fail(std::string{option} + " " + text + ": " + parsed.error().message);
    }
    spread = *parsed;
    return {};
}

Result<Secret> secret_of(const SandboxCommand& command) {
    if (command.secret_file.empty()) {
        return Secret{std::string{default_secret}};
    }
    return config::read_secret(command.secret_file, {});
}

}  // namespace

Result<sim::SandboxOptions> sandbox_options(const SandboxCommand& command) {
    sim::SandboxOptions options;
    options.seed = command.seed;
    options.port = command.port;
    options.witness_file = command.witness;
    options.model.dialect = command.version == "16" ? sim::Dialect::asterisk_16 : sim::Dialect::asterisk_22;
    options.model.events = command.all_events ? sim::ModelOptions::Events::all : sim::ModelOptions::Events::filtered;
    options.model.endpoints = command.endpoints;

    sim::WorldOptions& world = options.model.world;
    world.mode = command.by_number ? sim::WorldOptions::Mode::by_number : sim::WorldOptions::Mode::by_probability;
    world.speed = command.speed;
    for (const Result<void>& set :
         {set_fates(command.fates, world), set_answer(command.answer, world),
          set_spread("--ring", command.ring, world.ring), set_spread("--talk", command.talk, world.talk),
          set_spread("--refuse", command.refuse, world.refusal_after), sim::World::check(world)}) {
        if (!set) {
            return tl::unexpected(set.error());
        }
    }
    Result<Secret> secret = secret_of(command);
    if (!secret) {
        return tl::unexpected(secret.error());
    }
    options.model.accounts.push_back({.name = command.username, .secret = secret->reveal()});
    return options;
}

}  // namespace outdial::cli
