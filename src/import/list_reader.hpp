#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "import/columns.hpp"
#include "import/csv_reader.hpp"
#include "import/listed.hpp"
#include "number/normaliser.hpp"

namespace outdial::lists {

inline constexpr int max_threads = 16;
/// A batch ends early where its rows reach this many bytes of the file.
inline constexpr std::size_t max_batch_bytes = 1024 * 1024;

struct ListOptions {
    std::string region;  // for rows that name none; empty: their numbers must have a country code
    ColumnMap map;
    number::Check check = number::Check::in_use;
    int threads = 0;  // that read numbers; 0: as many as the machine runs at once; at most max_threads
    std::size_t batch_rows = 500;
};

/// The next rows of a file, in its order.
struct Batch {
    std::vector<ListedContact> contacts;
    std::vector<RejectedRow> rejected;
    std::uint64_t bytes_read = 0;   // how far into the file these rows reach
    std::uint64_t bytes_total = 0;  // 0: not known, it is a pipe
};

/// Every row that is not blank is in exactly one of `contacts` and `rejected`.
struct ListSummary {
    std::uint64_t contacts = 0;
    std::uint64_t rejected = 0;
    std::uint64_t numbers_dropped = 0;  // of accepted contacts
};

/// Reads a call list: CSV in, contacts with E.164 numbers out. Knows nothing of what is stored already, so duplicates
/// among rows are the store's to find.
class ListReader {
public:
    using Deliver = std::function<Result<void>(Batch&&)>;

    /// Reads the header; fails where the file as a whole cannot be a call list. Errors begin with the path.
    [[nodiscard]] static Result<ListReader> open(const std::string& path, ListOptions options);
    /// The same for what is no file; `name` stands for the path.
    [[nodiscard]] static Result<ListReader> open(std::string name, CsvReader::Read read, std::uint64_t bytes_total,
                                                 ListOptions options);

    [[nodiscard]] const Columns& columns() const { return columns_; }

    /// Reads the rest, once. Rows are read here, their numbers in threads; `deliver` is called here too, batch after
    /// batch in the file's order, and an error of its stops everything and is returned. A bounded number of batches is
    /// under way at a time, so memory does not grow with the file.
    [[nodiscard]] Result<ListSummary> run(const Deliver& deliver);

private:
    struct RawBatch {
        std::vector<CsvRow> rows;
        std::uint64_t bytes_read = 0;
    };

    ListReader(std::string name, CsvReader csv, Columns columns, std::uint64_t bytes_total, ListOptions options);

    [[nodiscard]] Result<RawBatch> next_raw();
    [[nodiscard]] Batch translate(RawBatch&& raw) const;

    std::string name_;
    CsvReader csv_;
    Columns columns_;
    std::uint64_t bytes_total_;
    ListOptions options_;
    number::Normaliser normaliser_;
};

}  // namespace outdial::lists
