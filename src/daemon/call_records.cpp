#include "daemon/call_records.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <ctime>
#include <optional>
#include <string>

#include "import/csv_reader.hpp"
#include "import/file.hpp"

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

}  // namespace

Result<std::vector<AttemptEvent>> read_call_records(const std::filesystem::path& file,
                                                    std::span<const AttemptId> attempts, UtcTime now) {
    auto records = lists::File::open(file.string());
    if (!records) return tl::unexpected(records.error());
    bool in_a_row = records->size() > max_call_record_bytes;
    if (in_a_row) {
        if (auto moved = records->skip(records->size() - max_call_record_bytes); !moved) {
            return tl::unexpected(moved.error());
        }
    }
    auto csv = lists::CsvReader::open([&](std::span<char> into) -> Result<std::size_t> {
        auto got = records->read(into);
        if (!got || !in_a_row) return got;
        in_a_row = false;
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
