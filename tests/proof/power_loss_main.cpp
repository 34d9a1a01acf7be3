// prove_power_loss: cuts the power of a simulated disk under the real store, and examines what is left.
//
//     prove_power_loss --seed-from 1 --count 5000 [--plant lying-sync|synchronous-normal]
//
// Examines at least so many disk images, by as many seeds as that takes (some hundred images each). Its last line is
// {"row": "power_loss", "done": IMAGES, "violations": WRONG}. Exit codes: 0 nothing was lost, 1 something was, 64
// usage.
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "proof/power_loss.hpp"

namespace {

using outdial::proof::Plant;

constexpr int usage_error = 64;

struct Options {
    std::uint64_t seed_from = 1;
    std::uint64_t count = 0;
    Plant plant = Plant::nothing;
};

bool read_number(std::string_view text, std::uint64_t& out) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc{} && end == text.data() + text.size() && out > 0;
}

std::optional<Options> options_from(int count, char** arguments) {
    Options options;
    for (int i = 1; i + 1 < count; i += 2) {
        const std::string_view name = arguments[i];
        const std::string_view value = arguments[i + 1];
        if (name == "--seed-from" && read_number(value, options.seed_from)) continue;
        if (name == "--count" && read_number(value, options.count)) continue;
        if (name != "--plant" || (value != "lying-sync" && value != "synchronous-normal")) return std::nullopt;
        options.plant = value == "lying-sync" ? Plant::lying_sync : Plant::synchronous_normal;
    }
    if (count % 2 == 0 || options.count == 0) return std::nullopt;
    return options;
}

}  // namespace

int main(int count, char** arguments) {
    const std::optional<Options> options = options_from(count, arguments);
    if (!options) {
        std::fputs("usage: prove_power_loss --seed-from N --count N [--plant lying-sync|synchronous-normal]\n", stderr);
        return usage_error;
    }
    outdial::proof::PowerLosses losses;
    std::uint64_t seed = options->seed_from;
    for (; losses.images < options->count; ++seed) lose_power(seed, options->plant, losses);
    std::printf("%llu images by the seeds %llu to %llu: %llu wrong, %llu confirmed claims and %llu settlements lost\n",
                static_cast<unsigned long long>(losses.images), static_cast<unsigned long long>(options->seed_from),
                static_cast<unsigned long long>(seed - 1), static_cast<unsigned long long>(losses.wrong),
                static_cast<unsigned long long>(losses.lost_claims),
                static_cast<unsigned long long>(losses.lost_settlements));
    if (losses.wrong > 0) {
        std::printf("the first, again with --seed-from %llu --count 1: %s\n",
                    static_cast<unsigned long long>(losses.first_wrong_seed), losses.first_problem.c_str());
    }
    std::printf("{\"row\": \"power_loss\", \"done\": %llu, \"violations\": %llu}\n",
                static_cast<unsigned long long>(losses.images), static_cast<unsigned long long>(losses.wrong));
    return losses.wrong == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
