#include "daemon/call_records.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "core/verdict.hpp"

using namespace outdial;
using namespace outdial::daemon;

namespace {

// 2026-11-22 12:00:00 UTC.
const UtcTime noon = from_unix_ms(1'795'348'800'000);

AttemptId id(int number) {
    std::string text(32, '0');
    text.replace(32 - std::to_string(number).size(), std::string::npos, std::to_string(number));
    return *AttemptId::parse(text);
}

/// As Asterisk 22 writes it with loguniqueid and usegmtime.
std::string record(const AttemptId& attempt, const std::string& disposition, int billsec,
                   const std::string& end = "2026-11-22 11:59:30") {
    return "\"\",\"18005550199\",\"12125550100\",\"brief\",\"\"\"Renewals, \"\" "
           "<18005550199>\",\"PJSIP/carrier-a-00000001\",\"\","
           "\"Wait\",\"1\",\"2026-11-22 11:59:00\",\"\",\"" +
           end + "\",30," + std::to_string(billsec) + ",\"" + disposition + "\",\"DOCUMENTATION\",\"" +
           std::string{attempt.view()} + "\",\"\"\n";
}

struct RecordFile {
    explicit RecordFile(const std::string& content) { std::ofstream{path, std::ios::binary} << content; }
    ~RecordFile() { std::filesystem::remove(path); }
    RecordFile(const RecordFile&) = delete;
    RecordFile& operator=(const RecordFile&) = delete;
    std::filesystem::path path =
        std::filesystem::temp_directory_path() / ("outdial-records-" + std::to_string(::getpid()) + ".csv");
};

Disposition told(const AttemptId& attempt, const std::string& content) {
    const RecordFile file(content);
    const std::vector<AttemptId> asked{attempt};
    const auto events = read_call_records(file.path, asked, noon);
    REQUIRE(events);
    CallFacts facts;
    facts.originated_at = noon - std::chrono::minutes{1};
    for (const AttemptEvent& event : *events) {
        CHECK(event.attempt == attempt);
        facts = fold(facts, event.event);
    }
    return disposition_of(facts);
}

}  // namespace

TEST_CASE("a record tells how its call ended") {
    CHECK(told(id(7), record(id(7), "ANSWERED", 12)) == Disposition::answered);
    CHECK(told(id(7), record(id(7), "BUSY", 0)) == Disposition::busy);
    CHECK(told(id(7), record(id(7), "NO ANSWER", 0)) == Disposition::no_answer);
    CHECK(told(id(7), record(id(7), "CONGESTION", 0)) == Disposition::congestion);
    CHECK(told(id(7), record(id(7), "FAILED", 0)) == Disposition::unreachable);
}

TEST_CASE("an answered call's record gives when it was answered and when it ended") {
    const RecordFile file(record(id(7), "ANSWERED", 12));
    const std::vector<AttemptId> asked{id(7)};
    const auto events = read_call_records(file.path, asked, noon);
    REQUIRE(events);
    REQUIRE(events->size() == 2);
    CHECK(events->at(0).event.at == noon - std::chrono::seconds{42});
    CHECK(events->at(1).event.at == noon - std::chrono::seconds{30});
}

TEST_CASE("records of others, records that make no sense and broken rows tell nothing") {
    const std::string others = record(id(8), "ANSWERED", 12) + record(id(9), "BUSY", 0);
    CHECK(told(id(7), "") == Disposition::lost);
    CHECK(told(id(7), others) == Disposition::lost);
    CHECK(told(id(7), "rubbish\n\"open\n" + others) == Disposition::lost);
    CHECK(told(id(7), record(id(7), "UNKNOWN", 0)) == Disposition::lost);
    CHECK(told(id(7), record(id(7), "ANSWERED", 12, "2026-11-22 13:00:00")) == Disposition::lost);  // local time
    CHECK(told(id(7), record(id(7), "ANSWERED", 12, "yesterday")) == Disposition::lost);
    CHECK(told(id(7), others + record(id(7), "BUSY", 0) + "cut off in the mid") == Disposition::busy);
}

TEST_CASE("of a long file the end is read") {
    std::string content = record(id(5), "BUSY", 0);
    const std::string filler = record(id(8), "ANSWERED", 12);
    while (content.size() <= max_call_record_bytes) content += filler;
    CHECK(told(id(7), content + record(id(7), "BUSY", 0)) == Disposition::busy);
    CHECK(told(id(5), content + record(id(7), "BUSY", 0)) == Disposition::lost);
}

TEST_CASE("a file of records that cannot be read is named") {
    const auto events = read_call_records("/no/such/Master.csv", {}, noon);
    REQUIRE_FALSE(events);
    CHECK_THAT(events.error().message, Catch::Contains("/no/such/Master.csv"));
}

TEST_CASE("a pipe, a device and a folder are no files of records: they are refused at once, not waited for") {
    const RecordFile pipe("");
    std::filesystem::remove(pipe.path);
    REQUIRE(::mkfifo(pipe.path.c_str(), 0600) == 0);
    for (const std::filesystem::path& path : {pipe.path, std::filesystem::path{"/dev/zero"}, pipe.path.parent_path()}) {
        const auto events = read_call_records(path, {}, noon);
        REQUIRE_FALSE(events);
        CHECK_THAT(events.error().message, Catch::StartsWith(path.string() + ": it is no regular file"));
        CHECK_THAT(events.error().message, Catch::Contains("servers.NAME.cdr.csv"));
    }
}
