#pragma once

#include <string>
#include <variant>

#include "import/columns.hpp"
#include "import/csv_reader.hpp"
#include "import/listed.hpp"
#include "number/normaliser.hpp"

namespace outdial::lists {

/// Makes a contact of a row, or says why not. A row is rejected
///   - where it has fewer fields than the header (it was cut off) or more that are not empty (it is out of step);
///   - where any of its fields holds a control character, line break, NUL or bytes that are not UTF-8: none of these
///     can be sent to Asterisk;
///   - where none of its numbers can be dialed. Where only some cannot, the others are kept, and these named in
///     `dropped`.
/// A number that is written twice counts once. Empty fields are no attributes.
///
/// Thread-safe. `region` is for rows that name none.
[[nodiscard]] std::variant<ListedContact, RejectedRow> read_row(CsvRow&& row, const Columns& columns,
                                                                const number::Normaliser& normaliser,
                                                                const std::string& region);

}  // namespace outdial::lists
