#include "import/row.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>

#include "base/printable.hpp"
#include "base/utf8.hpp"
#include "import/text.hpp"

namespace outdial::lists {
namespace {

std::optional<std::string> wrong_size(const CsvRow& row, const Columns& columns) {
    const std::size_t wanted = columns.header.size();
    if (row.fields.size() < wanted) {
        return fmt::format("it has {} columns, the header {}: is the row cut off?", row.fields.size(), wanted);
    }
    const auto beyond = row.fields.begin() + static_cast<std::ptrdiff_t>(wanted);
    if (std::all_of(beyond, row.fields.end(), [](const std::string& field) { return field.empty(); }))
        return std::nullopt;
    return fmt::format("it has {} columns, the header {}: put quotes around a field that holds the separator",
                       row.fields.size(), wanted);
}

std::optional<std::string> unsendable_field(const CsvRow& row, const Columns& columns) {
    const auto check = [&](std::size_t column) -> std::optional<std::string> {
        std::string reason = why_unsendable(row.fields[column]);
        if (reason.empty()) return std::nullopt;
        if (!is_utf8(row.fields[column])) reason += ": save the file as \"CSV UTF-8\"";
        return fmt::format("column \"{}\" {}", printable(columns.header[column]), reason);
    };
    for (const auto& phone : columns.phones) {
        if (auto reason = check(phone.column)) return reason;
    }
    for (const auto& column : {columns.external_id, columns.region}) {
        if (!column) continue;
        if (auto reason = check(*column)) return reason;
    }
    for (const auto& attribute : columns.attributes) {
        if (auto reason = check(attribute.column)) return reason;
    }
    return std::nullopt;
}

/// Fills numbers and dropped.
void read_numbers(const CsvRow& row, const Columns& columns, const number::Normaliser& normaliser,
                  std::string_view region, ListedContact& listed) {
    for (const auto& [column, name] : columns.phones) {
        const std::string_view written = trimmed(row.fields[column]);
        if (written.empty()) continue;
        auto number = normaliser.normalise(written, region);
        if (!number) {
            listed.dropped.push_back(fmt::format("{}: {}", name, number.error().message));
            continue;
        }
        auto& numbers = listed.contact.numbers;
        if (std::ranges::find(numbers, number->phone) == numbers.end()) numbers.push_back(std::move(number->phone));
    }
}

}  // namespace

std::variant<ListedContact, RejectedRow> read_row(CsvRow&& row, const Columns& columns,
                                                  const number::Normaliser& normaliser, const std::string& region) {
    const auto reject = [&row](std::string reason) {
        return RejectedRow{.line = row.line, .reason = std::move(reason), .fields = std::move(row.fields)};
    };
    if (!row.problem.empty()) return reject(std::move(row.problem));
    if (auto reason = wrong_size(row, columns)) return reject(std::move(*reason));
    if (auto reason = unsendable_field(row, columns)) return reject(std::move(*reason));

    std::string_view read_as = region;
    if (columns.region) {
        const std::string_view own = trimmed(row.fields[*columns.region]);
        if (!own.empty()) read_as = own;
        if (!own.empty() && !normaliser.known_region(own)) {
            return reject("its region is unknown: it must be a country's two letters, such as US");
        }
    }
    ListedContact listed;
    listed.line = row.line;
    read_numbers(row, columns, normaliser, read_as, listed);
    if (listed.contact.numbers.empty()) {
        return reject(listed.dropped.empty() ? "it has no number" : fmt::format("{}", fmt::join(listed.dropped, "; ")));
    }
    if (columns.external_id) {
        const std::string_view id = trimmed(row.fields[*columns.external_id]);
        if (id.size() > max_external_id_bytes) {
            return reject(fmt::format("its external_id is longer than {} bytes", max_external_id_bytes));
        }
        listed.contact.external_id = id;
    }
    for (const auto& [column, name] : columns.attributes) {
        if (!row.fields[column].empty()) listed.contact.attributes.emplace_back(name, std::move(row.fields[column]));
    }
    return listed;
}

}  // namespace outdial::lists
