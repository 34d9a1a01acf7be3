#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ami/message.hpp"
#include "base/time.hpp"

namespace outdial::ami {

/// What became of an action that was sent. Valid during the call of its handler only.
struct Reply {
    enum class Kind {
        success,     // `Response: Success` (or Goodbye, Follows, Pong); for a list, all of it
        refused,     // `Response: Error`; `text` is Asterisk's message, word for word
        unanswered,  // no answer in time, or the link was lost: it may have been carried out; `text` says what happened
    };
    Kind kind;
    std::string text;
    const Message* message = nullptr;     // the response, or a list's closing event; null when unanswered
    std::span<const StoredMessage> list;  // the items, of a list only
};
using ReplyHandler = std::function<void(const Reply&)>;

/// The actions of one session that wait for their answer, found by ActionID and nothing else. Each handler is called
/// exactly once, and may add actions.
class PendingActions {
public:
    enum class Kind { plain, list, originate };

    // A list beyond these is read to its end and reported as unanswered. 20,000 channels is beyond any Asterisk.
    static constexpr std::size_t max_list_items = 20'000;
    static constexpr std::size_t max_list_bytes = 32'000'000;

    [[nodiscard]] bool contains(std::string_view action_id) const { return pending_.find(action_id) != pending_.end(); }
    void add(std::string action_id, std::string name, Kind kind, SteadyTime deadline, ReplyHandler handler);

    /// False when no action of ours waits for it.
    bool answer(const Message& response);
    /// True when the event is part of a list that was asked for, and so nobody else's business.
    bool collect(const Message& event);
    void expire(SteadyTime now);
    /// Answers everything with `unanswered`.
    void abandon(const std::string& reason);

    [[nodiscard]] std::size_t size() const { return pending_.size(); }
    [[nodiscard]] std::size_t originates() const { return originates_; }
    [[nodiscard]] std::optional<SteadyTime> next_deadline() const;

private:
    struct Pending {
        std::string name;
        Kind kind;
        SteadyTime deadline;
        ReplyHandler handler;
        std::vector<StoredMessage> items;
        std::size_t item_bytes = 0;
        bool too_long = false;
    };
    using Table = std::map<std::string, Pending, std::less<>>;

    void finish(Table::iterator found, Reply reply);

    Table pending_;
    std::size_t originates_ = 0;
    std::size_t lists_ = 0;
};

}  // namespace outdial::ami
