#include "import/list_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <future>
#include <memory>
#include <thread>
#include <utility>

#include "base/check.hpp"
#include "import/file.hpp"
#include "import/row.hpp"
#include "import/workers.hpp"

namespace outdial::lists {
namespace {

/// One being read, and one more waiting for each thread: enough that none is idle while a batch is delivered.
constexpr std::size_t batches_per_thread = 2;

int thread_count(int wanted) {
    const int there = static_cast<int>(std::thread::hardware_concurrency());
    return std::clamp(wanted > 0 ? wanted : there, 1, max_threads);
}

bool is_blank(const CsvRow& row) {
    return row.problem.empty() &&
           std::ranges::all_of(row.fields, [](const std::string& field) { return field.empty(); });
}

}  // namespace

ListReader::ListReader(std::string name, CsvReader csv, Columns columns, std::uint64_t bytes_total, ListOptions options)
    : name_{std::move(name)},
      csv_{std::move(csv)},
      columns_{std::move(columns)},
      bytes_total_{bytes_total},
      options_{std::move(options)},
      normaliser_{options_.check} {
    OUTDIAL_CHECK(options_.batch_rows > 0);
}

Result<ListReader> ListReader::open(const std::string& path, ListOptions options) {
    auto file = File::open(path);
    if (!file) return tl::unexpected(file.error());
    const std::uint64_t size = file->size();
    auto shared = std::make_shared<File>(std::move(*file));  // shared only because a std::function must be copyable
    return open(
        path, [shared](std::span<char> into) { return shared->read(into); }, size, std::move(options));
}

Result<ListReader> ListReader::open(std::string name, CsvReader::Read read, std::uint64_t bytes_total,
                                    ListOptions options) {
    if (!options.region.empty() && !number::Normaliser{}.known_region(options.region)) {
        return fail(fmt::format("--region {}: must be a country's two letters, such as US", options.region));
    }
    const auto fail_here = [&](const std::string& reason) { return fail(fmt::format("{}: {}", name, reason)); };
    auto csv = CsvReader::open(std::move(read));
    if (!csv) return fail_here(csv.error().message);
    auto header = csv->next();
    if (!header) return fail_here(header.error().message);
    if (!*header) return fail_here("the file is empty: its first line must name the columns, one of them phone");
    if (!(*header)->problem.empty()) {
        return fail_here(fmt::format("line {}, the header: {}", (*header)->line, (*header)->problem));
    }
    auto columns = Columns::from_header(std::move((*header)->fields), options.map);
    if (!columns) return fail_here(fmt::format("line {}: {}", (*header)->line, columns.error().message));
    return ListReader{std::move(name), std::move(*csv), std::move(*columns), bytes_total, std::move(options)};
}

Result<ListReader::RawBatch> ListReader::next_raw() {
    RawBatch raw;
    const std::uint64_t begun_at = csv_.bytes_consumed();
    while (raw.rows.size() < options_.batch_rows && csv_.bytes_consumed() - begun_at < max_batch_bytes) {
        auto row = csv_.next();
        if (!row) return fail(fmt::format("{}: {}", name_, row.error().message));
        if (!*row) break;
        if (!is_blank(**row)) raw.rows.push_back(std::move(**row));
    }
    raw.bytes_read = csv_.bytes_consumed();
    return raw;
}

Batch ListReader::translate(RawBatch&& raw) const {
    Batch batch;
    batch.bytes_read = raw.bytes_read;
    batch.bytes_total = bytes_total_;
    batch.contacts.reserve(raw.rows.size());
    for (auto& row : raw.rows) {
        auto read = read_row(std::move(row), columns_, normaliser_, options_.region);
        if (auto* contact = std::get_if<ListedContact>(&read)) {
            batch.contacts.push_back(std::move(*contact));
        } else {
            batch.rejected.push_back(std::move(std::get<RejectedRow>(read)));
        }
    }
    return batch;
}

Result<ListSummary> ListReader::run(const Deliver& deliver) {
    ListSummary summary;
    const int threads = thread_count(options_.threads);
    const std::size_t window = batches_per_thread * static_cast<std::size_t>(threads) + 1;
    std::deque<std::future<Batch>> under_way;
    Workers workers{threads};
    bool more = true;
    while (more || !under_way.empty()) {
        while (more && under_way.size() < window) {
            const std::uint64_t begun_at = csv_.bytes_consumed();
            auto raw = next_raw();
            if (!raw) return tl::unexpected(raw.error());
            more = csv_.bytes_consumed() > begun_at;
            if (raw->rows.empty()) continue;
            auto task = std::make_shared<std::packaged_task<Batch()>>(
                [this, held = std::move(*raw)]() mutable { return translate(std::move(held)); });
            under_way.push_back(task->get_future());
            workers.submit([task] { (*task)(); });
        }
        if (under_way.empty()) break;
        Batch batch = under_way.front().get();
        under_way.pop_front();
        summary.contacts += batch.contacts.size();
        summary.rejected += batch.rejected.size();
        for (const auto& contact : batch.contacts) summary.numbers_dropped += contact.dropped.size();
        if (auto delivered = deliver(std::move(batch)); !delivered) return tl::unexpected(delivered.error());
    }
    return summary;
}

}  // namespace outdial::lists
