#include "cli/json_fields.hpp"

#include <nlohmann/json.hpp>

namespace outdial::cli {
namespace {

const nlohmann::json* find(const nlohmann::json& object, const char* key) {
    const auto found = object.find(key);
    return found == object.end() ? nullptr : &*found;
}

}  // namespace

std::string text_of(const nlohmann::json& object, const char* key) {
    const nlohmann::json* field = find(object, key);
    return field != nullptr && field->is_string() ? field->get<std::string>() : std::string{};
}

std::int64_t count_of(const nlohmann::json& object, const char* key) {
    const nlohmann::json* field = find(object, key);
    return field != nullptr && field->is_number_integer() ? field->get<std::int64_t>() : 0;
}

std::optional<double> number_of(const nlohmann::json& object, const char* key) {
    const nlohmann::json* field = find(object, key);
    return field != nullptr && field->is_number() ? std::optional{field->get<double>()} : std::nullopt;
}

const nlohmann::json& list_of(const nlohmann::json& object, const char* key) {
    static const nlohmann::json none = nlohmann::json::array();
    const nlohmann::json* field = find(object, key);
    return field != nullptr && field->is_array() ? *field : none;
}

}  // namespace outdial::cli
