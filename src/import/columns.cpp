#include "import/columns.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "base/printable.hpp"
#include "core/contact.hpp"
#include "import/text.hpp"

namespace outdial::lists {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// 1 for `phone` and `phone1`, 2 for `phone2`; nothing where it is no phone column. May be out of range.
std::optional<int> phone_rank(std::string_view lower_name) {
    constexpr std::string_view stem = "phone";
    if (!lower_name.starts_with(stem)) return std::nullopt;
    const std::string_view suffix = lower_name.substr(stem.size());
    if (suffix.empty()) return 1;
    if (!std::ranges::all_of(suffix, is_digit)) return std::nullopt;
    int rank = 0;
    const auto [end, error] = std::from_chars(suffix.data(), suffix.data() + suffix.size(), rank);
    return error == std::errc{} && end == suffix.data() + suffix.size() ? rank : max_numbers_per_contact + 1;
}

std::string shown(std::string_view name) { return printable(name.substr(0, max_attribute_name_bytes)); }

std::string found(const std::vector<std::string>& header) {
    std::vector<std::string> names;
    std::ranges::transform(header, std::back_inserter(names), shown);
    return fmt::format("columns found: {}", fmt::join(names, ", "));
}

/// Each column's field: its own name, or what the map makes of it; nothing for a column to be left out.
Result<std::vector<std::optional<std::string>>> fields_of(const std::vector<std::string>& header,
                                                          const ColumnMap& map) {
    std::vector<std::optional<std::string>> fields;
    for (const auto& name : header) fields.emplace_back(std::string{trimmed(name)});
    for (const auto& [column, field] : map.renames) {
        bool used = false;
        for (std::size_t i = 0; i < header.size(); ++i) {
            if (lower(trimmed(header[i])) != lower(column)) continue;
            used = true;
            if (field.empty()) {
                fields[i].reset();
            } else {
                fields[i] = field;
            }
        }
        if (!used) return fail(fmt::format("--map names no column \"{}\"; {}", shown(column), found(header)));
    }
    return fields;
}

}  // namespace

Result<ColumnMap> ColumnMap::parse(std::string_view text) {
    ColumnMap map;
    while (!text.empty()) {
        const auto comma = std::min(text.find(','), text.size());
        const std::string_view part = text.substr(0, comma);
        text.remove_prefix(std::min(comma + 1, text.size()));
        // The last one: a column's name may hold an equals sign, a field's cannot.
        const auto equals = part.rfind('=');
        const std::string column{trimmed(part.substr(0, std::min(equals, part.size())))};
        if (equals == std::string_view::npos || column.empty()) {
            return fail(
                fmt::format("--map: \"{}\" is not COLUMN=FIELD; for example --map Telephone=phone", shown(part)));
        }
        const auto same = [&](const auto& rename) { return lower(rename.first) == lower(column); };
        if (std::ranges::any_of(map.renames, same)) {
            return fail(fmt::format("--map names the column \"{}\" twice", shown(column)));
        }
        map.renames.emplace_back(column, trimmed(part.substr(equals + 1)));
    }
    return map;
}

Result<Columns> Columns::from_header(std::vector<std::string> header, const ColumnMap& map) {
    while (!header.empty() && trimmed(header.back()).empty()) header.pop_back();
    if (header.empty()) return fail("the header is empty: its first line must name the columns, one of them phone");

    auto fields = fields_of(header, map);
    if (!fields) return tl::unexpected(fields.error());

    Columns columns;
    std::map<int, Named> phones;
    std::map<std::string, std::string> taken;  // a field in lower case, and the column that has it
    for (std::size_t i = 0; i < fields->size(); ++i) {
        if (!(*fields)[i]) continue;
        const std::string& field = *(*fields)[i];
        if (field.empty()) {
            return fail(
                fmt::format("column {} has no name; name it in the file's first line; {}", i + 1, found(header)));
        }
        const auto rank = phone_rank(lower(field));
        if (rank && (*rank < 1 || *rank > max_numbers_per_contact)) {
            return fail(fmt::format("column \"{}\": a contact has numbers phone, phone2 ... phone{}; {}", shown(field),
                                    max_numbers_per_contact, found(header)));
        }
        const auto [other, first] = taken.emplace(rank ? fmt::format("phone{}", *rank) : lower(field), header[i]);
        if (!first) {
            return fail(
                fmt::format("columns \"{}\" and \"{}\" both mean {}; rename one, or leave it out with --map; {}",
                            shown(other->second), shown(header[i]), shown(field), found(header)));
        }
        if (rank) {
            phones.emplace(*rank, Named{i, lower(field)});
        } else if (lower(field) == "external_id") {
            columns.external_id = i;
        } else if (lower(field) == "region") {
            columns.region = i;
        } else if (is_attribute_name(field)) {
            columns.attributes.push_back({i, field});
        } else {
            return fail(
                fmt::format("column \"{}\" cannot be an attribute's name (letters, digits and _ only, no digit first, "
                            "up to {}); rename "
                            "it: --map \"{}=some_name\", or leave it out: --map \"{}=\"; {}",
                            shown(field), max_attribute_name_bytes, shown(header[i]), shown(header[i]), found(header)));
        }
    }
    if (phones.empty()) {
        return fail(fmt::format("no column is called phone; say which one holds the numbers: --map COLUMN=phone; {}",
                                found(header)));
    }
    for (auto& [rank, named] : phones) columns.phones.push_back(std::move(named));
    columns.header = std::move(header);
    return columns;
}

}  // namespace outdial::lists
