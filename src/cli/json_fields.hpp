#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

namespace outdial::cli {

// Fields of an answer that may be missing, null or of another type than expected: then they are empty, 0, or nothing.

[[nodiscard]] std::string text_of(const nlohmann::json& object, const char* key);
[[nodiscard]] std::int64_t count_of(const nlohmann::json& object, const char* key);
[[nodiscard]] std::optional<double> number_of(const nlohmann::json& object, const char* key);
/// The array, or an empty one.
[[nodiscard]] const nlohmann::json& list_of(const nlohmann::json& object, const char* key);

}  // namespace outdial::cli
