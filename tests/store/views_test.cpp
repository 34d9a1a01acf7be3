// The reporting views: what people script against. docs/reporting.md names every column used here.
#include <chrono>
#include <fstream>
#include <sstream>

#include "fixture.hpp"
#include "source_dir.hpp"

namespace outdial::store {

using namespace std::chrono_literals;

namespace {

// noon is 2027-01-15 08:00:00 UTC: to come for as long as these tests care, so retries after it are `waiting`.
constexpr UtcTime long_ago = from_unix_ms(1'600'000'000'123);  // 2020-09-13 12:26:40.123 UTC

Claim answered_call(Desk& desk, UtcTime at) {
    Claim claim = desk.claim(1, at).claims.at(0);
    claim.facts.originated_at = at + 10ms;
    claim.facts.created_at = at + 20ms;
    claim.facts.ringing_at = at + 1s;
    claim.facts.answered_at = at + 5s;
    claim.facts.connected_at = at + 6s;
    claim.facts.ended_at = at + 66s;
    claim.facts.hangup_cause = 16;
    claim.facts.agent = "PJSIP/anna";
    desk.settle(claim, Disposition::answered, Desk::done(), at + 66s);
    return claim;
}

Claim unanswered_call(Desk& desk, UtcTime at, Disposition disposition, const NextStep& next) {
    Claim claim = desk.claim(1, at).claims.at(0);
    claim.facts.originated_at = at + 10ms;
    claim.facts.ringing_at = at + 1s;
    claim.facts.hangup_cause = 17;
    claim.facts.hangup_tech_cause = 486;
    desk.settle(claim, disposition, next, at + 8s);
    return claim;
}

/// One of each: answered, abandoned, busy (a retry long due), busy (a retry to come), congestion, ringing, never tried.
struct Day {
    Desk desk;
    Shell shell{desk.folder.database()};
    Claim answered;

