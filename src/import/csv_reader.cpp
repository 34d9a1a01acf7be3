#include "import/csv_reader.hpp"

#include <csv.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/check.hpp"

namespace outdial::lists {
namespace {

// A lone CR is data (and rejected as a control character later), not the end of a row: line numbers are counted by LF,
// as editors do. The CR of a CRLF then counts as a blank after the last field.
int ends_row(unsigned char c) { return c == '\n' ? 1 : 0; }
int is_blank(unsigned char c) { return c == ' ' || c == '\t' || c == '\r' ? 1 : 0; }

/// What the file is instead of UTF-8 text, judged by its first bytes, and what to do about it.
std::optional<std::string> not_utf8_text(std::string_view start) {
    const auto nul_at = [&](std::size_t i) { return start.size() > i && start[i] == '\0'; };
    if (start.starts_with("\xFF\xFE") || start.starts_with("\xFE\xFF") || nul_at(0) || nul_at(1)) {
        return "the file is in UTF-16 (or binary); save it as \"CSV UTF-8\", or convert it: "
               "iconv -f UTF-16 -t UTF-8 FILE > NEW.csv";
    }
    if (start.starts_with("PK\x03\x04") || start.starts_with("\xD0\xCF\x11\xE0")) {
        return "the file is a spreadsheet, not CSV; open it and export it as \"CSV UTF-8\"";
    }
    if (start.starts_with("\x1F\x8B")) return "the file is compressed; unpack it first (gunzip)";
    return std::nullopt;
}

/// A CR that no LF follows: what old Macintosh programs end lines with.
bool has_lone_cr(std::string_view line) {
    const auto cr = line.find('\r');
    return cr != std::string_view::npos && cr + 1 < line.size() && line[cr + 1] != '\n';
}

/// Comma wherever there is one; spreadsheets of countries with a decimal comma write semicolons.
char delimiter_of(std::string_view first_line) {
    std::size_t semicolons = 0;
    std::size_t tabs = 0;
    bool quoted = false;
    for (const char c : first_line) {
        if (c == '"') quoted = !quoted;
        if (quoted) continue;
        if (c == ',') return ',';
        if (c == ';') ++semicolons;
        if (c == '\t') ++tabs;
    }
    if (semicolons == 0 && tabs == 0) return ',';
    return semicolons >= tabs ? ';' : '\t';
}

}  // namespace

struct CsvReader::Splitting {
    std::vector<std::string> fields;
    bool too_many = false;
    bool complete = false;

