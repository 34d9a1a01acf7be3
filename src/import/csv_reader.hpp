#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

struct csv_parser;

namespace outdial::lists {

/// A row, and so a field, longer than this is rejected; the reader never holds more than this and one chunk.
inline constexpr std::size_t max_row_bytes = 64 * 1024;
inline constexpr std::size_t max_columns = 64;
inline constexpr std::size_t default_chunk_bytes = 64 * 1024;
/// Of a row that cannot be split into fields, so much is kept to be shown.
inline constexpr std::size_t max_shown_bytes = 1024;

struct CsvRow {
    std::uint64_t line = 0;           // where it begins: 1 is the file's first line
    std::vector<std::string> fields;  // where there is a problem: what there is to show of it, bounded
    std::string problem;              // why the row could not be split; empty: it could
};

/// Reads CSV (RFC 4180) row by row: CRLF or LF, quoted newlines, a UTF-8 byte order mark. Comma, semicolon or tab: the
/// one that the first line uses. Blanks around a field are not part of it unless quoted; blank lines are skipped.
///
/// libcsv decides what the text means; what is ours are the bounds, the line numbers, and what follows a mistake: a row
/// that cannot be read costs one line, and reading goes on with the next one. So a quote that is never closed rejects
/// its own line instead of taking the rest of the file for one field. (The lines it reached are read again; each stops
/// at the next stray quote, so this does not add up.) For the same reason the lines of a quoted field that is longer
/// than a row may be are rejected one by one, as rows of the wrong width.
class CsvReader {
public:
    /// Fills the span from its start and says how much; 0 is the end.
    using Read = std::function<Result<std::size_t>(std::span<char>)>;

    /// Reads the beginning. Refuses what is not text in UTF-8 (UTF-16, spreadsheets, compressed files) and lines that
    /// end in CR alone.
    [[nodiscard]] static Result<CsvReader> open(Read read, std::size_t chunk_bytes = default_chunk_bytes);

    CsvReader(CsvReader&&) noexcept;
    CsvReader& operator=(CsvReader&&) noexcept;
    ~CsvReader();

    /// The next row, or nothing at the end. Fails only where reading does.
    [[nodiscard]] Result<std::optional<CsvRow>> next();

    /// How far the rows handed out so far reach into the file.
    [[nodiscard]] std::uint64_t bytes_consumed() const { return consumed_; }

private:
    struct FreeParser {
        void operator()(csv_parser* parser) const;
    };
    struct Splitting;  // what libcsv's callbacks fill

    CsvReader(Read read, std::size_t chunk_bytes);

    [[nodiscard]] std::string_view pending() const { return std::string_view{buffer_}.substr(begin_); }
    [[nodiscard]] Result<void> fill();
    [[nodiscard]] Result<std::optional<std::size_t>> line_end(std::size_t from);
    [[nodiscard]] Result<void> begin();
    [[nodiscard]] Result<CsvRow> reject_line(std::string problem);
    void reset_parser();
    void consume(std::size_t bytes);

    Read read_;
    std::size_t chunk_bytes_;
    std::string buffer_;     // bytes of the file; those before begin_ are done with
    std::size_t begin_ = 0;  // where the next row begins in it
    bool at_end_ = false;    // the source is exhausted
    std::uint64_t line_ = 1;
    std::uint64_t consumed_ = 0;
    char delimiter_ = ',';
    std::unique_ptr<csv_parser, FreeParser> parser_;
};

}  // namespace outdial::lists
