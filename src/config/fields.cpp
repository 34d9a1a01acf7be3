#include "config/fields.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "config/source.hpp"
#include "config/suggest.hpp"

namespace outdial::config {

void Value::fail(std::string_view message) const { problems_->add(node_->at, fmt::format("{} {}", label_, message)); }

void Value::fail_at(int characters, std::string_view message) const {
    Position at = node_->at;
    if (node_->verbatim) at.column += characters + (node_->plain ? 0 : 1);
    problems_->add(at, fmt::format("{} {}", label_, message));
}

std::string Value::found() const {
    switch (node_->kind) {
        case Node::Kind::null: return "nothing is written here";
        case Node::Kind::sequence: return "this is a list";
        case Node::Kind::map: return "this is a map of keys and values";
        case Node::Kind::scalar:
        case Node::Kind::refused: break;
    }
    return fmt::format("this is {}", in_quotes(node_->text));
}

const Node* Value::scalar(std::string_view expected) const {
    if (node_ == nullptr || node_->kind == Node::Kind::refused) return nullptr;
    if (node_->kind == Node::Kind::scalar) return node_;
    fail(fmt::format("{}; {}", expected, found()));
    return nullptr;
}

const Node* Value::container(Node::Kind kind, std::size_t max, std::string_view expected) const {
    if (node_ == nullptr || node_->kind == Node::Kind::refused) return nullptr;
    const std::size_t count = kind == Node::Kind::map ? node_->entries.size() : node_->items.size();
    if (node_->kind != kind) {
        fail(fmt::format("must be {}; {}", expected, found()));
    } else if (count == 0) {
        fail(fmt::format("is empty; it must be {}", expected));
    } else if (count > max) {
        fail(fmt::format("has {} entries; at most {} are allowed", count, max));
    } else {
        return node_;
    }
    return nullptr;
}

namespace {

/// Numbers and booleans are plain scalars: "10" in quotes is text, for us as for every other reader of YAML.
template <class T>
std::optional<T> accept(const Value& value, const Node& node, const Result<T>& parsed) {
    if (!parsed) {
        value.fail(fmt::format("{}; this is {}", parsed.error().message, in_quotes(node.text)));
    } else if (!node.plain) {
        value.fail("must stand without quotes");
    } else {
        return *parsed;
    }
    return std::nullopt;
}

}  // namespace

std::optional<int> Value::integer(IntegerRange range) const {
    const Node* node = scalar(fmt::format("must be a whole number from {} to {}", range.min, range.max));
    if (node == nullptr) return std::nullopt;
    const auto value = accept(*this, *node, parse_integer(node->text, range));
    if (!value) return std::nullopt;
    return static_cast<int>(*value);
}

std::optional<double> Value::decimal(DecimalRange range) const {
    const Node* node = scalar(fmt::format("must be a number from {} to {}", range.min, range.max));
    if (node == nullptr) return std::nullopt;
    return accept(*this, *node, parse_decimal(node->text, range));
}

std::optional<Milliseconds> Value::duration(DurationRange range) const {
    const Node* node = scalar("must be a duration such as 30s, 10m, 2h or 1d");
    if (node == nullptr) return std::nullopt;
    const auto parsed = parse_duration(node->text, range);
    if (parsed) return *parsed;
    fail(fmt::format("{}; this is {}", parsed.error().message, in_quotes(node->text)));
    return std::nullopt;
}

std::optional<bool> Value::boolean() const {
    constexpr std::string_view expected = "must be true or false";
    const Node* node = scalar(expected);
    if (node == nullptr) return std::nullopt;
    const bool valid = node->text == "true" || node->text == "false";
    return accept(*this, *node, valid ? Result<bool>{node->text == "true"} : outdial::fail(std::string{expected}));
}

std::optional<std::string> Value::text(const TextRule& rule) const {
    const Node* node = scalar(fmt::format("must be {}", rule.expected));
    if (node == nullptr) return std::nullopt;
    const bool number = node->plain && looks_like_number(node->text);
    if (number || (node->plain && looks_like_boolean(node->text))) {
        fail(fmt::format("must be {}; without quotes {} is a {}, so write \"{}\" if it is meant", rule.expected,
                         in_quotes(node->text), number ? "number" : "boolean", node->text));
    } else if (node->text.size() > rule.max_bytes) {
        fail(fmt::format("is {} bytes long; at most {} are allowed", node->text.size(), rule.max_bytes));
    } else if (!is_clean_text(node->text)) {
        fail("holds a line break or another control character, which is not allowed");
    } else if (node->text.empty()) {
        fail(fmt::format("is empty; it must be {}", rule.expected));
    } else if (rule.matches != nullptr && !rule.matches(node->text)) {
        fail(fmt::format("must be {}; this is {}", rule.expected, in_quotes(node->text)));
    } else {
        return node->text;
    }
    return std::nullopt;
}

std::optional<Template> Value::text_template(const TextRule& rule, Template::Allow allow) const {
    const auto written = text(rule);
    if (!written) return std::nullopt;
    auto parsed = Template::parse(*written, allow);
    if (parsed) return std::move(*parsed);
    fail(fmt::format("is not a valid template: {}", parsed.error().message));
    return std::nullopt;
}

std::vector<Value> Value::items(std::size_t max) const {
    std::vector<Value> result;
    const Node* node = container(Node::Kind::sequence, max, "a list, such as [first, second]");
    if (node == nullptr) return result;
    for (const Node& item : node->items) {
        result.emplace_back(&item, fmt::format("entry {} of {}", result.size() + 1, label_), *problems_);
    }
    return result;
}

std::vector<NamedValue> Value::entries(std::size_t max) const {
    std::vector<NamedValue> result;
    const Node* node = container(Node::Kind::map, max, "a map of names to what they stand for, such as {name: ...}");
    if (node == nullptr) return result;
    for (const Node::Entry& entry : node->entries) {
        result.push_back({entry.key, entry.at, Value{&entry.value, in_quotes(entry.key), *problems_}});
    }
    return result;
}

Fields Value::fields(std::initializer_list<std::string_view> known, std::initializer_list<RefusedKey> refused,
                     std::string what) const {
    Fields result{nullptr, what.empty() ? label_ : std::move(what), *problems_};
    if (node_ == nullptr || node_->kind == Node::Kind::refused) return result;
    if (node_->kind != Node::Kind::map) {
        problems_->add(node_->at, fmt::format("{} must be a map of keys and values; {}", result.what_, found()));
        return result;
    }
    result.map_ = node_;
    for (const Node::Entry& entry : node_->entries) {
        if (std::ranges::find(known, entry.key) != known.end()) continue;
        const auto* reason = std::ranges::find(refused, entry.key, &RefusedKey::key);
        problems_->add(entry.at, reason != refused.end()
                                     ? fmt::format("'{}': {}", entry.key, reason->reason)
                                     : fmt::format("unknown key {} in {}; {}", in_quotes(entry.key), result.what_,
                                                   suggestion(entry.key, {known.begin(), known.size()})));
    }
    return result;
}

const Node::Entry* Fields::find(std::string_view key) const {
    if (map_ == nullptr) return nullptr;
    const auto found = std::ranges::find(map_->entries, key, &Node::Entry::key);
    return found == map_->entries.end() ? nullptr : &*found;
}

Value Fields::optional(std::string_view key) const {
    const Node::Entry* entry = find(key);
    return {entry == nullptr ? nullptr : &entry->value, fmt::format("'{}'", key), *problems_};
}

Value Fields::required(std::string_view key) const {
    if (map_ != nullptr && find(key) == nullptr) {
        problems_->add(map_->at, fmt::format("'{}' is missing in {}", key, what_));
    }
    return optional(key);
}

}  // namespace outdial::config
