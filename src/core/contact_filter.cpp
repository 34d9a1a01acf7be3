#include "core/contact_filter.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <compare>

#include "base/check.hpp"
#include "base/printable.hpp"

namespace outdial {

namespace {

constexpr std::string_view attributes_prefix = "attributes.";

bool is_space(char c) { return c == ' ' || c == '\t'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_word(char c) { return is_word_start(c) || is_digit(c) || c == '.'; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_keyword(std::string_view word, std::string_view keyword) {
    return std::ranges::equal(word, keyword, {}, lower);
}

bool is_any_keyword(std::string_view word) {
    constexpr std::string_view keywords[] = {"and", "or", "not", "in", "is", "null"};
    return std::ranges::any_of(keywords, [&](std::string_view keyword) { return is_keyword(word, keyword); });
}

// The import makes numbers and their country of these, and no attributes.
bool is_number_column(std::string_view name) {
    std::string word{name};
    std::ranges::transform(word, word.begin(), lower);
    if (word == "region") return true;
    return word.starts_with("phone") && std::ranges::all_of(word.substr(5), is_digit);
}

}  // namespace

std::optional<double> number_in(std::string_view text) {
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    if (text.empty() || !(is_digit(text.front()) || text.front() == '-' || text.front() == '.')) return std::nullopt;
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(number)) return std::nullopt;
    return number + 0.0;  // of -0 and 0 one
}

std::optional<std::string> attribute_named(std::string_view field) {
    if (field.starts_with(attributes_prefix)) field.remove_prefix(attributes_prefix.size());
    if (!is_attribute_name(field)) return std::nullopt;
    return std::string{field};
}

class ContactFilter::Parser {
public:
    explicit Parser(std::string_view text) : text_(text) {}

    tl::expected<ContactFilter, Fault> run() {
        if (text_.size() > max_filter_bytes) {
            fail(0, fmt::format("the expression is {} bytes long; at most {} are allowed", text_.size(),
                                max_filter_bytes));
        }
        ContactFilter filter;
        filter.root_ = condition(0);
        skip_space();
        if (!fault_ && at_ < text_.size())
            fail(at_, fmt::format("{} stands where 'and', 'or' or the end is expected", found()));
        if (fault_) return tl::unexpected{std::move(*fault_)};
        filter.text_ = text_;
        filter.nodes_ = std::move(nodes_);
        return filter;
    }

private:
    // The first fault alone is told; everything after it is passed over.
    void fail(std::size_t offset, std::string message) {
        if (!fault_) fault_ = Fault{offset, std::move(message)};
        at_ = text_.size();
    }
    void skip_space() {
        while (at_ < text_.size() && is_space(text_[at_])) ++at_;
    }
    // What stands next, for people.
    std::string found() {
        skip_space();
        if (at_ >= text_.size()) return "the expression's end";
        std::size_t end = at_ + 1;
        if (is_word(text_[at_])) {
            while (end < text_.size() && is_word(text_[end])) ++end;
        } else {
            while (end < text_.size() && (static_cast<unsigned char>(text_[end]) & 0xC0U) == 0x80U) ++end;
        }
        return fmt::format("'{}'", printable(text_.substr(at_, std::min<std::size_t>(end - at_, 40))));
    }
    bool take(std::string_view sign) {
        skip_space();
        if (!text_.substr(at_).starts_with(sign)) return false;
        at_ += sign.size();
        return true;
    }
    std::string_view next_word() {
        skip_space();
        if (at_ >= text_.size() || !is_word_start(text_[at_])) return {};
        std::size_t end = at_;
        while (end < text_.size() && is_word(text_[end])) ++end;
        return text_.substr(at_, end - at_);
    }
    bool take_keyword(std::string_view keyword) {
        const std::string_view word = next_word();
        if (!is_keyword(word, keyword)) return false;
        at_ += word.size();
        return true;
    }
    std::size_t add(Node node) {
        nodes_.push_back(std::move(node));
        return nodes_.size() - 1;
    }

    std::size_t condition(int depth) { return joined(depth, "or", Node::Kind::any); }

