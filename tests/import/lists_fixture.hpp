#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "import/list_reader.hpp"

namespace outdial::lists {

/// Hands out a text, `at_most` bytes at a time.
inline CsvReader::Read text_source(std::string text, std::size_t at_most = SIZE_MAX) {
    auto rest = std::make_shared<std::pair<std::string, std::size_t>>(std::move(text), 0);
    return [rest, at_most](std::span<char> into) -> Result<std::size_t> {
        const std::size_t size = std::min({into.size(), at_most, rest->first.size() - rest->second});
        std::copy_n(rest->first.data() + rest->second, size, into.data());
        rest->second += size;
        return size;
    };
}

/// What a list gives, all batches together.
struct ReadList {
    std::vector<ListedContact> contacts;
    std::vector<RejectedRow> rejected;
    ListSummary summary;
    std::size_t batches = 0;

    [[nodiscard]] std::string reason(std::size_t i) const { return i < rejected.size() ? rejected[i].reason : "none"; }
};

inline ReadList read_all(ListReader& reader) {
    ReadList all;
    const auto summary = reader.run([&](Batch&& batch) -> Result<void> {
        ++all.batches;
        std::ranges::move(batch.contacts, std::back_inserter(all.contacts));
        std::ranges::move(batch.rejected, std::back_inserter(all.rejected));
        return {};
    });
    REQUIRE(summary);
    all.summary = *summary;
    REQUIRE(all.summary.contacts == all.contacts.size());
    REQUIRE(all.summary.rejected == all.rejected.size());
    return all;
}

inline ListOptions us_options() {
    ListOptions options;
    options.region = "US";
    options.threads = 2;
    return options;
}

inline ReadList read_text(std::string text, ListOptions options = us_options()) {
    auto reader = ListReader::open("list.csv", text_source(std::move(text)), 0, std::move(options));
    INFO((reader ? std::string{} : reader.error().message));
    REQUIRE(reader);
    return read_all(*reader);
}

/// Why a text is refused as a whole.
inline std::string refusal(std::string text, ListOptions options = us_options()) {
    const auto reader = ListReader::open("list.csv", text_source(std::move(text)), 0, std::move(options));
    return reader ? "accepted" : reader.error().message;
}

/// A folder of its own that goes with the test.
class TemporaryFolder {
public:
    TemporaryFolder() {
        std::string name = (std::filesystem::temp_directory_path() / "outdial-import-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder() { std::filesystem::remove_all(path_); }

    [[nodiscard]] std::string operator/(std::string_view name) const { return (path_ / name).string(); }

private:
    std::filesystem::path path_;
};

inline void write_file(const std::string& path, std::string_view text) {
    std::ofstream out{path, std::ios::binary};
    out.write(text.data(), static_cast<std::streamsize>(text.size()));
}

inline std::string file_text(const std::string& path) {
    std::ifstream in{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}

}  // namespace outdial::lists