    Day() {
        std::vector<NewContact> contacts = people(7);
        contacts[0].external_id = "A1";
        desk.import(contacts);
        answered = answered_call(desk, long_ago);
        Claim abandoned = desk.claim(1, long_ago + 1ms).claims.at(0);
        abandoned.facts.originated_at = long_ago;
        abandoned.facts.answered_at = long_ago + 1s;
        desk.settle(abandoned, Disposition::abandoned, Desk::done("abandoned"), long_ago + 3s);
        unanswered_call(desk, long_ago + 2ms, Disposition::busy, Desk::retry_at(long_ago + 60min));
        unanswered_call(desk, long_ago + 3ms, Disposition::busy, Desk::retry_at(from_unix_ms(4'000'000'000'000)));
        NextStep technical = Desk::retry_at(from_unix_ms(4'000'000'000'000), "congestion");
        technical.charged = false;
        unanswered_call(desk, long_ago + 4ms, Disposition::congestion, technical);
        const Claim ringing = desk.claim(1, long_ago + 5ms).claims.at(0);
        CallFacts facts;
        facts.originated_at = long_ago + 20ms;
        facts.ringing_at = long_ago + 1s;
        const Progress progress{ringing.slot.attempt, facts};
        must(desk.store.record({&progress, 1}));
    }
};

std::vector<std::string> sql_blocks(const std::string& path) {
    std::ifstream file{path};
    REQUIRE(file);
    std::vector<std::string> blocks;
    bool inside = false;
    for (std::string line; std::getline(file, line);) {
        if (line == "```sql") {
            blocks.emplace_back();
            inside = true;
        } else if (line == "```") {
            inside = false;
        } else if (inside) {
            blocks.back() += line + "\n";
        }
    }
    return blocks;
}

}  // namespace

TEST_CASE("campaign_progress counts each contact once and divides as docs/reporting.md says") {
    Day day;
    CHECK(day.shell.rows("SELECT campaign, state, list, contacts, ready, waiting, in_call, done, reached, attempts, "
                         "answered, abandoned, abandonment_rate, answer_rate FROM campaign_progress") ==
          std::vector<std::string>{"renewals|running|customers|7|2|2|1|2|1|6|1|1|0.5|0.5"});
}

TEST_CASE("campaign_progress of a campaign that has done nothing has no rates, and is there all the same") {
    Desk desk;
    CHECK(desk.shell().value("SELECT contacts, ready, attempts, abandonment_rate IS NULL, answer_rate IS NULL "
                             "FROM campaign_progress") == "0|0|0|1|1");
}

TEST_CASE("attempt_log shows each attempt with UTC times to the millisecond, its state and its talk time") {
    Day day;
    const std::string id{day.answered.slot.attempt.view()};
    CHECK(
        day.shell.value("SELECT campaign, list, contact_id, external_id, number, trunk, server, caller_id, claimed_at, "
                        "originated_at, ringing_at, answered_at, connected_at, ended_at, state, disposition, "
                        "hangup_cause, tech_cause, agent, result, talk_ms FROM attempt_log WHERE attempt_id = '" +
                        id + "'") ==
        "renewals|customers|1|A1|+12025550000|carrier-a|pbx1|+18001234567|2020-09-13 12:26:40.123|"
        "2020-09-13 12:26:40.133|2020-09-13 12:26:41.123|2020-09-13 12:26:45.123|2020-09-13 12:26:46.123|"
        "2020-09-13 12:27:46.123|ended|answered|16||PJSIP/anna||60000");
    CHECK(day.shell.rows("SELECT state, count(*) FROM attempt_log GROUP BY state") ==
          std::vector<std::string>{"ended|5", "ringing|1"});
    CHECK(day.shell.value("SELECT tech_cause, talk_ms IS NULL FROM attempt_log WHERE disposition = 'congestion'") ==
          "486|1");
}

TEST_CASE("A live attempt's state follows its facts: claimed, originated, ringing, answered") {
    Desk desk;
    desk.import(people(1));
    const Claim claim = desk.claim(1).claims.at(0);
    Shell shell = desk.shell();
    CHECK(shell.value("SELECT state FROM attempt_log") == "claimed");
    CallFacts facts;
    facts.originated_at = noon;
    Progress progress{claim.slot.attempt, facts};
    must(desk.store.record({&progress, 1}));
    CHECK(shell.value("SELECT state FROM attempt_log") == "originated");
    progress.facts.ringing_at = noon;
    must(desk.store.record({&progress, 1}));
    CHECK(shell.value("SELECT state FROM attempt_log") == "ringing");
    progress.facts.answered_at = noon;
    must(desk.store.record({&progress, 1}));
    CHECK(shell.value("SELECT state FROM attempt_log") == "answered");
}

TEST_CASE("The far end's tech cause is shown before the one of the Hangup") {
    Desk desk;
    desk.import(people(1));
    Claim claim = desk.claim(1).claims.at(0);
    claim.facts.hangup_tech_cause = 480;
    claim.facts.remote_tech_cause = 603;
    desk.settle(claim, Disposition::declined, Desk::done("declined"), noon);
    CHECK(desk.shell().value("SELECT tech_cause FROM attempt_log") == std::to_string(*tech_cause_of(claim.facts)));
}

TEST_CASE("contact_status gives every contact one state and a reason, also those never taken") {
    Day day;
    CHECK(
        day.shell.rows("SELECT contact_id, state, reason, attempts, charged, last_disposition, next_attempt_at, number "
                       "FROM contact_status ORDER BY contact_id") ==
        std::vector<std::string>{"1|done|reached|1|1|answered||+12025550000",
                                 "2|done|abandoned|1|1|abandoned||+12025550001",
                                 "3|ready|due|1|1|busy|2020-09-13 13:26:40.123|+12025550002",
                                 "4|waiting|busy|1|1|busy|2096-10-02 07:06:40.000|+12025550003",
                                 "5|waiting|congestion|1|0|congestion|2096-10-02 07:06:40.000|+12025550004",
                                 "6|in_call|in_call|1|0|||+12025550005", "7|ready|fresh|0|0|||+12025550006"});
    must(day.desk.store.set_campaign_state(day.desk.campaign, CampaignState::paused, noon));
    CHECK(day.shell.value("SELECT state, reason FROM contact_status WHERE contact_id = 7") == "ready|campaign_paused");
    CHECK(day.shell.value("SELECT reason FROM contact_status WHERE contact_id = 4") == "busy");
    // The views agree with each other.
    CHECK(day.shell.rows("SELECT state, count(*) FROM contact_status GROUP BY state") ==
          std::vector<std::string>{"done|2", "in_call|1", "ready|2", "waiting|2"});
}

TEST_CASE("disposition_summary shares add up to all ended attempts") {
    Day day;
    CHECK(day.shell.rows("SELECT * FROM disposition_summary ORDER BY disposition") ==
          std::vector<std::string>{"renewals|abandoned|1|0.2", "renewals|answered|1|0.2", "renewals|busy|2|0.4",
                                   "renewals|congestion|1|0.2"});
}

TEST_CASE("hourly_activity and trunk_health count attempts in the hour of their claim") {
    Day day;
    unanswered_call(day.desk, long_ago + 60min, Disposition::rejected, Desk::done("rejected"));
    CHECK(day.shell.rows("SELECT * FROM hourly_activity ORDER BY hour") ==
          std::vector<std::string>{"renewals|2020-09-13 12:00:00.000|6|1|1", "renewals|2020-09-13 13:00:00.000|1|0|0"});
    // Five ended calls of the first hour had been sent; two of them were answered.
    CHECK(day.shell.rows("SELECT trunk, hour, attempts, answer_seizure_ratio, rejected, congestion, unreachable "
                         "FROM trunk_health ORDER BY hour") ==
          std::vector<std::string>{"carrier-a|2020-09-13 12:00:00.000|6|0.4|0|1|0",
                                   "carrier-a|2020-09-13 13:00:00.000|1|0.0|1|0|0"});
}

TEST_CASE("attempt_timeline tells an attempt's facts in the order in which they happened") {
    Day day;
    CHECK(day.shell.rows("SELECT at, fact, detail FROM attempt_timeline WHERE attempt_id = '" +
                         std::string{day.answered.slot.attempt.view()} + "' ORDER BY at") ==
          std::vector<std::string>{
              "2020-09-13 12:26:40.123|claimed|+12025550000 on carrier-a", "2020-09-13 12:26:40.133|originated|pbx1",
              "2020-09-13 12:26:40.143|created|", "2020-09-13 12:26:41.123|ringing|",
              "2020-09-13 12:26:45.123|answered|", "2020-09-13 12:26:46.123|connected|PJSIP/anna",
              "2020-09-13 12:27:46.123|hung_up|cause 16", "2020-09-13 12:27:46.123|ended|answered"});
}

TEST_CASE("Views of one campaign, contact or attempt read only its rows") {
    Day day;
    // The tables that are read from end to end; a SCAN of a view's own intermediate rows is none.
    const auto scanned = [&](const std::string& sql) {
        std::string tables;
        for (const std::string& line : day.shell.rows("EXPLAIN QUERY PLAN " + sql)) {
            for (const char* alias : {"a", "c", "cc", "ca", "e", "l", "n", "attempt"}) {
                const std::string step = std::string{"|SCAN "} + alias;
                if (line.ends_with(step) || line.find(step + " ") != std::string::npos) tables += line;
            }
        }
        return tables;
    };
    CHECK(scanned("SELECT * FROM attempt_timeline WHERE attempt_id = 'x'").empty());
    CHECK(scanned("SELECT * FROM campaign_progress WHERE campaign = 'x'").empty());
    CHECK(scanned("SELECT * FROM disposition_summary WHERE campaign = 'x'").empty());
    CHECK(scanned("SELECT * FROM hourly_activity WHERE campaign = 'x'").empty());
    CHECK(scanned("SELECT * FROM contact_status WHERE campaign = 'x' AND external_id = 'A1'").empty());
    CHECK(scanned("SELECT * FROM attempt_log WHERE campaign = 'x'").empty());
    CHECK_FALSE(scanned("SELECT * FROM trunk_health").empty());  // the check itself finds a scan where there is one
}

TEST_CASE("Every query of docs/reporting.md runs and finds something, and there are at least ten") {
    Day day;
    const auto queries = sql_blocks(OUTDIAL_SOURCE_DIR "/docs/reporting.md");
    CHECK(queries.size() >= 10);
    for (const std::string& query : queries) {
        CAPTURE(query);
        CHECK_FALSE(day.shell.rows(query).empty());
    }
}

TEST_CASE("docs/reporting.md names every view and every column of it") {
    Desk desk;
    std::ifstream file{OUTDIAL_SOURCE_DIR "/docs/reporting.md"};
    std::stringstream text;
    text << file.rdbuf();
    Shell shell = desk.shell();
    for (const std::string& view : shell.rows("SELECT name FROM sqlite_schema WHERE type = 'view'")) {
        CHECK(text.str().find("### " + view) != std::string::npos);
        for (const std::string& column : shell.rows("SELECT name FROM pragma_table_info('" + view + "')")) {
            CAPTURE(view, column);
            CHECK(text.str().find("`" + column + "`") != std::string::npos);
        }
    }
}

TEST_CASE("Every report can be read beside the writer, of one name or of all, up to a limit, and changes nothing") {
    Day day;
    auto reader = must(ReportReader::open(day.desk.folder.database()));
    const std::string attempt{day.answered.slot.attempt.view()};
    const std::vector<std::pair<Report, std::string>> all{
        {Report::campaign_progress, "renewals"}, {Report::disposition_summary, "renewals"},
        {Report::hourly_activity, "renewals"},   {Report::contact_status, "renewals"},
        {Report::attempt_log, "renewals"},       {Report::trunk_health, "carrier-a"},
        {Report::attempt_timeline, attempt}};
    for (const auto& [report, name] : all) {
        CAPTURE(name);
        const Table of_one = must(reader.read(report, name, 1000));
        CHECK_FALSE(of_one.rows.empty());
        CHECK(of_one.rows.front().size() == of_one.columns.size());
        CHECK(must(reader.read(report, "", 1000)).rows.size() >= of_one.rows.size());
        CHECK(must(reader.read(report, "", 1)).rows.size() == 1);
        CHECK(must(reader.read(report, "nobody' OR 1=1 --", 1000)).rows.empty());
    }
    const Table progress = must(reader.read(Report::campaign_progress, "renewals", 1));
    CHECK(progress.columns.at(0) == "campaign");
    CHECK(progress.rows.at(0).at(0) == Cell{std::string{"renewals"}});
    CHECK(progress.rows.at(0).at(3) == Cell{std::int64_t{7}});
    CHECK(progress.rows.at(0).at(12) == Cell{0.5});
    CHECK(to_text(Cell{0.5}) == "0.5000");
    CHECK(to_text(Cell{}).empty());
    CHECK(to_text(Cell{std::int64_t{7}}) == "7");
    must(day.desk.store.add_contacts("customers", people(1, 100), noon));
    CHECK(must(reader.read(Report::campaign_progress, "renewals", 1)).rows.at(0).at(3) == Cell{std::int64_t{8}});
}

}  // namespace outdial::store