    std::size_t joined(int depth, std::string_view keyword, Node::Kind kind) {
        const auto part = [&] { return kind == Node::Kind::any ? joined(depth, "and", Node::Kind::all) : one(depth); };
        Node node{.kind = kind};
        node.parts.push_back(part());
        while (!fault_ && take_keyword(keyword)) node.parts.push_back(part());
        return node.parts.size() == 1 ? node.parts.front() : add(std::move(node));
    }

    std::size_t one(int depth) {
        skip_space();
        if (depth > max_filter_depth) {
            fail(at_, fmt::format("parentheses and 'not' stand within each other more than {} deep", max_filter_depth));
            return 0;
        }
        if (take_keyword("not")) return add({.kind = Node::Kind::inverse, .parts = {one(depth + 1)}});
        if (!take("(")) return test();
        const std::size_t open = at_ - 1;
        const std::size_t inner = condition(depth + 1);
        if (!fault_ && !take(")")) {
            fail(at_, fmt::format("{} stands where 'and', 'or' or the ')' is expected for the '(' at character {}",
                                  found(), open + 1));
        }
        return inner;
    }

    std::size_t test() {
        Node node;
        node.field = field();
        if (!fault_ && ++tests_ > max_filter_tests) {
            fail(at_, fmt::format("there are more than {} comparisons", max_filter_tests));
        }
        if (fault_) return 0;
        if (take_keyword("is")) {
            node.kind = Node::Kind::is_null;
            const bool inverse = take_keyword("not");
            if (!take_keyword("null")) fail(at_, fmt::format("{} stands where 'null' is expected", found()));
            return inverted_if(inverse, add(std::move(node)));
        }
        const bool inverse = take_keyword("not");
        if (inverse || is_keyword(next_word(), "in")) {
            node.kind = Node::Kind::one_of;
            read_values(node);
            return inverted_if(inverse, add(std::move(node)));
        }
        node.kind = Node::Kind::compare;
        node.compare = comparison();
        node.values.push_back(value());
        return add(std::move(node));
    }

    std::size_t inverted_if(bool inverse, std::size_t node) {
        return inverse ? add({.kind = Node::Kind::inverse, .parts = {node}}) : node;
    }

    // Of external_id it is empty, which no attribute's name is.
    std::string field() {
        const std::string_view word = next_word();
        const std::size_t offset = at_;
        if (word.empty() || is_any_keyword(word)) {
            fail(offset, fmt::format("{} stands where a field is expected, such as attributes.balance", found()));
            return {};
        }
        at_ += word.size();
        const auto name = attribute_named(word);
        if (!name) {
            fail(offset, fmt::format("'{}' is no field: a column of the list is NAME or attributes.NAME, of letters, "
                                     "digits and _",
                                     printable(word)));
            return {};
        }
        if (is_keyword(word, "external_id")) return {};
        if (is_number_column(word)) {
            fail(offset, fmt::format("'{}' is no attribute: of a list's numbers and their region nothing can be asked",
                                     printable(word)));
        }
        return *name;
    }

    Compare comparison() {
        skip_space();
        const std::size_t offset = at_;
        if (take("==")) fail(offset, "'==' is no comparison; write =");
        if (take("<>")) fail(offset, "'<>' is no comparison; write !=");
        if (take("!=")) return Compare::unequal;
        if (take("<=")) return Compare::at_most;
        if (take(">=")) return Compare::at_least;
        if (take("=")) return Compare::equal;
        if (take("<")) return Compare::less;
        if (take(">")) return Compare::more;
        fail(offset, fmt::format("{} stands where a comparison is expected: = != < <= > >=, in (...), is null, is not "
                                 "null",
                                 found()));
        return Compare::equal;
    }

    void read_values(Node& node) {
        if (!take_keyword("in")) return fail(at_, fmt::format("{} stands where 'in' is expected", found()));
        if (!take("(")) return fail(at_, fmt::format("{} stands where '(' is expected", found()));
        do {
            node.values.push_back(value());
        } while (!fault_ && take(","));
        if (!fault_ && !take(")")) fail(at_, fmt::format("{} stands where ',' or ')' is expected", found()));
    }

