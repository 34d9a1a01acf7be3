#include "store/json_object.hpp"

#include <fmt/core.h>
#include <fmt/format.h>

#include <utility>

namespace outdial::store {

void append_json_string(std::string& out, std::string_view text) {
    out += '"';
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (byte < 0x20) {
            out += fmt::format("\\u{:04x}", byte);
        } else {
            out += c;
        }
    }
    out += '"';
}

void JsonObject::begin(std::string_view key) {
    if (text_.size() > 1) text_ += ',';
    text_ += '"';
    text_ += key;
    text_ += "\":";
}

JsonObject& JsonObject::text(std::string_view key, std::string_view value) {
    begin(key);
    append_json_string(text_, value);
    return *this;
}

JsonObject& JsonObject::text_if_any(std::string_view key, std::string_view value) {
    return value.empty() ? *this : text(key, value);
}

JsonObject& JsonObject::number(std::string_view key, std::int64_t value) {
    begin(key);
    const fmt::format_int digits{value};
    text_.append(digits.data(), digits.size());
    return *this;
}

JsonObject& JsonObject::number_if_any(std::string_view key, std::optional<int> value) {
    return value ? number(key, *value) : *this;
}

JsonObject& JsonObject::flag(std::string_view key, bool value) { return json(key, value ? "true" : "false"); }

JsonObject& JsonObject::time_if_any(std::string_view key, std::optional<UtcTime> at) {
    return at ? number(key, to_unix_ms(*at)) : *this;
}

JsonObject& JsonObject::json(std::string_view key, std::string_view value) {
    begin(key);
    text_ += value;
    return *this;
}

std::string JsonObject::take() {
    text_ += '}';
    return std::move(text_);
}

}  // namespace outdial::store
