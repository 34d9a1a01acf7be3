#include "store/rollback_mirror.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <map>
#include <sstream>
#include <system_error>

#include "base/file_descriptor.hpp"

namespace outdial::store {

namespace {

constexpr mode_t mirror_mode = 0640;
constexpr std::size_t longest_line = 256;
constexpr std::size_t longest_file = 64 * 1024;  // what comes behind is not ours

std::string reason(int error) { return std::generic_category().message(error); }

tl::unexpected<Error> cannot_write(const std::filesystem::path& file, int error) {
    return fail(fmt::format("{}: it cannot be written: {}; an older copy of the database would not be recognised",
                            file.native(), reason(error)));
}

std::string text_of(const RunRecord& record) {
    std::string text = fmt::format(
        "# Outdial's memory of its database, to recognise an older copy of it. See docs/reliability.md.\n"
        "database_id={}\nepoch={}\nclaims={}\nstopped_cleanly={}\n",
        record.database_id, record.epoch, record.claims, record.stopped_cleanly ? 1 : 0);
    if (record.audit) text += fmt::format("audit_id={}\naudit_hash={}\n", record.audit->id, to_hex(record.audit->hash));
    return text;
}

std::optional<std::int64_t> number(const std::string& text) {
    std::int64_t value = 0;
    const char* const end = text.data() + text.size();
    const auto [stopped_at, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || stopped_at != end || value < 0) return std::nullopt;
    return value;
}

std::optional<AuditHead> audit_head(const std::string& id, const std::string& hash) {
    AuditHead head;
    const auto parsed = number(id);
    if (!parsed || hash.size() != 2 * head.hash.size()) return std::nullopt;
    head.id = *parsed;
    for (std::size_t i = 0; i < head.hash.size(); ++i) {
        const char* const digits = hash.data() + 2 * i;
        if (std::from_chars(digits, digits + 2, head.hash[i], 16).ptr != digits + 2) return std::nullopt;
    }
    return head;
}

std::optional<RunRecord> parse(std::istream& in) {
    std::map<std::string, std::string> values;
    for (std::string line; std::getline(in, line);) {
        if (line.size() > longest_line) return std::nullopt;
        const std::size_t equals = line.find('=');
        if (!line.starts_with('#') && equals != std::string::npos) {
            values[line.substr(0, equals)] = line.substr(equals + 1);
        }
    }
    const auto epoch = number(values["epoch"]);
    const auto claims = number(values["claims"]);
    if (values["database_id"].empty() || !epoch || !claims) return std::nullopt;
    RunRecord record{values["database_id"], *epoch, *claims, values["stopped_cleanly"] == "1",
                     audit_head(values["audit_id"], values["audit_hash"])};
    return record;
}

Result<std::string> text_in(const FileDescriptor& file) {
    std::string text(longest_file, '\0');
    std::size_t size = 0;
    while (size < text.size()) {
        const ssize_t got = ::read(file.get(), text.data() + size, text.size() - size);
        if (got == 0) break;
        if (got < 0 && errno != EINTR) return fail(reason(errno));
        if (got > 0) size += static_cast<std::size_t>(got);
    }
    text.resize(size);
    return text;
}

}  // namespace

std::filesystem::path mirror_file(const std::filesystem::path& database) {
    std::filesystem::path file = database;
    file += ".mirror";
    return file;
}

Result<std::optional<RunRecord>> read_mirror(const std::filesystem::path& file) {
    // Opening a pipe would wait for whoever writes it.
    const FileDescriptor in{::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW)};
    if (!in && errno == ENOENT) return std::nullopt;
    if (!in && errno != ELOOP) return fail(fmt::format("{}: it cannot be read: {}", file.native(), reason(errno)));
    struct stat status {};
    if (!in || ::fstat(in.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
        return fail(
            fmt::format("{}: it is no regular file, so it is not known whether the database is the newest; "
                        "where you know that it is, remove that",
                        file.native()));
    }
    auto text = text_in(in);
    if (!text) return fail(fmt::format("{}: it cannot be read: {}", file.native(), text.error().message));
    std::istringstream lines{*text};
    auto record = parse(lines);
    if (!record) return fail(fmt::format("{}: it is damaged", file.native()));
    return record;
}

Result<void> write_mirror(const std::filesystem::path& file, const RunRecord& record) {
    std::filesystem::path fresh = file;
    fresh += ".new";
    const std::string text = text_of(record);
    const FileDescriptor out{
        ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, mirror_mode)};
    if (!out) return cannot_write(file, errno);
    if (::write(out.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
        return cannot_write(file, errno);
    }
    if (::fdatasync(out.get()) != 0) return cannot_write(file, errno);
    if (::rename(fresh.c_str(), file.c_str()) != 0) return cannot_write(file, errno);
    const FileDescriptor folder{::open(file.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (folder) ::fsync(folder.get());  // its failure leaves the older record, which is only less strict
    return {};
}

std::string why_older(const RunRecord& mirror, const RunRecord& database) {
    if (mirror.database_id != database.database_id) return "it is not the database that was used last";
    if (database.epoch < mirror.epoch) {
        return fmt::format("it has seen {} starts of the daemon, the one used last {}", database.epoch, mirror.epoch);
    }
    if (database.claims < mirror.claims) {
        return fmt::format("it knows of {} calls, the one used last of {}", database.claims, mirror.claims);
    }
    return {};
}

}  // namespace outdial::store
