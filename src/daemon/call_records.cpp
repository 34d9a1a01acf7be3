#include "daemon/call_records.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <ctime>
#include <optional>
#include <string>
#include <system_error>

#include "base/file_descriptor.hpp"
#include "import/csv_reader.hpp"

namespace outdial::daemon {

namespace {

using Kind = ChannelEvent::Kind;

// The columns of cdr_csv (cdr/cdr_csv.c), from 0.
constexpr std::size_t end_column = 11;
constexpr std::size_t billsec_column = 13;
constexpr std::size_t disposition_column = 14;
constexpr std::size_t uniqueid_column = 16;

/// How Asterisk's record of a call that was not answered would have been told over AMI: the Reason of the
/// OriginateResponse and the Hangup's cause.
struct Ending {
    std::string_view disposition;
    int reason;
    int cause;
};
constexpr Ending endings[] = {{"BUSY", 5, 17}, {"NO ANSWER", 3, 19}, {"CONGESTION", 8, 34}, {"FAILED", 0, 27}};

std::optional<UtcTime> time_in(const std::string& text) {
    std::tm parts{};
    const char* end = ::strptime(text.c_str(), "%Y-%m-%d %H:%M:%S", &parts);
    if (end == nullptr || *end != '\0') return std::nullopt;
    return from_unix_ms(static_cast<std::int64_t>(::timegm(&parts)) * 1'000);
}

std::optional<std::int64_t> number_in(const std::string& text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size() && value >= 0 ? std::optional{value} : std::nullopt;
}

AttemptEvent event_of(const AttemptId& attempt, Kind kind, UtcTime at, std::optional<int> cause = {}) {
    return {.attempt = attempt, .event = {.kind = kind, .at = at, .cause = cause, .tech_cause = {}, .text = {}}};
}

void append_events(const AttemptId& attempt, const std::vector<std::string>& fields, UtcTime now,
                   std::vector<AttemptEvent>& events) {
    const auto end = time_in(fields[end_column]);
    const auto talked_s = number_in(fields[billsec_column]);
    if (!end || *end > now || !talked_s) return;  // local times instead of UTC, or no times at all
    const std::string& disposition = fields[disposition_column];
    if (disposition == "ANSWERED") {
        constexpr int normal_clearing = 16;
        events.push_back(event_of(attempt, Kind::answered, *end - std::chrono::seconds{*talked_s}));
        events.push_back(event_of(attempt, Kind::hung_up, *end, normal_clearing));
        return;
    }
    const auto* ending = std::ranges::find(endings, disposition, &Ending::disposition);
    if (ending == std::end(endings)) return;
    events.push_back(event_of(attempt, Kind::originate_failed, *end, ending->reason));
    events.push_back(event_of(attempt, Kind::hung_up, *end, ending->cause));
}

tl::unexpected<Error> system_failure(std::string_view what) {
    return fail(fmt::format("cannot {} it: {}", what, std::generic_category().message(errno)));
}

/// Opens it where its last `max_call_record_bytes` begin; whether that is in a row.
struct RecordFile {
    FileDescriptor descriptor;
    bool in_a_row = false;
};

Result<RecordFile> open_records(const std::filesystem::path& file) {
    // Opening a pipe would wait for whoever writes it.
    RecordFile records{.descriptor = FileDescriptor{::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)}};
    if (!records.descriptor) return system_failure("open");
    struct stat status {};
    if (::fstat(records.descriptor.get(), &status) != 0) return system_failure("examine");
    if (!S_ISREG(status.st_mode)) {
        return fail("it is no regular file; name the file that Asterisk's cdr_csv writes (servers.NAME.cdr.csv)");
    }
    const auto size = static_cast<std::uintmax_t>(status.st_size);
    records.in_a_row = size > max_call_record_bytes;
    if (records.in_a_row &&
        ::lseek(records.descriptor.get(), static_cast<off_t>(size - max_call_record_bytes), SEEK_SET) < 0) {
        return system_failure("read");
    }
    return records;
}

Result<std::size_t> read_some(const FileDescriptor& file, std::span<char> into) {
    for (;;) {
        const ssize_t got = ::read(file.get(), into.data(), into.size());
        if (got >= 0) return static_cast<std::size_t>(got);
        if (errno != EINTR) return system_failure("read");
    }
}

}  // namespace

Result<std::vector<AttemptEvent>> read_call_records(const std::filesystem::path& file,
                                                    std::span<const AttemptId> attempts, UtcTime now) {
    auto records = open_records(file);
    if (!records) return fail(fmt::format("{}: {}", file.string(), records.error().message));
    auto csv = lists::CsvReader::open([&](std::span<char> into) -> Result<std::size_t> {
        auto got = read_some(records->descriptor, into);
        if (!got || !records->in_a_row) return got;
        records->in_a_row = false;
        const auto begun = into.first(*got);
        const auto rest = std::ranges::find(begun, '\n');
        return static_cast<std::size_t>(std::ranges::copy(rest, begun.end(), into.begin()).out - into.begin());
    });
    if (!csv) return fail(fmt::format("{}: {}", file.string(), csv.error().message));
    std::vector<AttemptId> wanted{attempts.begin(), attempts.end()};
    std::ranges::sort(wanted);
    std::vector<AttemptEvent> events;
    while (true) {
        auto row = csv->next();
        if (!row) return fail(fmt::format("{}: {}", file.string(), row.error().message));
        if (!*row) return events;
        const std::vector<std::string>& fields = (*row)->fields;
        if (!(*row)->problem.empty() || fields.size() <= uniqueid_column) continue;
        const auto attempt = AttemptId::parse(fields[uniqueid_column]);
        if (attempt && std::ranges::binary_search(wanted, *attempt)) {
            append_events(*attempt, fields, now, events);
        }
    }
}

}  // namespace outdial::daemon
