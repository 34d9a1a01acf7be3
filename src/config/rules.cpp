#include "config/rules.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "core/contact.hpp"

namespace outdial::config {

namespace {

constexpr std::size_t max_name_bytes = 63;
constexpr std::size_t max_e164_bytes = 16;
constexpr std::size_t max_path_bytes = 4000;

std::string render_for(const Template& number_template, const PhoneNumber& number) {
    return number_template.render({number, Contact{}, {}, {}, {}});
}

}  // namespace

bool only_alphanumeric_or(std::string_view text, std::string_view others) {
    return std::ranges::all_of(text, [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               others.find(c) != std::string_view::npos;
    });
}

bool is_name(std::string_view text) {
    const bool upper = std::ranges::any_of(text, [](char c) { return c >= 'A' && c <= 'Z'; });
    return !text.empty() && text.size() <= max_name_bytes && !upper && only_alphanumeric_or(text, "_-") &&
           text.front() != '_' && text.front() != '-';
}

const TextRule name_rule{
    max_name_bytes, "a name of a-z, 0-9, _ and -, beginning with a letter or digit, of at most 63 characters", is_name};
const TextRule e164_rule{
    max_e164_bytes, "a telephone number in E.164 in quotes, such as \"+18001234567\": + and 3 to 15 digits", is_e164};
const TextRule path_rule{max_path_bytes, "a path"};

bool check_name(const NamedValue& named, std::string_view what, Problems& problems) {
    if (is_name(named.name)) return true;
    problems.add(named.at,
                 fmt::format("{} cannot name {}; it must be {}", in_quotes(named.name), what, name_rule.expected));
    return false;
}

std::size_t longest_rendering(const Template& number_template) {
    return render_for(number_template, {"+123456789012345", 0}).size();
}

std::string rendered_sample(const Template& number_template) { return render_for(number_template, {"+0000", 0}); }

}  // namespace outdial::config