    Value value() {
        skip_space();
        const std::size_t offset = at_;
        if (at_ < text_.size() && text_[at_] == '\'') return quoted();
        std::size_t end = at_;
        while (end < text_.size() && (is_word(text_[end]) || text_[end] == '-' || text_[end] == '+')) ++end;
        const std::string_view word = text_.substr(at_, end - at_);
        if (const auto number = number_in(word)) {
            at_ = end;
            return *number;
        }
        if (is_keyword(word, "null")) {
            fail(offset, "nothing is equal to null; write 'is null' or 'is not null'");
        } else if (!word.empty()) {
            fail(offset, fmt::format("{} is no value; a text stands in single quotes: '{}'", found(), printable(word)));
        } else {
            fail(offset, fmt::format("{} stands where a number or a text in single quotes is expected", found()));
        }
        return 0.0;
    }

    Value quoted() {
        const std::size_t open = at_++;
        std::string text;
        while (at_ < text_.size()) {
            if (text_[at_] == '\'' && !text_.substr(at_ + 1).starts_with('\'')) {
                ++at_;
                return text;
            }
            if (text_[at_] == '\'') ++at_;
            text += text_[at_++];
        }
        fail(open, "the text that begins here has no closing quote");
        return 0.0;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::vector<Node> nodes_;
    std::size_t tests_ = 0;
    std::optional<Fault> fault_;
};

/// Whose values are asked for.
class ContactFilter::Values {
public:
    Values(std::string_view external_id, const Attributes& attributes)
        : external_id_(external_id), attributes_(attributes) {}

    [[nodiscard]] std::optional<std::string_view> value_of(const std::string& field) const {
        if (field.empty()) return external_id_.empty() ? std::nullopt : std::optional{external_id_};
        const auto found = std::ranges::find(attributes_, field, &Attributes::value_type::first);
        return found == attributes_.end() ? std::nullopt : std::optional<std::string_view>{found->second};
    }

private:
    std::string_view external_id_;
    const Attributes& attributes_;
};

tl::expected<ContactFilter, ContactFilter::Fault> ContactFilter::parse(std::string_view text) {
    return Parser{text}.run();
}

bool ContactFilter::matches(std::string_view external_id, const Attributes& attributes) const {
    return truth(root_, Values{external_id, attributes}).value_or(false);
}

ContactFilter::Truth ContactFilter::truth(std::size_t index, const Values& values) const {
    const Node& node = nodes_[index];
    switch (node.kind) {
        case Node::Kind::all:
        case Node::Kind::any: {
            const bool decisive = node.kind == Node::Kind::any;  // one such part decides
            bool all_known = true;
            for (const std::size_t part : node.parts) {
                const Truth of_part = truth(part, values);
                if (of_part == decisive) return decisive;
                all_known = all_known && of_part.has_value();
            }
            return all_known ? Truth{!decisive} : std::nullopt;
        }
        case Node::Kind::inverse: {
            const Truth inner = truth(node.parts.front(), values);
            return inner ? Truth{!*inner} : std::nullopt;
        }
        case Node::Kind::is_null: return !values.value_of(node.field).has_value();
        case Node::Kind::compare:
        case Node::Kind::one_of: {
            const auto field = values.value_of(node.field);
            if (!field) return std::nullopt;
            if (node.kind == Node::Kind::compare) return compared(*field, node.compare, node.values.front());
            bool all_known = true;
            for (const Value& value : node.values) {
                const Truth equal = compared(*field, Compare::equal, value);
                if (equal == true) return true;
                all_known = all_known && equal.has_value();
            }
            return all_known ? Truth{false} : std::nullopt;
        }
    }
    OUTDIAL_UNREACHABLE();
}

ContactFilter::Truth ContactFilter::compared(std::string_view field, Compare compare, const Value& value) {
    std::partial_ordering order = std::partial_ordering::equivalent;
    if (const double* number = std::get_if<double>(&value)) {
        const auto own = number_in(field);
        if (!own) return std::nullopt;
        order = *own <=> *number;
    } else {
        order = field <=> std::string_view{std::get<std::string>(value)};
    }
    switch (compare) {
        case Compare::equal: return order == 0;
        case Compare::unequal: return order != 0;
        case Compare::less: return order < 0;
        case Compare::at_most: return order <= 0;
        case Compare::more: return order > 0;
        case Compare::at_least: return order >= 0;
    }
    OUTDIAL_UNREACHABLE();
}

}  // namespace outdial
