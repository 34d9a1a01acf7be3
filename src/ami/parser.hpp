#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ami/message.hpp"

namespace outdial::ami {

/// Bytes from Asterisk in, messages out; what it yields does not depend on how the bytes were cut into pieces.
///
/// Lines end in CRLF or a bare LF (Asterisk 13 to 23 send both: "Uniqueid length exceeds maximum of 149\n" is followed
/// by CRLF), a message ends in an empty line, and further empty lines mean nothing. A key ends at the first ':', and
/// one blank after it belongs to neither side. The stream's first line is the greeting, not part of a message. Asterisk
/// 13 answers Command with raw lines up to `--END COMMAND--`; they come out as `Output` fields, as later versions send
/// them.
///
/// Asterisk bounds nothing it sends (VarSet, Output), and a port may not be Asterisk at all: a message beyond a limit
/// is dropped up to its end and counted, and never held in memory.
class Parser {
public:
    struct Limits {
        std::size_t message_bytes = 1'000'000;
        std::size_t line_bytes = 65'536;
        std::size_t fields = 1'024;  // the longest real messages, of snapshot events with variables, have under 100
    };
    static constexpr std::size_t max_greeting_bytes = 256;

    Parser() : Parser(Limits{}) {}
    explicit Parser(Limits limits) : limits_(limits) {}

    /// Ends the validity of every Message that next() filled. Call next() until it returns false before feeding more,
    /// or memory grows by what was not taken.
    void feed(std::string_view bytes);
    /// False when no whole message is left. The message's views stay valid until the next feed.
    [[nodiscard]] bool next(Message& message);
    /// For a new connection: forgets everything but the counts.
    void reset();

    /// The first line, as far as it has come; at most max_greeting_bytes.
    [[nodiscard]] std::string_view greeting() const { return greeting_; }
    [[nodiscard]] bool greeting_complete() const { return greeting_complete_; }
    /// `11.0.0` of `Asterisk Call Manager/11.0.0`; empty when the greeting is not Asterisk's.
    [[nodiscard]] std::string_view ami_version() const;

    [[nodiscard]] std::uint64_t messages() const { return messages_; }
    /// Messages that went over a limit.
    [[nodiscard]] std::uint64_t skipped() const { return skipped_; }
    /// What the buffer takes now.
    [[nodiscard]] std::size_t memory_bytes() const { return buffer_.capacity(); }

private:
    enum class Mode {
        headers,         // ends in an empty line
        command_output,  // after `Response: Follows`: ends in `--END COMMAND--`
        command_ended,   // that line was seen; the empty line is left
    };

    void make_room(std::size_t bytes);
    void rebase(const char* from, const char* to);
    bool take_greeting();
    bool end_line(std::size_t line_end, Message& message);
    void take_line(std::string_view line);
    void take_command_line(std::string_view line);
    [[nodiscard]] bool over_limit(std::string_view line) const;
    void begin_skip();
    void drop_scanned();
    void begin_message(std::size_t at);

    Limits limits_;
    std::string buffer_;
    // Offsets into buffer_: message_begin_ <= line_begin_ <= scanned_; no LF lies in [line_begin_, scanned_).
    std::size_t message_begin_ = 0;
    std::size_t line_begin_ = 0;
    std::size_t scanned_ = 0;
    std::vector<Message::Field> fields_;  // of the message being read; views into buffer_
    Mode mode_ = Mode::headers;
    bool skipping_ = false;
    std::string greeting_;
    bool greeting_complete_ = false;
    std::uint64_t messages_ = 0;
    std::uint64_t skipped_ = 0;
};

}  // namespace outdial::ami
