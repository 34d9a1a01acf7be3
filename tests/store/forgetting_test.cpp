#include <fstream>
#include <iterator>

#include "fixture.hpp"

namespace outdial::store {
namespace {

constexpr const char* number = "+12025559876";
constexpr const char* second_number = "+12025559877";
constexpr const char* customer = "customer-4711";
constexpr const char* name = "Wilhelmina Canary";

std::string bytes_of(const std::filesystem::path& file) {
    std::ifstream stream{file, std::ios::binary};
    return {std::istreambuf_iterator<char>{stream}, {}};
}

/// Whether the text stands anywhere in the database's files.
bool on_disk(const Desk& desk, const std::string& text) {
    return bytes_of(desk.folder.database()).find(text) != std::string::npos ||
           bytes_of(desk.folder.database().native() + "-wal").find(text) != std::string::npos;
}

/// One person among many, dialed twice and due a third time.
struct DeskWithPerson : Desk {
    DeskWithPerson() {
        import(people(300));
        NewContact canary = person(number, customer, {{"name", name}});
        canary.numbers.push_back({second_number, 1});
        import({canary});
        import(people(300, 1'000));
        for (const UtcTime at : {noon, noon + std::chrono::hours{1}}) dial_all(at);
    }
    void dial_all(UtcTime at) {
        const ClaimResult claimed = claim(700, at);
        must(store.begin());
        for (const Claim& claim : claimed.claims) {
            Settlement busy = settlement_of(claim, Disposition::failed, retry_at(at + std::chrono::hours{1}), at);
            busy.message = "cannot call " + claim.number().e164;
            busy.facts.refused_at = at;
            busy.facts.refusal = busy.message;
            settle(busy);
        }
        must(store.commit());
    }
    [[nodiscard]] std::vector<PersonRecord> forget(const PersonKey& key) { return must(store.forget(key, noon)); }
};

}  // namespace

TEST_CASE("who is forgotten leaves no byte in the database or its log") {
    DeskWithPerson desk;
    for (const std::string text : {number, second_number, customer, name}) REQUIRE(on_disk(desk, text));
    const auto people = desk.forget({number, {}, {}});
    REQUIRE(people.size() == 1);
    CHECK(people.front().list == "customers");
    CHECK(people.front().numbers == 2);
    CHECK(people.front().attempts == 2);
    CHECK(desk.store.copies_of_the_forgotten() == Copies::none);
    for (const std::string text : {number, second_number, customer, name}) {
        INFO(text);
        CHECK_FALSE(on_disk(desk, text));
    }
    CHECK(desk.shell().value("PRAGMA integrity_check") == "ok");
}

TEST_CASE("reports count the same before and after somebody is forgotten") {
    DeskWithPerson desk;
    const auto counts = [&] {
        return desk.shell().rows(
            "SELECT contacts, ready + waiting + in_call + done, reached, attempts, answered FROM campaign_progress "
            "UNION ALL SELECT disposition, attempts, share, '', '' FROM disposition_summary "
            "UNION ALL SELECT hour, attempts, answered, '', '' FROM hourly_activity "
            "UNION ALL SELECT count(*), count(DISTINCT number), '', '', '' FROM attempt_log");
    };
    const auto before = counts();
    REQUIRE(desk.forget({{}, customer, {}}).size() == 1);
    CHECK(counts() == before);
    CHECK(desk.shell().rows("SELECT state, reason, external_id, number FROM contact_status WHERE contact_id = 301") ==
          std::vector<std::string>{"done|forgotten||"});
    CHECK(desk.shell().rows("SELECT DISTINCT number, message FROM attempt_log WHERE contact_id = 301") ==
          std::vector<std::string>{"+000000000030100|"});
}

TEST_CASE("who is forgotten is never dialed again, by no campaign") {
    DeskWithPerson desk;
    const CampaignId later = desk.add_campaign("later", "customers");
    REQUIRE(desk.forget({second_number, {}, {}}).size() == 1);
    desk.campaign = later;
    const auto claims = desk.claim(700, noon + std::chrono::hours{5}).claims;
    CHECK(claims.size() == 600);
    for (const Claim& claim : claims) CHECK(claim.contact.id.value != 301);
    CHECK(desk.shell().value("SELECT state || ' ' || reason FROM contact_status "
                             "WHERE campaign = 'later' AND contact_id = 301") == "done forgotten");
}

TEST_CASE("nobody is forgotten while a call to one of them is up") {
    DeskWithPerson desk;
    desk.import({person("+12025550001", customer)}, "others");
    const auto claims = desk.claim(700, noon + std::chrono::hours{2}).claims;
    REQUIRE(claims.size() == 601);
    const auto refused = desk.store.forget({{}, customer, {}}, noon);
    REQUIRE_FALSE(refused);
    CHECK_THAT(refused.error().message, Catch::Contains("a call to contact 301") && Catch::Contains("try again"));
    CHECK(must(desk.store.find_people({{}, customer, {}})).size() == 2);
    CHECK(must(desk.store.find_people({{}, customer, {}})).front().in_call);
    must(desk.store.begin());
    for (const Claim& claim : claims) desk.settle(claim, Disposition::busy, Desk::done("max_attempts"), noon);
    must(desk.store.commit());
    CHECK(desk.forget({{}, customer, {}}).size() == 2);
    CHECK(desk.shell().value("SELECT reason FROM contact_status WHERE campaign = 'renewals' AND contact_id = 301") ==
          "max_attempts");
}

TEST_CASE("a list narrows down who is meant, and whom nobody knows is forgotten without a word") {
    DeskWithPerson desk;
    desk.import({person(number, customer)}, "others");
    CHECK(must(desk.store.find_people({number, {}, {}})).size() == 2);
    CHECK(desk.forget({number, {}, "others"}).size() == 1);
    CHECK(desk.forget({number, {}, "others"}).empty());
    CHECK(desk.forget({{}, customer, "customers"}).size() == 1);
    CHECK(must(desk.store.find_people({number, {}, {}})).empty());
    // They are strangers from now on: a new import makes them known again.
    desk.import({person(number, customer)});
    const auto unknown = desk.store.find_people({number, {}, "custommers"});
    REQUIRE_FALSE(unknown);
    CHECK(unknown.error().message.find("no call list 'custommers'") != std::string::npos);
    CHECK_FALSE(desk.store.forget({number, {}, "custommers"}, noon));
}

TEST_CASE("a number that more contacts share than a person has is refused, and nobody forgotten") {
    Desk desk;
    std::vector<NewContact> shared;
    for (std::size_t i = 0; i <= max_contacts_forgotten; ++i) {
        shared.push_back(person(number_of(static_cast<int>(i))));
        shared.back().numbers.push_back({number, 1});
    }
    desk.import(shared);
    const auto refused = desk.store.forget({number, {}, {}}, noon);
    REQUIRE_FALSE(refused);
    CHECK_THAT(refused.error().message, Catch::Contains("no person's number"));
    CHECK(desk.shell().value("SELECT count(*) FROM contact_number") == "2002");
}

TEST_CASE("a reader that needs the log is told of, and the log emptied when it has gone") {
    DeskWithPerson desk;
    {
        Shell reader = desk.shell();
        REQUIRE(reader.run("BEGIN; SELECT count(*) FROM contact").empty());
        REQUIRE(desk.forget({number, {}, {}}).size() == 1);
        CHECK(desk.store.copies_of_the_forgotten() == Copies::in_log);
        CHECK(on_disk(desk, number));
    }
    SECTION("the next checkpoint") { must(desk.store.checkpoint()); }
    SECTION("asking once more") { CHECK(desk.forget({number, {}, {}}).empty()); }
    CHECK(desk.store.copies_of_the_forgotten() == Copies::none);
    CHECK_FALSE(on_disk(desk, number));
}

TEST_CASE("in a group of jobs the log is emptied after the commit") {
    DeskWithPerson desk;
    must(desk.store.begin());
    REQUIRE(desk.forget({number, {}, {}}).size() == 1);
    CHECK(desk.store.copies_of_the_forgotten() == Copies::in_log);
    must(desk.store.commit());
    CHECK(desk.store.copies_of_the_forgotten() == Copies::none);
    CHECK_FALSE(on_disk(desk, number));
}

// Random numbers and keys, so that SQLite splits the pages of their indexes in the middle.
struct CrowdedDesk : Desk {
    CrowdedDesk() {
        for (int batch = 0; batch < 10; ++batch) {
            std::vector<NewContact> some;
            for (int i = 0; i < 250; ++i) {
                const std::string digits = std::to_string(2'000'000'000 + random.below(7'999'999'999));
                some.push_back(person("+1" + digits, "key-" + digits));
                numbers.push_back("+1" + digits);
            }
            import(some);
        }
        (void)must(store.checkpoint());
    }
    /// Numbers of whom more copies stand in the file than the four of rows: key and number, each in its table and an
    /// index.
    [[nodiscard]] std::vector<std::string> with_copies() const {
        const std::string bytes = bytes_of(folder.database());
        std::vector<std::string> found;
        for (const std::string& one : numbers) {
            int copies = 0;
            const std::string digits = one.substr(2);
            for (auto at = bytes.find(digits); at != std::string::npos; at = bytes.find(digits, at + 1)) ++copies;
            if (copies > 4) found.push_back(one);
        }
        return found;
    }
    std::vector<std::string> numbers;
};

TEST_CASE("copies that SQLite left when it split a page go, too") {
    CrowdedDesk desk;
    const auto victims = desk.with_copies();
    REQUIRE_FALSE(victims.empty());  // else this test proves nothing
    for (const std::string& victim : victims) {
        REQUIRE(must(desk.store.forget({victim, {}, {}}, noon)).size() == 1);
        CHECK(desk.store.copies_of_the_forgotten() == Copies::none);
        CHECK_FALSE(on_disk(desk, victim.substr(1)));
    }
    CHECK(desk.shell().value("PRAGMA integrity_check") == "ok");
    CHECK(desk.shell().value("SELECT count(*) FROM contact_number") ==
          std::to_string(desk.numbers.size() - victims.size()));
    desk.import({person("+12025550001")});  // the file may be written as before
}

}  // namespace outdial::store
