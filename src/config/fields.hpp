#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.hpp"
#include "config/node.hpp"
#include "config/scalar.hpp"
#include "core/template.hpp"

namespace outdial::config {

class Fields;
struct NamedValue;

/// What a text must look like besides being text.
struct TextRule {
    std::size_t max_bytes;
    std::string_view expected;                         // "a server's name (...)", ends the sentence "'x' must be ..."
    bool (*matches)(std::string_view text) = nullptr;  // nothing: any text without control characters
};

/// A key that is known but not allowed, and why.
struct RefusedKey {
    std::string_view key;
    std::string_view reason;
};

/// One value of a file, or the absence of an optional one. Each reader returns nothing where the value is absent or
/// wrong, and has then reported why; so `value_or(default)` means "if it is not written", because a file with a problem
/// is never used. Refers to the tree and the problems it was made of.
class Value {
public:
    Value(const Node* node, std::string label, Problems& problems)
        : node_(node), label_(std::move(label)), problems_(&problems) {}

    [[nodiscard]] bool present() const { return node_ != nullptr; }
    /// A map, where something else would do as well.
    [[nodiscard]] bool is_map() const { return node_ != nullptr && node_->kind == Node::Kind::map; }
    [[nodiscard]] bool is_list() const { return node_ != nullptr && node_->kind == Node::Kind::sequence; }
    /// Of a present value.
    [[nodiscard]] Position at() const { return node_->at; }
    /// How messages name it: "'port'".
    [[nodiscard]] const std::string& label() const { return label_; }
    /// "'port' " and the message, at the value's place.
    void fail(std::string_view message) const;
    /// The same of so many characters into the text, where the file shows them as they are.
    void fail_at(int characters, std::string_view message) const;

    [[nodiscard]] std::optional<int> integer(IntegerRange range) const;
    [[nodiscard]] std::optional<double> decimal(DecimalRange range) const;
    [[nodiscard]] std::optional<Milliseconds> duration(DurationRange range) const;
    [[nodiscard]] std::optional<bool> boolean() const;
    [[nodiscard]] std::optional<std::string> text(const TextRule& rule) const;
    [[nodiscard]] std::optional<Template> text_template(const TextRule& rule, Template::Allow allow) const;
    /// The items of a list of 1 to `max`; the values of a bad list are none.
    [[nodiscard]] std::vector<Value> items(std::size_t max) const;
    /// A map with keys of the user's own, 1 to `max`.
    [[nodiscard]] std::vector<NamedValue> entries(std::size_t max) const;
    /// A map with known keys; unknown ones are reported here. `what` names the map: "server 'pbx1'"; empty: the label.
    [[nodiscard]] Fields fields(std::initializer_list<std::string_view> known,
                                std::initializer_list<RefusedKey> refused = {}, std::string what = {}) const;

private:
    friend class Fields;
    /// The scalar's node, if it is one; otherwise reports that it must be what `expected` says.
    [[nodiscard]] const Node* scalar(std::string_view expected) const;
    /// The map's or list's node, with 1 to `max` elements.
    [[nodiscard]] const Node* container(Node::Kind kind, std::size_t max, std::string_view expected) const;
    [[nodiscard]] std::string found() const;

    const Node* node_;
    std::string label_;
    Problems* problems_;
};

/// An entry of a map whose keys are the user's own.
struct NamedValue {
    std::string name;
    Position at;  // of the name
    Value value;
};

/// A map with known keys.
class Fields {
public:
    [[nodiscard]] Value optional(std::string_view key) const;
    /// Reports it if it is absent.
    [[nodiscard]] Value required(std::string_view key) const;
    /// Otherwise nothing can be read, which has been reported.
    [[nodiscard]] bool is_map() const { return map_ != nullptr; }
    [[nodiscard]] bool has(std::string_view key) const { return find(key) != nullptr; }
    /// Where the key itself stands; of a present key.
    [[nodiscard]] Position at(std::string_view key) const { return find(key)->at; }

private:
    friend class Value;
    Fields(const Node* map, std::string what, Problems& problems)
        : map_(map), what_(std::move(what)), problems_(&problems) {}
    [[nodiscard]] const Node::Entry* find(std::string_view key) const;

    const Node* map_;  // nothing: it was no map, which has been reported
    std::string what_;
    Problems* problems_;
};

}  // namespace outdial::config
