#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "import/file.hpp"
#include "import/listed.hpp"

namespace outdial::lists {

/// The rows that were left out, as CSV for a person to correct: line, reason, then the list's own columns. The caller
/// chooses the path, by custom the list's with `.rejected.csv` after it. Only the owner may read the file, for it holds
/// people's numbers.
///
/// A corrected copy can be imported again with --map line=,reason= . Fields are written so that opening the file does
/// no harm: one that a spreadsheet would run as a formula (= + - @ in front) gets an apostrophe in front, which the
/// import of a number takes off again; control characters and bytes that are not UTF-8 are written as \x1B.
class RejectFile {
public:
    /// Whether writing to `path` would replace nothing but an earlier reject file: there is none, it is empty, or it
    /// begins as ours do.
    [[nodiscard]] static bool may_replace(const std::string& path);
    /// `header`: the list's columns.
    [[nodiscard]] static Result<RejectFile> create(std::string path, const std::vector<std::string>& header);

    [[nodiscard]] Result<void> write(const RejectedRow& row);
    /// What is not closed may lack its last rows.
    [[nodiscard]] Result<void> close();

private:
    explicit RejectFile(File file) : file_{std::move(file)} {}

    File file_;
    std::string buffer_;  // rows not yet written
};

}  // namespace outdial::lists
