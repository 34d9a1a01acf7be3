#include "simulation/main_options.hpp"

#include <fmt/format.h>

#include <charconv>
#include <fstream>
#include <numeric>

namespace outdial::simulation {

namespace {

constexpr std::uint64_t most_seeds = 100'000'000;

template <class Number>
bool read(std::string_view text, Number& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size() && !text.empty();
}

Result<void> set(MainOptions& options, const std::string& name, const std::string& value) {
    const auto bad = [&](std::string_view wanted) {
        return fail(fmt::format("{} '{}': {} is wanted", name, value, wanted));
    };
    if (name == "--seed") {
        if (!read(value, options.first)) return bad("a number");
        options.last = options.first;
    } else if (name == "--seeds") {
        const auto dots = value.find("..");
        const bool whole = dots != std::string::npos && read(std::string_view{value}.substr(0, dots), options.first) &&
                           read(std::string_view{value}.substr(dots + 2), options.last);
        if (!whole || options.last < options.first || options.last - options.first >= most_seeds) return bad("A..B");
    } else if (name == "--seeds-file") {
        auto seeds = read_seeds(value);
        if (!seeds) return tl::unexpected(seeds.error());
        options.seeds = std::move(*seeds);
    } else if (name == "--calls") {
        if (!read(value, options.plan.calls) || options.plan.calls < 1) return bad("a number above 0");
    } else if (name == "--row") {
        options.row = value;
    } else if (name == "--jobs") {
        if (!read(value, options.jobs) || options.jobs < 1 || options.jobs > 256) return bad("1 to 256");
    } else if (name == "--faults") {
        auto faults = FaultSet::parse(value);
        if (!faults) return tl::unexpected(faults.error());
        options.plan.faults = *faults;
    } else {
        return fail(fmt::format("unknown option {}; see --help", name));
    }
    return {};
}

}  // namespace

std::vector<std::uint64_t> MainOptions::all_seeds() const {
    if (!seeds.empty()) return seeds;
    std::vector<std::uint64_t> all(last - first + 1);
    std::iota(all.begin(), all.end(), first);
    return all;
}

Result<std::vector<std::uint64_t>> read_seeds(const std::string& path) {
    std::ifstream file{path};
    if (!file) return fail(fmt::format("cannot read {}", path));
    std::vector<std::uint64_t> seeds;
    for (std::string line; std::getline(file, line);) {
        std::string_view text = std::string_view{line}.substr(0, line.find('#'));
        while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
        std::uint64_t seed = 0;
        if (text.empty()) continue;
        if (!read(text, seed)) return fail(fmt::format("{}: '{}' is no seed", path, text));
        seeds.push_back(seed);
    }
    return seeds;
}

Result<MainOptions> parse_options(const std::vector<std::string>& arguments) {
    MainOptions options;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string& name = arguments[i];
        if (name == "--hash") {
            options.hash = true;
        } else if (name == "--trace") {
            options.trace = true;
        } else if (name == "--help" || name == "-h") {
            options.help = true;
        } else if (i + 1 == arguments.size()) {
            return fail(fmt::format("{}: no such option, or its value is missing; see --help", name));
        } else if (auto done = set(options, name, arguments[++i]); !done) {
            return tl::unexpected(done.error());
        }
    }
    return options;
}

}  // namespace outdial::simulation
