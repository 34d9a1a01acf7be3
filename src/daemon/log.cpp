#include "daemon/log.hpp"

#include <fmt/core.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <mutex>

#include "base/check.hpp"
#include "base/printable.hpp"
#include "daemon/log_writer.hpp"

namespace outdial::daemon {

namespace {

constexpr std::size_t longest_line = 300;
constexpr auto longest_flush = std::chrono::milliseconds{200};  // part of the 5 s that a stop may take

// A telephone number's digits: the shortest that people have beside emergency and service numbers, and E.164's longest.
constexpr std::size_t fewest_digits = 7;
constexpr std::size_t most_digits = 15;
constexpr std::size_t digits_shown_first = 2;
constexpr std::size_t digits_shown_last = 4;
constexpr std::size_t attempt_id_digits = 32;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool is_attempt_id(std::string_view word) {
    return word.size() == attempt_id_digits &&
           std::ranges::all_of(word, [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); });
}

/// Takes the characters from the front for which `belongs` is true.
std::string_view take_while(std::string_view& text, bool (*belongs)(char)) {
    const auto end = std::ranges::find_if_not(text, belongs);
    const std::string_view taken = text.substr(0, static_cast<std::size_t>(end - text.begin()));
    text.remove_prefix(taken.size());
    return taken;
}

void append_masked_word(std::string& out, std::string_view word) {
    const bool is_id = is_attempt_id(word) || out.ends_with("id=");
    while (!word.empty()) {
        const std::string_view digits = take_while(word, is_digit);
        if (is_id || digits.size() < fewest_digits || digits.size() > most_digits) {
            out += digits;
        } else {
            out.append(digits.substr(0, digits_shown_first)).append("...");
            out += digits.substr(digits.size() - digits_shown_last);
        }
        out += take_while(word, [](char c) { return !is_digit(c); });
    }
}

/// %v with safe_line() of the entry.
class SafeMessage : public spdlog::custom_flag_formatter {
public:
    void format(const spdlog::details::log_msg& entry, const std::tm&, spdlog::memory_buf_t& out) override {
        const std::string line = safe_line({entry.payload.data(), entry.payload.size()});
        out.append(line.data(), line.data() + line.size());
    }
    [[nodiscard]] std::unique_ptr<custom_flag_formatter> clone() const override {
        return std::make_unique<SafeMessage>();
    }
};

std::unique_ptr<spdlog::formatter> safe_formatter() {
    auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
    // journald stamps the time itself.
    const bool under_journald = std::getenv("JOURNAL_STREAM") != nullptr;
    formatter->add_flag<SafeMessage>('v').set_pattern(under_journald ? "%l %v" : "%Y-%m-%dT%H:%M:%S.%e %l %v");
    return formatter;
}

std::string line_of(spdlog::formatter& formatter, const spdlog::details::log_msg& entry) {
    spdlog::memory_buf_t line;
    formatter.format(entry, line);
    return {line.data(), line.size()};
}

/// Made safe on the thread that logs, so that nothing else waits to be written.
class WriterSink : public spdlog::sinks::base_sink<std::mutex> {
public:
    explicit WriterSink(LogWriter& writer) : writer_(writer) {}

private:
    void sink_it_(const spdlog::details::log_msg& entry) override { writer_.write(line_of(*formatter_, entry)); }
    void flush_() override {}  // flush_log() waits for the reader, and nobody else

    LogWriter& writer_;
};

LogWriter* writer = nullptr;  // once the log is open; until the process ends

}  // namespace

void open_log() {
    const std::shared_ptr<spdlog::formatter> formatter = safe_formatter();
    // Never destroyed: what is logged while the process ends must find it.
    writer = new LogWriter(STDERR_FILENO, [formatter](std::uint64_t lost) {
        const std::string text = fmt::format("{} lines of this log are lost: nobody took them in time", lost);
        return line_of(*formatter, {spdlog::source_loc{}, "outdial", spdlog::level::warn, text});
    });
    auto logger = std::make_shared<spdlog::logger>("outdial", std::make_shared<WriterSink>(*writer));
    logger->set_formatter(safe_formatter());
    spdlog::set_default_logger(std::move(logger));
    before_check_fails(flush_log);
}

void flush_log() {
    if (writer != nullptr) (void)writer->flush(longest_flush);
}

std::string masked(std::string_view text) {
    std::string shown;
    shown.reserve(text.size());
    while (!text.empty()) {
        append_masked_word(shown, take_while(text, is_word));
        shown += take_while(text, [](char c) { return !is_word(c); });
    }
    return shown;
}

std::string safe_line(std::string_view text) { return printable(masked(text)); }

std::string one_line(std::string_view text) {
    std::string line = printable(text.substr(0, longest_line));
    if (text.size() > longest_line) line += "...";
    return line;
}

}  // namespace outdial::daemon
