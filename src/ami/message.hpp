#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

namespace outdial::ami {

/// One message from Asterisk: its fields in the order they came, keys repeated as they were. Holds views, not text: a
/// message that Parser::next filled is valid until the next Parser::feed. Keep one longer with StoredMessage.
class Message {
public:
    /// By the FIRST field alone: an OriginateResponse event also carries a `Response:` field.
    enum class Kind { event, response, other };

    struct Field {
        std::string_view key;  // empty for a line without a colon
        std::string_view value;
    };

    /// The first value of that key in any case; empty when there is none, as for an empty value.
    [[nodiscard]] std::string_view get(std::string_view key) const;
    [[nodiscard]] bool has(std::string_view key) const;

    [[nodiscard]] Kind kind() const { return kind_; }
    /// Whether it is the event of that name, in any case.
    [[nodiscard]] bool is_event(std::string_view event_name) const;
    /// The event's name or the response's word: the first field's value.
    [[nodiscard]] std::string_view name() const { return fields_.empty() ? std::string_view{} : fields_.front().value; }

    /// For repeated keys (`Output`, `ChanVariable`, `Variable`): every field, in order.
    [[nodiscard]] auto begin() const { return fields_.begin(); }
    [[nodiscard]] auto end() const { return fields_.end(); }
    [[nodiscard]] std::size_t size() const { return fields_.size(); }

private:
    friend class Parser;
    friend class StoredMessage;

    [[nodiscard]] const Field* find(std::string_view key) const;
    void classify();

    std::vector<Field> fields_;
    Kind kind_ = Kind::other;
};

/// A message that owns its text.
class StoredMessage {
public:
    explicit StoredMessage(const Message& message);

    [[nodiscard]] const Message& message() const { return message_; }
    /// The text it holds, for those who bound a collection.
    [[nodiscard]] std::size_t bytes() const { return bytes_; }

private:
    std::unique_ptr<char[]> text_;  // what message_'s views point into; its address survives a move
    std::size_t bytes_ = 0;
    Message message_;
};

}  // namespace outdial::ami
