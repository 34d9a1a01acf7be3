// Which contacts of a list a campaign calls: `attributes.balance > 100 and state = 'TX'`.
//
//     condition  =  all { "or" all }          all   =  one { "and" one }        one = ["not"] test
//     test       =  "(" condition ")" | field ( compare value | ["not"] "in" "(" value { "," value } ")" |
//                   "is" ["not"] "null" )
//     compare    =  = != < <= > >=            value =  number | 'text' ('' is a quote)
//     field      =  attributes.NAME | NAME    (a column of the list; external_id as well)
//
// Decided here, on the contact's own values, and nowhere else: import, claim and explanation ask the same piece, and
// no byte of an expression or of a list ever becomes SQL.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <tl/expected.hpp>

#include "core/contact.hpp"

namespace outdial {

/// An expression's bounds.
inline constexpr std::size_t max_filter_bytes = 2000;
inline constexpr int max_filter_depth = 32;  // of parentheses and `not`
inline constexpr std::size_t max_filter_tests = 200;

/// The text as a number, as lists write it: 12, -3.5, 1e6, spaces around it; nothing where it is none, or none finite.
[[nodiscard]] std::optional<double> number_in(std::string_view text);

/// Letters, digits and _, as the header of a list has it, perhaps after `attributes.`: the attribute's name. Nothing
/// where it is none.
[[nodiscard]] std::optional<std::string> attribute_named(std::string_view field);

class ContactFilter {
public:
    struct Fault {
        std::size_t offset = 0;  // in bytes
        std::string message;     // "a value is expected ..."
    };

    [[nodiscard]] static tl::expected<ContactFilter, Fault> parse(std::string_view text);

    /// As SQL has it: a comparison with a value that is absent, or with a number where the value is none, is neither
    /// true nor false, nor is its `not`; and only what is true matches.
    [[nodiscard]] bool matches(std::string_view external_id, const Attributes& attributes) const;
    [[nodiscard]] const std::string& text() const { return text_; }

private:
    enum class Compare : std::uint8_t { equal, unequal, less, at_most, more, at_least };
    using Value = std::variant<double, std::string>;
    struct Node {
        enum class Kind : std::uint8_t { all, any, inverse, compare, one_of, is_null };
        Kind kind{};
        std::vector<std::size_t> parts{};  // all, any, inverse: where they stand in nodes_
        std::string field{};               // the others; of external_id it is empty
        Compare compare{};
        std::vector<Value> values{};  // compare: one
    };
    class Parser;
    class Values;
    using Truth = std::optional<bool>;  // nothing: unknown

    ContactFilter() = default;
    [[nodiscard]] Truth truth(std::size_t node, const Values& values) const;
    [[nodiscard]] static Truth compared(std::string_view field, Compare compare, const Value& value);

    std::string text_;
    std::vector<Node> nodes_;
    std::size_t root_ = 0;
};

}  // namespace outdial
