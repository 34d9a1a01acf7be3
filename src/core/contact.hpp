#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ids.hpp"

namespace outdial {

/// A telephone number that may be dialed: E.164 with its plus sign, +12125550100.
struct PhoneNumber {
    std::string e164;
    int country_code_digits =
        0;  // digits after the plus sign that are the country calling code; the rest is the national number

    /// 12125550100
    [[nodiscard]] std::string_view digits() const { return std::string_view{e164}.substr(1); }
    /// 2125550100
    [[nodiscard]] std::string_view national() const {
        return std::string_view{e164}.substr(1 + static_cast<std::size_t>(country_code_digits));
    }
    bool operator==(const PhoneNumber&) const = default;
};

/// `+` and 3 to 15 digits. The database, the import and the AMI encoder each refuse anything else, so that no byte of a
/// call list can choose an endpoint or end a header.
[[nodiscard]] bool is_e164(std::string_view text);

using Attributes = std::vector<std::pair<std::string, std::string>>;

/// One accepted row of a call list, before it is stored. Its numbers are tried in this order.
struct NewContact {
    std::string external_id;  // the caller's own key; may be empty
    std::vector<PhoneNumber> numbers;
    Attributes attributes;
};

/// A contact's bounds. Numbers beyond so many, and a key or a name longer than that, are refused.
inline constexpr int max_numbers_per_contact = 16;
inline constexpr std::size_t max_external_id_bytes = 255;
inline constexpr std::size_t max_attribute_name_bytes = 64;

/// Letters, digits and _, no digit first, at most max_attribute_name_bytes: it is a word of a placeholder.
[[nodiscard]] bool is_attribute_name(std::string_view name);

/// Why the text cannot be sent to Asterisk, to follow a name: "holds a line break, ..."; empty where it can.
[[nodiscard]] std::string why_unsendable(std::string_view text);

/// What of the contact breaks the rules above; empty where nothing does. Does not name its number, so that it may be
/// logged.
[[nodiscard]] std::string fault_of(const NewContact& contact);

/// A contact as a claim hands it over.
struct Contact {
    ContactId id;
    std::string external_id;
    std::vector<PhoneNumber> numbers;
    Attributes attributes;
};

}  // namespace outdial
