#include "import/reject_file.hpp"

#include <csv.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "base/printable.hpp"
#include "import/text.hpp"

namespace outdial::lists {
namespace {

constexpr std::size_t buffer_bytes = 64 * 1024;
constexpr std::string_view first_bytes = "line,\"reason\",";  // what append_row makes of the header's first two

void append_field(std::string& out, std::string_view field) {
    constexpr std::string_view begin_a_formula = "=+-@";
    std::string safe = printable(field);
    if (!safe.empty() && begin_a_formula.find(safe.front()) != std::string_view::npos) safe.insert(0, 1, '\'');
    const std::size_t had = out.size();
    out.resize(had + 2 * safe.size() + 2);  // all of it quotes
    out.resize(had + csv_write(out.data() + had, out.size() - had, safe.data(), safe.size()));
}

void append_row(std::string& out, std::string_view line, std::string_view reason,
                const std::vector<std::string>& fields) {
    out += line;
    out += ',';
    append_field(out, reason);
    for (const auto& field : fields) {
        out += ',';
        append_field(out, field);
    }
    out += "\r\n";
}

}  // namespace

bool RejectFile::may_replace(const std::string& path) {
    std::error_code error;
    const auto status = std::filesystem::symlink_status(path, error);
    if (!std::filesystem::exists(status)) return status.type() == std::filesystem::file_type::not_found;
    if (!std::filesystem::is_regular_file(status)) return false;
    std::ifstream file{path, std::ios::binary};
    std::string beginning(first_bytes.size(), '\0');
    file.read(beginning.data(), static_cast<std::streamsize>(beginning.size()));
    return file.gcount() == 0 ? file.eof() : beginning == first_bytes;
}

Result<RejectFile> RejectFile::create(std::string path, const std::vector<std::string>& header) {
    auto file = File::create_private(std::move(path));
    if (!file) return tl::unexpected(file.error());
    RejectFile rejects{std::move(*file)};
    append_row(rejects.buffer_, "line", "reason", header);
    return rejects;
}

Result<void> RejectFile::write(const RejectedRow& row) {
    append_row(buffer_, std::to_string(row.line), row.reason, row.fields);
    if (buffer_.size() < buffer_bytes) return {};
    auto written = file_.write(buffer_);
    buffer_.clear();
    return written;
}

Result<void> RejectFile::close() {
    if (auto written = file_.write(buffer_); !written) return written;
    buffer_.clear();
    return file_.close();
}

}  // namespace outdial::lists
