// In which order a campaign takes the contacts that it has never taken, and which of its list it takes at all.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "core/contact.hpp"
#include "core/contact_filter.hpp"

namespace outdial {

/// Where a contact stands: the least comes first, and of equals the one that was imported first.
struct OrderKey {
    double priority = 0;  // the highest first
    std::string rank;     // bytes, compared as such

    [[nodiscard]] bool operator<(const OrderKey& other) const {
        return priority != other.priority ? priority > other.priority : rank < other.rank;
    }
    bool operator==(const OrderKey&) const = default;
};

struct ContactOrder {
    enum class By : std::uint8_t { oldest, newest, random, attribute };

    By by = By::oldest;       // by when they were imported
    std::string attribute{};  // numbers before texts before contacts without it, whatever the direction
    bool descending = false;  // of the attribute
    std::uint64_t seed = 0;   // of random: the same seed, the same order
    std::string priority{};   // an attribute, which wins over the order; no number counts as 0. Empty: all are equal
    std::optional<ContactFilter> where{};

    [[nodiscard]] OrderKey key_of(ContactId contact, const Attributes& attributes) const;
    /// Whose numbers are gone because they were forgotten passes: the claim finds out, and ends them.
    [[nodiscard]] bool takes(const Contact& contact) const;
    /// What of it decides the order, for people: "highest attributes.vip first, then newest first".
    [[nodiscard]] std::string in_words() const;
    /// All of it; two orders of the same text are the same.
    [[nodiscard]] std::string specification() const;
};

using SharedContactOrder = std::shared_ptr<const ContactOrder>;  // nothing: everybody, in the order of the list
[[nodiscard]] bool same(const SharedContactOrder& a, const SharedContactOrder& b);

}  // namespace outdial
