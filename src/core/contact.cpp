#include "core/contact.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/utf8.hpp"

namespace outdial {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

std::string fault_of(const PhoneNumber& number) {
    if (!is_e164(number.e164)) return "a number is not E.164 (+ and 3 to 15 digits)";
    if (number.country_code_digits < 0 || number.country_code_digits > 3) {
        return "a number's country code does not have 1 to 3 digits";
    }
    return {};
}

}  // namespace

bool is_e164(std::string_view text) {
    if (text.size() < 4 || text.size() > 16 || text.front() != '+') return false;
    return std::ranges::all_of(text.substr(1), is_digit);
}

bool is_attribute_name(std::string_view name) {
    return !name.empty() && name.size() <= max_attribute_name_bytes && is_letter(name.front()) &&
           std::ranges::all_of(name, [](char c) { return is_letter(c) || is_digit(c); });
}

std::string why_unsendable(std::string_view text) {
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte == '\n' || byte == '\r') return "holds a line break, which cannot be sent to Asterisk";
        if (byte < 0x20 || byte == 0x7F) {
            return fmt::format("holds the control character 0x{:02X}, which cannot be sent to Asterisk", byte);
        }
    }
    if (!is_utf8(text)) return "is not valid UTF-8";
    return {};
}

std::string fault_of(const NewContact& contact) {
    if (contact.numbers.empty()) return "it has no number";
    if (contact.numbers.size() > static_cast<std::size_t>(max_numbers_per_contact)) {
        return fmt::format("it has {} numbers; at most {} are allowed", contact.numbers.size(),
                           max_numbers_per_contact);
    }
    for (const PhoneNumber& number : contact.numbers) {
        if (std::string fault = fault_of(number); !fault.empty()) return fault;
    }
    if (contact.external_id.size() > max_external_id_bytes) {
        return fmt::format("its external_id is longer than {} bytes", max_external_id_bytes);
    }
    if (const std::string why = why_unsendable(contact.external_id); !why.empty()) return "its external_id " + why;
    for (const auto& [name, value] : contact.attributes) {
        if (!is_attribute_name(name)) {
            return fmt::format("an attribute's name is not made of letters, digits and _ (no digit first, at most {})",
                               max_attribute_name_bytes);
        }
        if (const std::string why = why_unsendable(value); !why.empty()) {
            return fmt::format("its attribute {} {}", name, why);
        }
    }
    return {};
}

}  // namespace outdial
