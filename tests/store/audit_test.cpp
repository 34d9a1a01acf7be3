#include "store/audit.hpp"

#include <chrono>
#include <fstream>
#include <iterator>

#include "fixture.hpp"
#include "store/audit_reader.hpp"
#include "store/rollback_mirror.hpp"

namespace outdial::store {

using namespace std::chrono_literals;

namespace {

constexpr const char* ann = "ann uid=1000 pid=4711 command=dnc";

AuditVerdict verdict_of(const Desk& desk, const std::optional<AuditHead>& known = {}) {
    return must(must(AuditReader::open(desk.folder.database())).verify(known));
}

/// "row 3: what is wrong with it", or "sound".
std::string state_of(const Desk& desk, const std::optional<AuditHead>& known = {}) {
    const AuditVerdict verdict = verdict_of(desk, known);
    if (!verdict.broken) return "sound";
    return "row " + std::to_string(verdict.broken->id) + ": " + verdict.broken->what;
}

/// The kinds of the rows that a query finds, with their details' beginning.
std::vector<std::string> kinds(const Desk& desk, const AuditQuery& query) {
    std::vector<std::string> found;
    must(must(AuditReader::open(desk.folder.database())).read(query, [&](const AuditLine& line) {
        found.push_back(std::to_string(line.id) + " " + std::string{line.kind});
        return true;
    }));
    return found;
}

/// As somebody does it who can write to the file and knows SQLite.
void tamper(const Desk& desk, const std::string& sql) {
    Shell shell = desk.shell();
    REQUIRE(shell
                .run("DROP TRIGGER audit_is_never_changed; DROP TRIGGER audit_loses_only_its_beginning; "
                     "DROP TRIGGER audit_anchor_moves_along_the_chain; " +
                     sql)
                .empty());
}

std::string bytes_of_files(const Desk& desk) {
    std::string bytes;
    for (const char* suffix : {"", "-wal"}) {
        std::ifstream stream{desk.folder.database().native() + suffix, std::ios::binary};
        bytes.append(std::istreambuf_iterator<char>{stream}, {});
    }
    return bytes;
}

/// A day of three calls, one of which is tried again: campaign, import, three claims, three ends, a claim, an end.
struct Day : Desk {
    Day() {
        import(people(3));
        for (const Claim& call : claim(3).claims) settle(call, Disposition::busy, retry_at(noon + 1h), noon + 30s);
        const Claim again = claim(1, noon + 1h).claims.at(0);
        settle(again, Disposition::answered, done(), noon + 1h + 1min);
    }
};
constexpr int rows_of_day = 10;

}  // namespace

TEST_CASE("A row's hash is over the hash before it and each of its columns, as it is documented") {
    // Computed by another program: Python's hashlib and struct.
    const std::string attempt{"\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f", 16};
    const AuditRow row{.id = 1,
                       .at = 1'800'000'000'000,
                       .kind = "campaign",
                       .actor = "ann uid=1000 pid=4711 command=campaign",
                       .campaign = -7,
                       .contact = {},
                       .attempt = attempt,
                       .number_digest = {},
                       .detail = "{\"a\":\"\xc3\xa9\"}"};
    std::string bytes;
    write_hashed_bytes(bytes, Digest{}, row);
    CHECK(to_hex(Sha256{}.of(bytes)) == "f726bbf86c2e92302bda2ebececbea15f4b53836d97fe243143e35b0ae893d01");
    // No value can pass for a part of its neighbour, and nothing is not the empty text.
    const auto hash_of = [&bytes](std::string_view kind, std::optional<std::string_view> actor) {
        AuditRow other;
        other.kind = kind;
        other.actor = actor;
        write_hashed_bytes(bytes, Digest{}, other);
        return Sha256{}.of(bytes);
    };
    CHECK(hash_of("ab", "c") != hash_of("a", "bc"));
    CHECK(hash_of("ab", "") != hash_of("ab", std::nullopt));
}

TEST_CASE("Each attempt has a row of why it was allowed and one of how it ended, written with it") {
    Desk desk;
    desk.import({{"", {{number_of(1), 1}, {number_of(2), 1}}, {}}});
    (void)must(desk.store.forbid("internal", std::vector<DoNotCallNumber>{{number_of(1), {}, "operator", "letter"}},
                                 {noon, ann}));
    must(desk.store.set_copied_at("internal", noon - 1h, noon));
    ClaimRequest request = desk.request(1);
    request.do_not_call = {{"internal", 24h}};
    request.rules = "0123456789abcdef";
    request.limits = std::make_shared<const std::vector<ContactLimit>>(
        std::vector<ContactLimit>{{"3-in-24h-per-number", {}, LimitScope::number, {}, 3, 24h, {}, {}}});
    Claim call = must(desk.store.claim(request)).claims.at(0);
    call.facts.originated_at = call.facts.ringing_at = noon + 1s;
    call.facts.answered_at = noon + 5s;
    call.facts.connected_at = noon + 6s;
    call.facts.ended_at = noon + 65s;
    call.facts.hangup_cause = 16;
    call.facts.agent = "7001";
    desk.settle(call, Disposition::answered, Desk::done(), noon + 65s);
    Shell shell = desk.shell();
    CHECK(
        shell.value("SELECT detail FROM audit_log WHERE kind = 'claim'") ==
        R"({"campaign":"renewals","rules":"0123456789abcdef","number":2,"of_numbers":2,"hours":"always","do_not_call":[)"
        R"({"list":"global","numbers":0},{"list":"internal","numbers":1,"copied_at":1799996400000}],)"
        R"("limits":[{"limit":"3-in-24h-per-number","calls":0,"most":3}],"attempts":0,"charged":0,"max_attempts":3,"trunk":"carrier-a","server":"pbx1","caller_id":"+18001234567"})");
    CHECK(shell.value("SELECT detail FROM audit_log WHERE kind = 'settlement'") ==
          R"({"disposition":"answered","charged":true,"originated_at":1800000001000,"ringing_at":1800000001000,)"
          R"("answered_at":1800000005000,"connected_at":1800000006000,"ended_at":1800000065000,"duration_ms":60000,)"
          R"("dropped":false,"hangup_cause":16,"agent":"7001","next":"done","because":"reached"})");
    CHECK(shell.rows("SELECT kind, actor, campaign, number, attempt_id FROM audit_log WHERE attempt_id IS NOT NULL") ==
          std::vector<std::string>{
              "claim|outdial|renewals|" + number_of(2) + "|" + std::string{call.slot.attempt.view()},
              "settlement|outdial|renewals|" + number_of(2) + "|" + std::string{call.slot.attempt.view()}});
    CHECK(shell.value("SELECT count(*) FROM attempt AS t JOIN audit AS c ON c.audit_id = t.claim_audit_id "
                      "JOIN audit AS e ON e.audit_id = t.end_audit_id "
                      "WHERE c.kind = 'claim' AND e.kind = 'settlement'") == "1");
    CHECK(state_of(desk) == "sound");
}

TEST_CASE("What was rolled back left no row, and the chain goes on without a gap") {
    Desk desk;
    desk.import(people(5));
    must(desk.store.begin());
    (void)must(desk.store.claim(desk.request(2)));
    desk.store.roll_back();
    must(desk.store.begin());
    const ClaimRequest used = desk.request(1);
    (void)must(desk.store.claim(used));
    ClaimRequest broken = desk.request(2);  // its second attempt has an id that is taken, so its first is undone, too
    broken.slots[1] = used.slots[0];
    CHECK_FALSE(desk.store.claim(broken));
    (void)must(desk.store.claim(desk.request(1)));
    must(desk.store.commit());
    CHECK(state_of(desk) == "sound");
    CHECK(desk.shell().rows("SELECT kind FROM audit ORDER BY audit_id") ==
          std::vector<std::string>{"campaign", "import", "claim", "claim"});
}

TEST_CASE("A chain that was tampered with is found, and its first broken row is named") {
    Day day;
    REQUIRE(verdict_of(day).rows == rows_of_day);
    const AuditHead head = must(day.store.audit_head());
    REQUIRE(head.id == rows_of_day);
    REQUIRE(state_of(day, head) == "sound");
    SECTION("a column changed, whichever it is") {
        const char* column = GENERATE("at = at + 1", "kind = 'import'", "actor = 'bob'", "campaign_id = 9",
                                      "contact_id = 9", "attempt_id = zeroblob(16)", "number_digest = zeroblob(32)",
                                      "detail = '{}'", "hash = zeroblob(32)");
        INFO(column);
        tamper(day, std::string{"UPDATE audit SET "} + column + " WHERE audit_id = 3");
        CHECK_THAT(state_of(day), Catch::StartsWith("row 3: it, or the hash of the row before it, was changed"));
        CHECK(verdict_of(day).broken->at.has_value());
    }
    SECTION("a row removed") {
        tamper(day, "DELETE FROM audit WHERE audit_id = 4");
        CHECK(state_of(day) == "row 4: it is missing, before row 5");
    }
    SECTION("a row removed, and those behind it moved up") {
        tamper(day,
               "DELETE FROM audit WHERE audit_id = 4; UPDATE audit SET audit_id = audit_id - 1 WHERE audit_id > 4");
        CHECK_THAT(state_of(day), Catch::StartsWith("row 4: it, or"));
    }
    SECTION("the beginning removed as though for its age") {
        tamper(day, "DELETE FROM audit WHERE audit_id < 4; UPDATE audit_anchor SET audit_id = 3");
        CHECK_THAT(state_of(day), Catch::StartsWith("row 4: it, or"));
    }
    SECTION("the end removed, which its last row's hash tells") {
        tamper(day, "DELETE FROM audit WHERE audit_id > 8");
        CHECK(state_of(day) == "sound");
        CHECK(state_of(day, head) == "row 10: it is missing: the end of the audit was removed, behind row 8");
    }
    SECTION("a number put in the place of the one that was called") {
        REQUIRE(day.shell().run("UPDATE attempt SET number = '+12025550099' WHERE contact_id = 2").empty());
        CHECK(state_of(day) == "row 4: the number beside it is not the one that it was written for");
    }
    SECTION("an attempt removed") {
        REQUIRE(day.shell().run("DELETE FROM attempt WHERE contact_id = 2").empty());
        CHECK(state_of(day) == "row 4: the attempt that it tells of is gone");
    }
    SECTION("a number removed, and nobody has forgotten the person") {
        REQUIRE(day.shell().run("UPDATE attempt SET number_salt = NULL WHERE contact_id = 2").empty());
        CHECK(state_of(day) == "row 4: its number was removed, and nobody has forgotten the person");
    }
}

TEST_CASE("The database itself refuses to change the audit, and to remove what is not its beginning") {
    Day day;
    Shell shell = day.shell();
    CHECK_THAT(shell.run("UPDATE audit SET detail = '{}' WHERE audit_id = 3"), Catch::Contains("never changed"));
    CHECK_THAT(shell.run("DELETE FROM audit WHERE audit_id = 10"), Catch::Contains("only from its beginning"));
    CHECK_THAT(shell.run("DELETE FROM audit"), Catch::Contains("only from its beginning"));
    CHECK_FALSE(shell.run("DELETE FROM audit_anchor").empty());
    CHECK_FALSE(shell.run("UPDATE audit_anchor SET audit_id = 3").empty());  // not that row's hash
    CHECK_FALSE(shell.run("UPDATE audit_anchor SET audit_id = 99, hash = zeroblob(32)").empty());
    CHECK(state_of(day) == "sound");
}

TEST_CASE("Who is forgotten leaves neither number nor salt, and the chain stays whole") {
    Day day;
    (void)must(
        day.store.forbid("global", std::vector<DoNotCallNumber>{{number_of(1), {}, "operator", ""}}, {noon, ann}));
    const std::string salt = day.shell().value(
        "SELECT hex(number_salt) FROM attempt WHERE contact_id = 2 UNION ALL SELECT hex(salt) FROM audit_number");
    REQUIRE(salt.size() == 32);
    (void)must(day.store.permit("global", std::vector<std::string>{number_of(1)}, {noon, ann}));
    REQUIRE(must(day.store.forget({number_of(1), {}, {}}, {noon + 2h, ann})).size() == 1);
    CHECK(day.shell().value("SELECT count(number_salt) FROM attempt WHERE contact_id = 2") == "0");
    CHECK(day.shell().value("SELECT count(*) FROM audit_number") == "0");
    const std::string bytes = bytes_of_files(day);
    CHECK(bytes.find(number_of(1).substr(1)) == std::string::npos);
    std::string salt_bytes;
    for (std::size_t i = 0; i < salt.size(); i += 2) {
        salt_bytes += static_cast<char>(std::stoi(salt.substr(i, 2), nullptr, 16));
    }
    CHECK(bytes.find(salt_bytes) == std::string::npos);
    CHECK(state_of(day) == "sound");
    CHECK(verdict_of(day).forgotten == 3);  // the call, and two orders about the number
    CHECK(kinds(day, {.number = number_of(1)}).empty());
    CHECK(day.shell().value("SELECT actor || contact_id || detail FROM audit_log WHERE kind = 'forget'") ==
          std::string{ann} + R"(2{"list":"customers","numbers":1,"attempts":1})");
}

TEST_CASE("The audit is asked for one number, for one time, and for both") {
    Day day;
    (void)must(
        day.store.forbid("global", std::vector<DoNotCallNumber>{{number_of(0), {}, "operator", ""}}, {noon + 2h, ann}));
    CHECK(kinds(day, {}).size() == rows_of_day + 1);
    CHECK(kinds(day, {.number = number_of(0)}) ==
          std::vector<std::string>{"3 claim", "6 settlement", "9 claim", "10 settlement", "11 do_not_call"});
    CHECK(kinds(day, {.number = number_of(7)}).empty());
    CHECK(kinds(day, {.number = {}, .from = noon + 30s, .to = noon + 1h}) ==
          std::vector<std::string>{"6 settlement", "7 settlement", "8 settlement"});
    CHECK(kinds(day, {.number = number_of(0), .from = noon + 1h, .to = noon + 2h}) ==
          std::vector<std::string>{"9 claim", "10 settlement"});
    // The clock was set back: it is found by the time that it has.
    must(day.store.note(AuditKind::start, noon - 1h, "{}"));
    CHECK(kinds(day, {.number = {}, .from = noon - 2h, .to = noon}) == std::vector<std::string>{"12 start"});
    CHECK(kinds(day, {}).back() == "12 start");
    CHECK(state_of(day) == "sound");
}

TEST_CASE("More rows than a page holds are read and checked, each once") {
    Desk desk;
    must(desk.store.begin());
    for (int i = 0; i < 20'500; ++i) must(desk.store.note(AuditKind::reload, noon + Milliseconds{i / 3}, "{}"));
    must(desk.store.commit());
    const AuditVerdict verdict = verdict_of(desk);
    CHECK(verdict.rows == 20'501);  // and the campaign's start
    CHECK(verdict.head == must(desk.store.audit_head()));
    CHECK(kinds(desk, {}).size() == 20'501);
    CHECK(kinds(desk, {.number = {}, .from = noon + 1s, .to = noon + 3s}).size() == 6'000);
    CHECK(kinds(desk, {.number = {}, .from = noon + 6833ms, .to = noon + 1h}).size() == 1);  // the newest
    REQUIRE(desk.shell().run("UPDATE audit_span SET most_at = least_at WHERE last_id = 512").empty());
    CHECK(state_of(desk) == "row 512: the times of the rows before it are not those in audit_span");
}

TEST_CASE("Rows are removed when they are older than they are kept, from the beginning, and the rest still verifies") {
    Day day;
    day.store.keep_audit_for(1h + 45s);
    must(day.store.trim_audit());
    CHECK(verdict_of(day).first_id == 6);  // those of so long before the newest, and no others
    CHECK(state_of(day) == "sound");
    CHECK(day.shell().value("SELECT audit_id FROM audit_anchor") == "5");
    must(day.store.trim_audit());
    CHECK(verdict_of(day).rows == 5);
    day.store.keep_audit_for(1ms);
    must(day.store.trim_audit());
    CHECK(verdict_of(day).rows == 1);  // the newest is never older than itself
    (void)day.claim(1, noon + 3h);
    CHECK(state_of(day) == "sound");
    CHECK(state_of(day, AuditHead{4, {}}) == "sound");  // of a row that was removed nothing is asked
}

TEST_CASE("A few rows are removed at once, up to the first that is young enough") {
    Desk desk;
    must(desk.store.begin());
    for (int i = 0; i < 1'200; ++i) must(desk.store.note(AuditKind::reload, noon, "{}"));
    must(desk.store.note(AuditKind::start, noon + 48h, "{}"));
    must(desk.store.note(AuditKind::reload, noon + 1h, "{}"));  // the clock was set back
    must(desk.store.note(AuditKind::reload, noon + 30h, "{}"));
    must(desk.store.commit());
    desk.store.keep_audit_for(24h);
    must(desk.store.trim_audit());
    CHECK(verdict_of(desk).first_id == max_audit_rows_removed_at_once + 1);
    CHECK(state_of(desk) == "sound");  // in the middle of a span
    CHECK(kinds(desk, {.number = {}, .from = noon, .to = noon + 1s}).size() == 1'201 - 500);
    for (int i = 0; i < 5; ++i) must(desk.store.trim_audit());
    CHECK(verdict_of(desk).rows == 3);
    CHECK(state_of(desk) == "sound");
}

TEST_CASE("An order's row says who, what it was before and what it became; one that changed nothing has none") {
    Desk desk;
    const auto rows = [&](const char* kind) {
        return desk.shell().rows("SELECT actor || ' ' || detail FROM audit_log WHERE kind = '" + std::string{kind} +
                                 "'");
    };
    must(desk.store.set_campaign_state(desk.campaign, CampaignState::paused, {noon, "ann"}, "pause"));
    must(desk.store.set_campaign_state(desk.campaign, CampaignState::paused, {noon, "ann"}, "pause"));
    CHECK(rows("campaign") ==
          std::vector<std::string>{
              R"(outdial {"campaign":"renewals","before":"draft","after":"running"})",
              R"(ann {"campaign":"renewals","before":"running","after":"paused","because":"pause"})"});
    const std::vector<DoNotCallNumber> numbers{{number_of(1), noon + 1h, "operator", "Mrs Canary wrote"}};
    for (int i = 0; i < 2; ++i) (void)must(desk.store.forbid("internal", numbers, {noon, "ann"}));
    const std::vector<DoNotCallNumber> longer{{number_of(1), {}, "operator", ""}};
    (void)must(desk.store.forbid("internal", longer, {noon, "ann"}));
    for (int i = 0; i < 2; ++i) {
        (void)must(desk.store.permit("internal", std::vector<std::string>{number_of(1)}, {noon, "bob"}));
    }
    must(desk.store.set_copied_at("internal", noon, {noon, "ann"}));
    CHECK(rows("do_not_call") ==
          std::vector<std::string>{R"(ann {"list":"internal","change":"added","expires_at":1800003600000})",
                                   R"(ann {"list":"internal","change":"extended"})",
                                   R"(bob {"list":"internal","change":"removed"})",
                                   R"(ann {"list":"internal","copied_at":1800000000000})"});
    CHECK(desk.shell().value("SELECT count(*) FROM audit WHERE detail LIKE '%Canary%'") == "0");
    (void)must(desk.store.add_contacts("customers", people(2), {noon, "ann"}));
    (void)must(desk.store.add_contacts("customers", people(2), {noon, "ann"}));
    CHECK(rows("import") ==
          std::vector<std::string>{R"(ann {"list":"customers","accepted":2,"duplicates":0,"rejected":0})"});
    CHECK(must(desk.store.forget({number_of(99), {}, {}}, {noon, "ann"})).empty());
    CHECK(rows("forget").empty());
}

TEST_CASE("Many numbers that come onto a list at once are counted, and many that are taken off are named") {
    Desk desk;
    std::vector<DoNotCallNumber> numbers;
    std::vector<std::string> texts;
    for (int i = 0; i <= static_cast<int>(max_numbers_audited_each); ++i) {
        numbers.push_back({number_of(i), {}, "import", ""});
        texts.push_back(number_of(i));
    }
    (void)must(desk.store.forbid("register", numbers, noon));
    CHECK(desk.shell().rows("SELECT detail FROM audit_log WHERE kind = 'do_not_call'") ==
          std::vector<std::string>{R"({"list":"register","added":101,"extended":0})"});
    (void)must(desk.store.permit("register", texts, noon));
    CHECK(desk.shell().value("SELECT count(*), count(number) FROM audit_log WHERE kind = 'do_not_call'") == "102|101");
    CHECK(kinds(desk, {.number = number_of(100)}).size() == 1);
}

TEST_CASE("Who asks not to be called in a call has rows of it, by each number") {
    Desk desk;
    desk.import({{"", {{number_of(1), 1}, {number_of(2), 1}}, {}}});
    Claim call = desk.claim(1).claims.at(0);
    call.facts.result = "dnc";
    desk.settle(call, Disposition::answered, Desk::done("dnc"), noon + 1s);
    CHECK(desk.shell().rows("SELECT actor, number, detail FROM audit_log WHERE kind = 'do_not_call'") ==
          std::vector<std::string>{"outdial|" + number_of(1) + R"(|{"list":"global","change":"added"})",
                                   "outdial|" + number_of(2) + R"(|{"list":"global","change":"added"})"});
}

TEST_CASE("A file of the configuration that is new, another one or gone has a row; one that stayed has none") {
    Desk desk;
    const std::string a(64, 'a');
    const std::string b(64, 'b');
    CHECK(must(desk.store.note_configuration(std::vector<ConfigurationFile>{{"outdial.yaml", a}, {"x/y.yaml", a}},
                                             noon)) == 2);
    CHECK(must(desk.store.note_configuration(std::vector<ConfigurationFile>{{"outdial.yaml", a}, {"x/y.yaml", b}},
                                             {noon, ann})) == 1);
    CHECK(must(desk.store.note_configuration(std::vector<ConfigurationFile>{{"outdial.yaml", a}}, noon)) == 1);
    CHECK(desk.shell().rows("SELECT actor || ' ' || detail FROM audit_log WHERE kind = 'configuration' AND "
                            "detail LIKE '%y.yaml%'") ==
          std::vector<std::string>{
              R"(outdial {"file":"x/y.yaml","after":")" + a + R"("})",
              std::string{ann} + R"( {"file":"x/y.yaml","before":")" + a + R"(","after":")" + b + R"("})",
              R"(outdial {"file":"x/y.yaml","before":")" + b + R"("})"});
}

TEST_CASE("The mirror knows the audit's last row, and a start warns where it is gone") {
    Desk desk;
    must(desk.store.start_run({}));
    desk.import(people(3));
    must(desk.store.examine());
    const auto mirror = must(read_mirror(mirror_file(desk.folder.database())));
    REQUIRE(mirror.has_value());
    CHECK(mirror->audit == must(desk.store.audit_head()));
    SECTION("it is there") {
        desk.store = must(Store::open(desk.folder.database()));
        CHECK(must(desk.store.start_run({})).warnings.empty());
    }
    SECTION("it was removed for its age") {
        must(desk.store.note(AuditKind::reload, noon + 2h, "{}"));
        desk.store.keep_audit_for(1ms);
        must(desk.store.trim_audit());
        desk.store = must(Store::open(desk.folder.database()));
        CHECK(must(desk.store.start_run({})).warnings.empty());
    }
    SECTION("it was removed by hand") {
        Shell shell = desk.shell();
        const std::string trigger =
            shell.value("SELECT sql FROM sqlite_schema WHERE name = 'audit_loses_only_its_beginning'");
        REQUIRE(
            shell.run("DROP TRIGGER audit_loses_only_its_beginning; DELETE FROM audit WHERE audit_id = 2; " + trigger)
                .empty());
        desk.store = must(Store::open(desk.folder.database()));
        const auto warnings = must(desk.store.start_run({})).warnings;
        REQUIRE(warnings.size() == 1);
        CHECK_THAT(warnings.front(), Catch::Contains("row 2 of its audit is not the one that was written last"));
    }
}

}  // namespace outdial::store
