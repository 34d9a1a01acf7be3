#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace outdial::lists {

/// `--map Telephone=phone,Kundennummer=external_id`: what columns are to be called instead. An empty field leaves the
/// column out.
struct ColumnMap {
    std::vector<std::pair<std::string, std::string>> renames;  // column as the file names it (in any case), field

    [[nodiscard]] static Result<ColumnMap> parse(std::string_view text);
};

/// What each column of a call list means, from its header.
///   phone (or phone1), phone2 ... phone16   the numbers, tried in the order of their suffix; at least one column
///   external_id                             the caller's own key
///   region                                  ISO 3166 alpha-2, how this row's numbers are read
///   anything else                           an attribute: [A-Za-z_][A-Za-z0-9_]*, up to 64 characters
/// These known names are understood in any case. No other name is taken for one of them, `id` least of all: where it
/// only counts a file's rows, tomorrow's list would be taken for today's. That is what --map is for.
struct Columns {
    struct Named {
        std::size_t column;  // counted from 0
        std::string name;
    };

    std::vector<std::string> header;  // as the file writes it, without empty columns at its end
    std::vector<Named> phones;
    std::optional<std::size_t> external_id;
    std::optional<std::size_t> region;
    std::vector<Named> attributes;

    /// The error lists the columns found.
    [[nodiscard]] static Result<Columns> from_header(std::vector<std::string> header, const ColumnMap& map);
};

}  // namespace outdial::lists
