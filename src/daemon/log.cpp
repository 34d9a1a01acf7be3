#include "daemon/log.hpp"

#include <fmt/core.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdlib>
#include <memory>

namespace outdial::daemon {

namespace {

constexpr std::size_t longest_line = 300;

}  // namespace

void open_log() {
    auto logger = std::make_shared<spdlog::logger>("outdial", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    // journald stamps the time itself.
    const bool under_journald = std::getenv("JOURNAL_STREAM") != nullptr;
    logger->set_pattern(under_journald ? "%l %v" : "%Y-%m-%dT%H:%M:%S.%e %l %v", spdlog::pattern_time_type::utc);
    logger->flush_on(spdlog::level::info);
    spdlog::set_default_logger(std::move(logger));
}

std::string one_line(std::string_view text) {
    std::string result;
    for (const char c : text.substr(0, longest_line)) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7f) {
            result += fmt::format("\\x{:02x}", byte);
        } else {
            result += c;
        }
    }
    if (text.size() > longest_line) result += "...";
    return result;
}

}  // namespace outdial::daemon
