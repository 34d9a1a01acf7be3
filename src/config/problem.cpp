#include "config/problem.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <tuple>
#include <utility>

namespace outdial::config {

namespace {

constexpr std::size_t max_quoted_bytes = 60;

std::vector<Problem> in_file_order(std::vector<Problem> problems) {
    std::ranges::stable_sort(problems, {},
                             [](const Problem& problem) { return std::tie(problem.line, problem.column); });
    return problems;
}

}  // namespace

std::string to_text(const Problem& problem) {
    return fmt::format("{}:{}:{}: {}", problem.file, problem.line, problem.column, problem.message);
}

void Problems::add(Position at, std::string message) {
    if (found_.size() > max_problems) return;
    if (found_.size() == max_problems) message = "more is wrong from here on; only the first problems found are listed";
    found_.push_back({file_, at.line, at.column, std::move(message)});
}

void Problems::warn(Position at, std::string message) {
    if (warnings_.size() < max_problems) warnings_.push_back({file_, at.line, at.column, std::move(message)});
}

std::vector<Problem> Problems::take() { return in_file_order(std::exchange(found_, {})); }
std::vector<Problem> Problems::take_warnings() { return in_file_order(std::exchange(warnings_, {})); }

std::string in_quotes(std::string_view text) {
    std::string result = "'";
    for (char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (result.size() > max_quoted_bytes && (byte & 0xC0) != 0x80) {  // never cut inside a UTF-8 character
            result += "...";
            break;
        }
        if (byte < 0x20 || byte == 0x7F) {
            result += fmt::format("\\x{:02x}", byte);
        } else {
            result += c;
        }
    }
    result += '\'';
    return result;
}

}  // namespace outdial::config
