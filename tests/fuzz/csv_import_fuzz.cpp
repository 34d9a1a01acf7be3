// Any bytes as a call list. However the file comes in, its rows are the same, every line of it is accounted for, and no
// more of it is held than the limits say; what becomes a contact can be dialed and sent.
#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "core/attempt.hpp"
#include "fuzz/fuzz.hpp"
#include "import/columns.hpp"
#include "import/csv_reader.hpp"
#include "import/row.hpp"

namespace {

using namespace outdial;
using lists::CsvReader;
using lists::CsvRow;

// A normalised number takes longer than all the rest of a run: so many rows of an input are made contacts.
constexpr std::size_t max_contacts_tried = 2;
// Some inputs are repeated, so that rows reach their limit of bytes: every so many, up to so much.
constexpr std::uint64_t repeat_one_in = 64;
constexpr std::size_t repeated_bytes = 3 * lists::max_row_bytes;

struct Outcome {
    std::string refusal;  // of the file as a whole
    std::vector<CsvRow> rows;
};

bool same(const Outcome& a, const Outcome& b) {
    const auto same_row = [](const CsvRow& x, const CsvRow& y) {
        return x.line == y.line && x.fields == y.fields && x.problem == y.problem;
    };
    return a.refusal == b.refusal && std::ranges::equal(a.rows, b.rows, same_row);
}

// `random`: the source gives what it likes of the bytes asked for, as a pipe does.
Outcome read(std::string_view file, std::size_t chunk_bytes, Random* random) {
    std::size_t given = 0;
    const auto source = [&](std::span<char> out) -> Result<std::size_t> {
        std::size_t size = std::min(out.size(), file.size() - given);
        if (random != nullptr && size > 0) size = 1 + random->below(size);
        std::copy_n(file.data() + given, size, out.data());
        given += size;
        return size;
    };
    Outcome outcome;
    auto reader = CsvReader::open(source, chunk_bytes);
    if (!reader) {
        outcome.refusal = reader.error().message;
        OUTDIAL_CHECK(!outcome.refusal.empty());
        return outcome;
    }
    for (;;) {
        auto row = reader->next();
        OUTDIAL_CHECK(row.has_value());  // the source never fails
        OUTDIAL_CHECK(given - reader->bytes_consumed() <= lists::max_row_bytes + chunk_bytes);
        if (!*row) break;
        outcome.rows.push_back(std::move(**row));
    }
    OUTDIAL_CHECK(reader->bytes_consumed() == file.size());
    return outcome;
}

void check_rows(const std::vector<CsvRow>& rows, std::string_view file) {
    const auto lines = static_cast<std::uint64_t>(std::ranges::count(file, '\n')) + 1;
    std::uint64_t before = 0;
    for (const CsvRow& row : rows) {
        OUTDIAL_CHECK(row.line > before && row.line <= lines);
        before = row.line;
        OUTDIAL_CHECK(!row.fields.empty() && row.fields.size() <= lists::max_columns);
        std::size_t bytes = 0;
        for (const std::string& field : row.fields) bytes += field.size();
        OUTDIAL_CHECK(bytes <= lists::max_row_bytes);
    }
}

void check_contact(const NewContact& contact) {
    OUTDIAL_CHECK(!contact.numbers.empty() && contact.numbers.size() <= max_numbers_per_contact);
    for (const PhoneNumber& number : contact.numbers) OUTDIAL_CHECK(is_e164(number.e164));
    const auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7F; };
    OUTDIAL_CHECK(std::ranges::none_of(contact.external_id, is_control));
    for (const auto& [name, value] : contact.attributes) {
        OUTDIAL_CHECK(!name.empty() && !value.empty() && std::ranges::none_of(value, is_control));
    }
}

void check_contacts(std::vector<CsvRow> rows) {
    if (rows.empty() || !rows.front().problem.empty()) return;
    const auto columns = lists::Columns::from_header(rows.front().fields, {});
    if (!columns) {
        OUTDIAL_CHECK(!columns.error().message.empty());
        return;
    }
    static const number::Normaliser normaliser;
    const std::size_t end = std::min(rows.size(), 1 + max_contacts_tried);
    for (std::size_t i = 1; i < end; ++i) {
        const std::uint64_t line = rows[i].line;
        const auto made = lists::read_row(std::move(rows[i]), *columns, normaliser, "US");
        if (const auto* listed = std::get_if<lists::ListedContact>(&made)) {
            OUTDIAL_CHECK(listed->line == line);
            check_contact(listed->contact);
        } else {
            const auto& rejected = std::get<lists::RejectedRow>(made);
            OUTDIAL_CHECK(rejected.line == line && !rejected.reason.empty());
        }
    }
}

std::string repeated(std::string_view text) {
    std::string file;
    while (file.size() < repeated_bytes) file += text;
    return file;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = fuzz::text_of(data, size);
    Random random{fuzz::seed_of(text)};
    const bool repeats = !text.empty() && random.below(repeat_one_in) == 0;
    const std::string file = repeats ? repeated(text) : std::string{text};
    Outcome outcome = read(file, lists::default_chunk_bytes, nullptr);
    // Small chunks of a long file would take as many reads as it has bytes.
    const std::size_t chunk_bytes = (repeats ? 4096 : 1) + random.below(64);
    OUTDIAL_CHECK(same(outcome, read(file, chunk_bytes, &random)));
    check_rows(outcome.rows, file);
    check_contacts(std::move(outcome.rows));
    return 0;
}
