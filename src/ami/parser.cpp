#include "ami/parser.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "ami/text.hpp"
#include "base/check.hpp"

namespace outdial::ami {

namespace {

constexpr std::string_view banner = "Asterisk Call Manager/";
constexpr std::string_view end_of_command = "--END COMMAND--";
constexpr std::string_view output_key = "Output";  // the one key that is not a view into the buffer

std::string_view without_cr(std::string_view line) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

bool is_command_header(std::string_view line) {
    constexpr std::array<std::string_view, 3> keys{"Privilege", "ActionID", "Message"};
    return std::ranges::any_of(keys, [line](std::string_view key) {
        return line.size() > key.size() && line[key.size()] == ':' &&
               equal_ignoring_case(line.substr(0, key.size()), key);
    });
}

}  // namespace

void Parser::reset() {
    buffer_.clear();
    greeting_.clear();
    greeting_complete_ = false;
    skipping_ = false;
    begin_message(0);
}

std::string_view Parser::ami_version() const {
    const std::string_view line = greeting_;
    return greeting_complete_ && line.starts_with(banner) ? line.substr(banner.size()) : std::string_view{};
}

void Parser::feed(std::string_view bytes) {
    if (skipping_) drop_scanned();
    make_room(bytes.size());
    buffer_.append(bytes);
}

// Drops what was consumed, and grows the buffer when the rest and `bytes` do not fit. The fields of a half-read message
// move along.
void Parser::make_room(std::size_t bytes) {
    const std::size_t kept = buffer_.size() - message_begin_;
    if (message_begin_ == 0 && kept + bytes <= buffer_.capacity()) return;
    if (kept + bytes <= buffer_.capacity()) {
        rebase(buffer_.data() + message_begin_, buffer_.data());
        buffer_.erase(0, message_begin_);
    } else {
        std::string larger;
        larger.reserve(std::max(kept + bytes, 2 * kept));
        larger.append(buffer_, message_begin_);
        rebase(buffer_.data() + message_begin_, larger.data());
        buffer_.swap(larger);
    }
    line_begin_ -= message_begin_;
    scanned_ -= message_begin_;
    message_begin_ = 0;
}

void Parser::rebase(const char* from, const char* to) {
    for (auto& field : fields_) {
        if (field.key.data() != output_key.data()) field.key = {to + (field.key.data() - from), field.key.size()};
        field.value = {to + (field.value.data() - from), field.value.size()};
    }
}

bool Parser::next(Message& message) {
    if (!greeting_complete_ && !take_greeting()) return false;
    while (scanned_ < buffer_.size()) {
        const char* from = buffer_.data() + scanned_;
        const auto* newline = static_cast<const char*>(std::memchr(from, '\n', buffer_.size() - scanned_));
        if (newline == nullptr) {
            scanned_ = buffer_.size();
            const std::string_view begun{buffer_.data() + line_begin_, scanned_ - line_begin_};
            if (!skipping_ && over_limit(without_cr(begun))) begin_skip();
            if (skipping_) drop_scanned();
            return false;
        }
        const auto line_end = static_cast<std::size_t>(newline - buffer_.data());
        scanned_ = line_end + 1;
        if (end_line(line_end, message)) return true;
    }
    return false;
}

// The stream's first line; false while it is still coming. A line that no banner is as long as is cut: it is not
// Asterisk that speaks.
bool Parser::take_greeting() {
    const std::string_view received = buffer_;
    const std::size_t newline = received.find('\n');
    const std::size_t length = std::min(newline, received.size());
    greeting_ = without_cr(received.substr(0, std::min(length, max_greeting_bytes)));
    if (newline == std::string_view::npos && received.size() < max_greeting_bytes) return false;
    greeting_complete_ = true;
    begin_message(newline != std::string_view::npos && newline <= max_greeting_bytes ? newline + 1
                                                                                     : max_greeting_bytes);
    return true;
}

// The line [line_begin_, line_end) is whole. True when it ended a message, which is then in `message`.
bool Parser::end_line(std::size_t line_end, Message& message) {
    const std::string_view line = without_cr({buffer_.data() + line_begin_, line_end - line_begin_});
    line_begin_ = scanned_;
    if (!line.empty() || mode_ == Mode::command_output) {
        if (!skipping_ && (over_limit(line) || fields_.size() >= limits_.fields)) begin_skip();
        if (skipping_) {
            if (mode_ == Mode::command_output && line.ends_with(end_of_command)) mode_ = Mode::command_ended;
        } else {
            take_line(line);
        }
        return false;
    }
    const bool whole = !skipping_ && !fields_.empty();
    if (whole) {
        message.fields_.swap(fields_);
        message.classify();
        ++messages_;
    }
    skipping_ = false;
    begin_message(scanned_);
    return whole;
}

void Parser::take_line(std::string_view line) {
    if (mode_ == Mode::command_output) return take_command_line(line);
    const auto* colon = line.empty() ? nullptr : static_cast<const char*>(std::memchr(line.data(), ':', line.size()));
    if (colon == nullptr) {
        fields_.push_back({line.substr(0, 0), line});
        return;
    }
    const auto at = static_cast<std::size_t>(colon - line.data());
    std::size_t value_at = at + 1;
    if (value_at < line.size() && line[value_at] == ' ') ++value_at;
    fields_.push_back({line.substr(0, at), line.substr(value_at)});
    if (fields_.size() == 1 && equal_ignoring_case(fields_[0].key, "Response") &&
        equal_ignoring_case(fields_[0].value, "Follows")) {
        mode_ = Mode::command_output;
    }
}

// Asterisk 13: Response, Privilege and ActionID are fields, all that follows is the command's output, empty lines and
// colons included. The output need not end in a newline before the end mark. A line that ends in the mark is the last,
// whatever it begins with: as for a message that is skipped.
void Parser::take_command_line(std::string_view line) {
    const bool last = line.ends_with(end_of_command);
    if (last) line.remove_suffix(end_of_command.size());
    const bool output_begun = fields_.back().key.data() == output_key.data();
    if (!output_begun && is_command_header(line)) {
        mode_ = Mode::headers;
        take_line(line);
    } else if (!last || !line.empty()) {
        fields_.push_back({output_key, line});
    }
    mode_ = last ? Mode::command_ended : Mode::command_output;
}

// An empty line never is: it may end a message that just fits.
bool Parser::over_limit(std::string_view line) const {
    if (line.empty()) return false;
    const auto end = static_cast<std::size_t>(line.data() + line.size() - buffer_.data());
    return line.size() > limits_.line_bytes || end - message_begin_ > limits_.message_bytes;
}

void Parser::begin_skip() {
    skipping_ = true;
    ++skipped_;
    fields_.clear();
}

// While skipping, a line's bytes are needed only as far as they may tell its end: an empty line, or the end mark of a
// command's output, with a CR. What is kept of a cut line is not empty, so it does not look like an empty line.
void Parser::drop_scanned() {
    constexpr std::size_t tail = end_of_command.size() + 1;
    OUTDIAL_CHECK(skipping_ && fields_.empty());
    if (scanned_ - line_begin_ > tail) line_begin_ = scanned_ - tail;
    message_begin_ = line_begin_;
}

void Parser::begin_message(std::size_t at) {
    message_begin_ = line_begin_ = scanned_ = at;
    fields_.clear();
    mode_ = Mode::headers;
}

}  // namespace outdial::ami
