#include "import/reject_file.hpp"

#include <csv.h>

#include <cstddef>
#include <string_view>

#include "import/text.hpp"

namespace outdial::lists {
namespace {

constexpr std::size_t buffer_bytes = 64 * 1024;

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
