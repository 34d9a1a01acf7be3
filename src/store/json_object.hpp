#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"

namespace outdial::store {

/// As a JSON string, with its quotes. The text is valid UTF-8.
void append_json_string(std::string& out, std::string_view text);

/// Writes one JSON object, member after member. Keys are words of ours.
class JsonObject {
public:
    JsonObject() {
        text_.reserve(usual_bytes);
        text_ += '{';
    }
    JsonObject& text(std::string_view key, std::string_view value);
    JsonObject& text_if_any(std::string_view key, std::string_view value);  // nothing for an empty one
    JsonObject& number(std::string_view key, std::int64_t value);
    JsonObject& flag(std::string_view key, bool value);
    JsonObject& time_if_any(std::string_view key, std::optional<UtcTime> at);  // UTC milliseconds
    JsonObject& number_if_any(std::string_view key, std::optional<int> value);
    /// What is JSON already.
    JsonObject& json(std::string_view key, std::string_view value);

    /// Closes it.
    [[nodiscard]] std::string take();

private:
    void begin(std::string_view key);

    static constexpr std::size_t usual_bytes = 400;
    std::string text_;
};

}  // namespace outdial::store