    static void on_field(void* text, std::size_t size, void* self) {
        auto& splitting = *static_cast<Splitting*>(self);
        if (splitting.fields.size() == max_columns) {
            splitting.too_many = true;
            return;
        }
        splitting.fields.emplace_back(static_cast<const char*>(text), size);
    }
    static void on_row(int /*terminator*/, void* self) { static_cast<Splitting*>(self)->complete = true; }
};

void CsvReader::FreeParser::operator()(csv_parser* parser) const {
    csv_free(parser);
    delete parser;
}

CsvReader::CsvReader(Read read, std::size_t chunk_bytes) : read_{std::move(read)}, chunk_bytes_{chunk_bytes} {
    OUTDIAL_CHECK(chunk_bytes > 0);
}
CsvReader::CsvReader(CsvReader&&) noexcept = default;
CsvReader& CsvReader::operator=(CsvReader&&) noexcept = default;
CsvReader::~CsvReader() = default;

Result<CsvReader> CsvReader::open(Read read, std::size_t chunk_bytes) {
    CsvReader reader{std::move(read), chunk_bytes};
    if (auto begun = reader.begin(); !begun) return tl::unexpected(begun.error());
    return reader;
}

Result<void> CsvReader::begin() {
    constexpr std::size_t mark_bytes = 4;
    while (!at_end_ && pending().size() < mark_bytes) {
        if (auto filled = fill(); !filled) return filled;
    }
    if (auto reason = not_utf8_text(pending())) return fail(std::move(*reason));
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    if (pending().starts_with(byte_order_mark)) consume(byte_order_mark.size());

    for (std::size_t start = 0;;) {
        auto end = line_end(start);
        if (!end) return tl::unexpected(end.error());
        const std::size_t size = end->value_or(pending().size()) - start;
        const std::string_view line = pending().substr(start, size);
        if (!*end || line.empty() || line.find_first_not_of(" \t\r\n") != std::string_view::npos) {
            if (has_lone_cr(line)) {
                return fail(
                    "its lines end in CR alone, as on old Macintoshes; save it with the line ends of Windows or Unix");
            }
            delimiter_ = delimiter_of(line);
            break;
        }
        start += size;
    }
    reset_parser();
    return {};
}

void CsvReader::reset_parser() {
    constexpr std::size_t growth_bytes = 4096;  // libcsv's own 128 would copy a long field hundreds of times
    parser_.reset(new csv_parser);
    OUTDIAL_CHECK(csv_init(parser_.get(), CSV_STRICT | CSV_STRICT_FINI | CSV_REPALL_NL) == 0);
    csv_set_delim(parser_.get(), static_cast<unsigned char>(delimiter_));
    csv_set_term_func(parser_.get(), ends_row);
    csv_set_space_func(parser_.get(), is_blank);
    csv_set_blk_size(parser_.get(), growth_bytes);
}

Result<void> CsvReader::fill() {
    buffer_.erase(0, std::exchange(begin_, 0));
    const std::size_t had = buffer_.size();
    buffer_.resize(had + chunk_bytes_);
    const auto got = read_(std::span{buffer_}.subspan(had));
    buffer_.resize(had + (got ? *got : 0));
    if (!got) return tl::unexpected(got.error());
    if (*got == 0) at_end_ = true;
    return {};
}

/// Just behind the LF that ends the line which holds `from` (counted from begin_); nothing where the row would get
/// longer than max_row_bytes before one comes. The file's last line needs no LF.
Result<std::optional<std::size_t>> CsvReader::line_end(std::size_t from) {
    for (std::size_t searched = from;;) {
        const auto found = pending().find('\n', searched);
        if (found != std::string_view::npos) {
            const std::size_t end = found + 1;
            return end <= max_row_bytes ? std::optional{end} : std::nullopt;
        }
        searched = pending().size();
        if (searched > max_row_bytes) return std::optional<std::size_t>{};
        if (at_end_) return std::optional{searched};
        if (auto filled = fill(); !filled) return tl::unexpected(filled.error());
    }
}

void CsvReader::consume(std::size_t bytes) {
    begin_ += bytes;
    consumed_ += bytes;
}

Result<CsvRow> CsvReader::reject_line(std::string problem) {
    reset_parser();
    CsvRow row{.line = line_, .fields = {}, .problem = std::move(problem)};
    std::string shown;
    for (;;) {
        const auto found = pending().find('\n');
        const std::size_t size = found == std::string_view::npos ? pending().size() : found + 1;
        shown.append(pending().substr(0, std::min(size, max_shown_bytes - shown.size())));
        consume(size);
        if (found != std::string_view::npos || at_end_) break;
        if (auto filled = fill(); !filled) return tl::unexpected(filled.error());
    }
    while (!shown.empty() && (shown.back() == '\n' || shown.back() == '\r')) shown.pop_back();
    row.fields.push_back(std::move(shown));
    ++line_;
    return row;
}

Result<std::optional<CsvRow>> CsvReader::next() {
    Splitting splitting;
    std::size_t fed = 0;      // bytes of this row that libcsv has
    std::uint64_t lines = 0;  // and how many lines that is
    for (;;) {
        const auto end = line_end(fed);
        if (!end) return tl::unexpected(end.error());
        const auto unclosed = [&](std::string_view where) {
            return fmt::format("a quote is opened in this line and not closed {}; only this line was left out", where);
        };
        if (!*end) {
            return reject_line(lines == 0 ? fmt::format("the row is longer than {} KB", max_row_bytes / 1024)
                                          : unclosed(fmt::format("within {} KB", max_row_bytes / 1024)));
        }
        std::string_view piece = pending().substr(fed, **end - fed);
        if (piece.empty()) {
            if (lines == 0) return std::optional<CsvRow>{};
            return reject_line(unclosed("before the end of the file"));
        }
        const auto feed = [&](std::string_view text) {
            return csv_parse(parser_.get(), text.data(), text.size(), Splitting::on_field, Splitting::on_row,
                             &splitting) == text.size() &&
                   csv_error(parser_.get()) == CSV_SUCCESS;
        };
        // The LF that the file's last line may lack is supplied; inside quotes it shows that they are still open.
        if (!feed(piece) || (!piece.ends_with('\n') && !feed("\n"))) {
            return reject_line(lines == 0 ? "a quote stands where none may: put quotes around the whole field, and "
                                            "double those inside it"
                                          : unclosed("before another one"));
        }
        fed += piece.size();
        ++lines;
        if (!splitting.complete) continue;

        CsvRow row{.line = line_, .fields = std::move(splitting.fields), .problem = {}};
        consume(fed);
        line_ += lines;
        if (splitting.too_many) row.problem = fmt::format("it has more than {} columns", max_columns);
        if (!row.fields.empty()) return row;
        splitting = {};  // a blank line
        fed = 0;
        lines = 0;
    }
}

}  // namespace outdial::lists
