#include "config/suggest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "config/problem.hpp"

namespace outdial::config {

namespace {

constexpr std::size_t max_word_bytes = 64;

/// Optimal string alignment: insertions, deletions, replacements and swaps of neighbours.
std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before(b.size() + 1);
    std::vector<std::size_t> above(b.size() + 1);
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) above[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replace = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            row[j] = std::min({above[j] + 1, row[j - 1] + 1, replace});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                row[j] = std::min(row[j], before[j - 2] + 1);
            }
        }
        before.swap(above);
        above.swap(row);
    }
    return above[b.size()];
}

}  // namespace

std::string_view nearest(std::string_view text, std::span<const std::string_view> words) {
    if (text.size() > max_word_bytes) return {};
    constexpr std::size_t min_prefix_bytes = 3;
    for (std::string_view word : words) {
        if (text.size() >= min_prefix_bytes && word.starts_with(text)) return word;
    }
    std::string_view best;
    std::size_t best_distance = std::max<std::size_t>(2, text.size() / 3) + 1;
    for (std::string_view word : words) {
        const std::size_t distance = edit_distance(text, word.substr(0, max_word_bytes));
        if (distance < best_distance && distance < word.size()) {
            best = word;
            best_distance = distance;
        }
    }
    return best;
}

std::string suggestion(std::string_view text, std::span<const std::string_view> words) {
    if (words.empty()) return "nothing is known here";
    const std::string_view near = nearest(text, words);
    const std::string known = fmt::format("known here: {}", fmt::join(words, ", "));
    return near.empty() ? known : fmt::format("did you mean {}? {}", in_quotes(near), known);
}

}  // namespace outdial::config
