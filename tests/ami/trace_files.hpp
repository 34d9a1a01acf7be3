#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "source_dir.hpp"

namespace outdial::ami {

/// One recorded session: every byte that an Asterisk sent.
struct TraceFile {
    std::string name;
    std::string bytes;

    /// Without the greeting line, so that several can be joined.
    [[nodiscard]] std::string_view messages() const { return std::string_view{bytes}.substr(bytes.find('\n') + 1); }
};

/// All of tests/data/traces, in the order of their names.
inline std::vector<TraceFile> read_trace_files() {
    std::vector<TraceFile> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator{OUTDIAL_SOURCE_DIR "/tests/data/traces"}) {
        if (entry.path().extension() != ".ami") continue;
        std::ifstream in{entry.path(), std::ios::binary};
        files.push_back({entry.path().parent_path().filename().string() + "/" + entry.path().filename().string(),
                         std::string{std::istreambuf_iterator<char>{in}, {}}});
    }
    std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    return files;
}

}  // namespace outdial::ami
