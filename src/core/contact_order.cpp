#include "core/contact_order.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <bit>

#include "base/check.hpp"
#include "base/random.hpp"

namespace outdial {

namespace {

// A rank of an attribute begins with one of these.
constexpr char number_mark = 1;
constexpr char text_mark = 2;
constexpr char none_mark = 3;
// More of a text does not count: ranks stand in the database, one for each contact.
constexpr std::size_t most_text_bytes = 64;

// Big-endian, so that bytes compare as the numbers do.
std::string bytes_of(std::uint64_t number) {
    std::string bytes;
    for (int shift = 56; shift >= 0; shift -= 8)
        bytes += static_cast<char>((number >> static_cast<unsigned>(shift)) & 0xFFU);
    return bytes;
}

// IEEE 754's bits compare as the numbers do, but for the sign: negative ones run backwards.
std::string bytes_of(double number) {
    constexpr std::uint64_t sign = std::uint64_t{1} << 63U;
    const auto bits = std::bit_cast<std::uint64_t>(number);
    return bytes_of((bits & sign) != 0 ? ~bits : bits | sign);
}

void turn_around(std::string& bytes) {
    for (char& byte : bytes) byte = static_cast<char>(~static_cast<unsigned char>(byte));
}

std::string rank_of(std::string_view value, bool descending) {
    const auto number = number_in(value);
    std::string bytes = number ? bytes_of(*number) : std::string{value.substr(0, most_text_bytes)};
    // No byte of a text is 0: so a text that another one begins with comes before it, and turned around after it.
    if (!number) bytes += '\0';
    if (descending) turn_around(bytes);
    return (number ? number_mark : text_mark) + bytes;
}

const std::string* find(const Attributes& attributes, const std::string& name) {
    const auto found = std::ranges::find(attributes, name, &Attributes::value_type::first);
    return found == attributes.end() ? nullptr : &found->second;
}

}  // namespace

OrderKey ContactOrder::key_of(ContactId contact, const Attributes& attributes) const {
    OrderKey key;
    if (!priority.empty()) {
        if (const std::string* value = find(attributes, priority)) key.priority = number_in(*value).value_or(0);
    }
    const auto id = static_cast<std::uint64_t>(contact.value);
    switch (by) {
        case By::oldest: break;  // ids grow
        case By::newest: key.rank = bytes_of(~id); break;
        case By::random: key.rank = bytes_of(Random{seed ^ (id << 1U)}.next()); break;
        case By::attribute: {
            const std::string* value = find(attributes, attribute);
            key.rank = value == nullptr ? std::string(1, none_mark) : rank_of(*value, descending);
            break;
        }
    }
    return key;
}

bool ContactOrder::takes(const Contact& contact) const {
    return !where || contact.numbers.empty() || where->matches(contact.external_id, contact.attributes);
}

std::string ContactOrder::in_words() const {
    std::string words = priority.empty() ? "" : fmt::format("highest attributes.{} first, then ", priority);
    switch (by) {
        case By::oldest: return words + "oldest first";
        case By::newest: return words + "newest first";
        case By::random: return words + fmt::format("at random by seed {}", seed);
        case By::attribute:
            return words + fmt::format("by attributes.{}, {}", attribute, descending ? "descending" : "ascending");
    }
    OUTDIAL_UNREACHABLE();
}

std::string ContactOrder::specification() const {
    return where ? fmt::format("{}; where {}", in_words(), where->text()) : in_words();
}

bool same(const SharedContactOrder& a, const SharedContactOrder& b) {
    return a == b || (a && b && a->specification() == b->specification());
}

}  // namespace outdial
