#include "base/refused_words.hpp"

#include <algorithm>
#include <array>

namespace outdial {

namespace {

// The table since 18.24.2, 20.9.2, 21.4.2 and 22.0 (CVE-2024-42365); older versions refuse fewer, and a call that some
// server refuses is refused everywhere.
constexpr std::array<std::string_view, 8> application_words{"agi",        "dbdeltree", "exec",   "externalivr",
                                                            "mixmonitor", "originate", "reload", "system"};
constexpr std::array<std::string_view, 7> data_words{"CURL", "DB", "EVAL", "FILE", "ODBC", "REALTIME", "SHELL"};

constexpr int commas_before_script = 5;  // Queue(name,options,url,announcement,timeout,AGI,...)

bool equal_but_for_case(char a, char b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return lower(a) == lower(b);
}

bool has_script(std::string_view queue_data) {
    for (int i = 0; i < commas_before_script; ++i) {
        const std::size_t comma = queue_data.find(',');
        if (comma == std::string_view::npos) return false;
        queue_data.remove_prefix(comma + 1);
    }
    return !queue_data.empty() && queue_data.front() != ',';
}

}  // namespace

std::optional<std::string_view> refused_application_word(std::string_view application, std::string_view data) {
    for (const std::string_view word : application_words) {
        const auto found =
            std::search(application.begin(), application.end(), word.begin(), word.end(), equal_but_for_case);
        if (found != application.end()) return word;
    }
    constexpr std::string_view queue = "queue";
    if (std::ranges::equal(application, queue, equal_but_for_case) && has_script(data)) return "queue with a script";
    return std::nullopt;
}

std::optional<std::string_view> refused_data_word(std::string_view data) {
    for (const std::string_view word : data_words) {
        if (data.find(word) != std::string_view::npos) return word;
    }
    return std::nullopt;
}

}  // namespace outdial
