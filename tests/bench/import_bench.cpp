// Rows per second from a call list on disk to contacts with E.164 numbers: what the import can do before the store.

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "base/check.hpp"
#include "import/list_reader.hpp"

namespace {

constexpr int row_count = 200'000;

/// A list as a customer system exports it: national and international forms, a quoted name, three attributes.
std::string generated_list() {
    std::string path = (std::filesystem::temp_directory_path() / "outdial-bench-XXXXXX").string();
    const int descriptor = ::mkstemp(path.data());
    OUTDIAL_CHECK(descriptor >= 0);
    ::close(descriptor);
    std::ofstream out{path, std::ios::binary};
    out << "external_id,phone,name,policy_id,amount\n";
    for (int i = 0; i < row_count; ++i) {
        const int area = 201 + (i / 10'000) % 2;
        const std::string number = i % 2 == 0 ? fmt::format("({}) 555-{:04}", area, i % 10'000)
                                              : fmt::format("+1{}555{:04}", area, i % 10'000);
        out << fmt::format("C-{},{},\"Surname, Name {}\",P-{},{}.50\n", i, number, i, 100'000 + i, i % 900);
    }
    return path;
}

const std::string& list_path() {
    static const struct Holder {
        std::string path = generated_list();
        Holder() = default;
        Holder(const Holder&) = delete;
        Holder& operator=(const Holder&) = delete;
        ~Holder() { std::filesystem::remove(path); }
    } holder;
    return holder.path;
}

void read_and_normalise(benchmark::State& state) {
    const std::string& path = list_path();
    for (auto _ : state) {
        outdial::lists::ListOptions options;
        options.region = "US";
        options.threads = static_cast<int>(state.range(0));
        auto reader = outdial::lists::ListReader::open(path, options);
        OUTDIAL_CHECK(reader);
        const auto summary = reader->run([](outdial::lists::Batch&& batch) -> outdial::Result<void> {
            benchmark::DoNotOptimize(batch.contacts.data());
            return {};
        });
        OUTDIAL_CHECK(summary && summary->contacts == row_count);
    }
    state.SetItemsProcessed(state.iterations() * row_count);
}
BENCHMARK(read_and_normalise)->ArgName("threads")->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);

void split_only(benchmark::State& state) {
    const std::string& path = list_path();
    for (auto _ : state) {
        std::ifstream in{path, std::ios::binary};
        auto csv = outdial::lists::CsvReader::open([&in](std::span<char> into) -> outdial::Result<std::size_t> {
            in.read(into.data(), static_cast<std::streamsize>(into.size()));
            return static_cast<std::size_t>(in.gcount());
        });
        OUTDIAL_CHECK(csv);
        int rows = -1;  // the header
        for (auto row = csv->next(); row && *row; row = csv->next()) ++rows;
        OUTDIAL_CHECK(rows == row_count);
    }
    state.SetItemsProcessed(state.iterations() * row_count);
}
BENCHMARK(split_only)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
