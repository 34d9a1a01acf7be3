#include "import/list_reader.hpp"

#include <fmt/format.h>

#include "import/lists_fixture.hpp"

using namespace outdial::lists;
using namespace std::string_literals;

namespace {

std::string numbered_rows(int count) {
    std::string text = "phone,external_id\n";
    for (int i = 0; i < count; ++i) text += fmt::format("+1212555{:04},{}\n", 1000 + i % 9000, i);
    return text;
}

std::vector<std::string> numbers(const ListedContact& listed) {
    std::vector<std::string> result;
    for (const auto& number : listed.contact.numbers) result.push_back(number.e164);
    return result;
}

std::string only_reason(const std::string& text) {
    const auto list = read_text(text);
    REQUIRE(list.contacts.empty());
    REQUIRE(list.rejected.size() == 1);
    return list.rejected[0].reason;
}

}  // namespace

TEST_CASE("a row becomes a contact with its numbers, key and attributes") {
    const auto list = read_text(
        "name,phone2,external_id,phone,policy_id\n"
        "\"Smith, J.\",(212) 555-0101,C-1,212-555-0100,P 9\n");
    REQUIRE(list.contacts.size() == 1);
    const auto& listed = list.contacts[0];
    CHECK(listed.line == 2);
    CHECK(listed.contact.external_id == "C-1");
    CHECK(numbers(listed) == std::vector<std::string>{"+12125550100", "+12125550101"});
    CHECK(listed.contact.numbers[0].country_code_digits == 1);
    CHECK(listed.contact.attributes == outdial::Attributes{{"name", "Smith, J."}, {"policy_id", "P 9"}});
    CHECK(listed.dropped.empty());
}

TEST_CASE("a number written twice in a row counts once") {
    const auto list = read_text("phone,phone2,phone3\n2125550100,+1 212 555 0100,2125550101\n");
    CHECK(numbers(list.contacts.at(0)) == std::vector<std::string>{"+12125550100", "+12125550101"});
    CHECK(list.summary.numbers_dropped == 0);
}

TEST_CASE("a row with one good number is kept, and its bad numbers are named") {
    const auto list = read_text("phone,phone2\n12,2125550100\n,2125550101\n");
    REQUIRE(list.contacts.size() == 2);
    CHECK(numbers(list.contacts[0]) == std::vector<std::string>{"+12125550100"});
    REQUIRE(list.contacts[0].dropped.size() == 1);
    CHECK_THAT(list.contacts[0].dropped[0], Catch::StartsWith("phone: it is too short"));
    CHECK(list.contacts[1].dropped.empty());
    CHECK(list.summary.numbers_dropped == 1);
}

TEST_CASE("a row without a number that can be dialed is rejected with the reason of each") {
    CHECK(only_reason("phone,name\n,Ann\n") == "it has no number");
    CHECK_THAT(only_reason("phone,phone2\n2125550100 x5,n-a\n"),
               Catch::Contains("phone: it has an extension") && Catch::Contains("; phone2: it holds letters"));
    CHECK_THAT(only_reason("phone,name\n2125550100/n,x\n"), !Catch::Contains("2125550100"));  // reasons may be logged
}

TEST_CASE("a row's own region overrides the list's") {
    const auto list = read_text("phone,region\n020 7946 0018,GB\n2125550100,\n020 7946 0018,QQ\n030 23125 000,de\n");
    REQUIRE(list.contacts.size() == 3);
    CHECK(numbers(list.contacts[0]) == std::vector<std::string>{"+442079460018"});
    CHECK(numbers(list.contacts[2]) == std::vector<std::string>{"+493023125000"});
    CHECK_THAT(list.reason(0), Catch::Contains("region is unknown"));
}

TEST_CASE("without a region numbers need their country code, and an unknown region is refused at once") {
    ListOptions none;
    const auto list = read_text("phone\n+12125550100\n2125550100\n", none);
    CHECK(list.contacts.size() == 1);
    CHECK_THAT(list.reason(0), Catch::Contains("no country code"));
    none.region = "America";
    CHECK_THAT(refusal("phone\n", none), Catch::Contains("--region America"));
}

TEST_CASE("a row with more or fewer columns than the header is rejected, unless the rest is empty") {
    CHECK_THAT(only_reason("phone,name\n2125550100,Smith, J.\n"), Catch::Contains("3 columns, the header 2"));
    CHECK_THAT(only_reason("name,phone,x\nAnn,212555\n"), Catch::Contains("cut off"));
    CHECK(read_text("phone,name\n2125550100,Ann,,,\n").contacts.size() == 1);
    CHECK(read_text("phone,name,,\n2125550100,Ann\n").contacts.size() == 1);
}

TEST_CASE("rows whose every field is empty are no rows") {
    const auto list = read_text("phone,name\n,\n2125550100,Ann\n , \n,,,,\n");
    CHECK(list.contacts.size() == 1);
    CHECK(list.rejected.empty());
}

TEST_CASE("bytes that cannot be sent to Asterisk reject the row and say which column holds them") {
    CHECK_THAT(only_reason("phone,name\n2125550100,a\0b\n"s),
               Catch::Contains("\"name\" holds the control character 0x00"));
    CHECK_THAT(only_reason("phone,name\n2125550100,\"a\r\nAction: Logoff\"\n"), Catch::Contains("line break"));
    CHECK_THAT(only_reason("phone,name\n2125550100,\"a\nb\"\n"), Catch::Contains("line break"));
    CHECK_THAT(only_reason("phone,name\n2125550100,a\rb\n"), Catch::Contains("line break"));
    CHECK_THAT(only_reason("phone,name\n2125550100,\x1B[2J\n"), Catch::Contains("0x1B"));
    CHECK_THAT(only_reason("phone,name\n2125550100,\x7F\n"), Catch::Contains("0x7F"));
    CHECK_THAT(only_reason("phone,name\n2125550100,M\xFCller\n"), Catch::Contains("not valid UTF-8"));
    CHECK_THAT(only_reason("phone,external_id\n2125550100,a\x01\n"), Catch::Contains("external_id"));
    CHECK_THAT(only_reason("phone,name\n212555\0100,x\n"s), Catch::Contains("\"phone\""));
    ListOptions options = us_options();
    options.map = *ColumnMap::parse("name=");
    CHECK(read_text("phone,name\n2125550100,M\xFCller\n", options).contacts.size() ==
          1);  // a column left out is not read
}

TEST_CASE("signs that mean something elsewhere are only text in attributes, and never part of a number") {
    for (const std::string value : {"&", "/", "@", "${SHELL(id)}", "$[1+1]", "a\"b", "a,b", "a;b", "{e164}", "=1+1",
                                    "'; DROP TABLE contact; --", "M\u00FCller \u6771\u4EAC", "\\", "|", "%s"}) {
        std::string quoted;
        for (const char c : value) quoted += c == '"' ? "\"\"" : std::string(1, c);
        INFO(value);
        const auto kept = read_text("phone,name\n2125550100,\"" + quoted + "\"\n");
        REQUIRE(kept.contacts.size() == 1);
        CHECK(kept.contacts[0].contact.attributes == outdial::Attributes{{"name", value}});
        CHECK(read_text("phone,name\n\"2125550100" + quoted + "\",x\n").contacts.empty());
    }
}

TEST_CASE("ten megabytes in a number, a name or a key are one rejected row, and the others are imported") {
    const std::string huge(10U << 20U, '5');
    for (const auto& bad :
         {huge + ",x,y", "2125550100," + huge + ",y", "2125550100,x," + huge, "2125550100,\"" + huge + "\",y"}) {
        const auto list = read_text("phone,name,external_id\n2125550100,a,1\n" + bad + "\n2125550101,b,2\n");
        CHECK(list.contacts.size() == 2);
        REQUIRE(list.rejected.size() == 1);
        CHECK(list.rejected[0].line == 3);
        CHECK(list.rejected[0].fields.at(0).size() == max_shown_bytes);
    }
    CHECK_THAT(only_reason("phone,external_id\n2125550100," + std::string(256, 'x') + "\n"), Catch::Contains("255"));
}

TEST_CASE("a file whose header is broken is refused with its name and line") {
    CHECK_THAT(refusal("Telephone,Name\n1,2\n"), Catch::StartsWith("list.csv: line 1: no column is called phone"));
    CHECK_THAT(refusal(""), Catch::Contains("the file is empty"));
    CHECK_THAT(refusal("\n\n"), Catch::Contains("the file is empty"));
    CHECK_THAT(refusal("\nphone,\"name\n2125550100,x\n"), Catch::Contains("line 2, the header"));
    CHECK_THAT(refusal("\xFF\xFEp"), Catch::StartsWith("list.csv: the file is in UTF-16"));
    CHECK(refusal("phone\n") == "accepted");
}

TEST_CASE("batches come in the file's order and cover every row, however many threads read") {
    constexpr int rows = 5003;
    for (const int threads : {1, 2, 7}) {
        ListOptions options = us_options();
        options.threads = threads;
        options.batch_rows = 100;
        const auto list = read_text(numbered_rows(rows), options);
        CHECK(list.batches == 51);
        REQUIRE(list.contacts.size() == rows);
        for (int i = 0; i < rows; ++i) {
            const auto& listed = list.contacts[static_cast<std::size_t>(i)];
            REQUIRE(listed.contact.external_id == std::to_string(i));
            REQUIRE(listed.line == static_cast<std::uint64_t>(i) + 2);
        }
    }
}

TEST_CASE("an error of the receiver stops the import and is what it returns") {
    auto reader = ListReader::open("list.csv", text_source(numbered_rows(20'000)), 0, us_options());
    REQUIRE(reader);
    int batches = 0;
    const auto summary = reader->run([&](Batch&&) -> outdial::Result<void> {
        if (++batches == 3) return outdial::fail("the disk is full");
        return {};
    });
    REQUIRE_FALSE(summary);
    CHECK(summary.error().message == "the disk is full");
    CHECK(batches == 3);
}

TEST_CASE("no more of the file is read ahead than the threads need") {
    const std::string text = numbered_rows(100'000);
    std::size_t handed_out = 0;
    auto source = text_source(text, 4096);
    auto reader = ListReader::open(
        "list.csv",
        [&](std::span<char> into) {
            auto got = source(into);
            handed_out += *got;
            return got;
        },
        text.size(), us_options());
    REQUIRE(reader);
    const auto stopped = reader->run([](Batch&&) -> outdial::Result<void> { return outdial::fail("enough"); });
    CHECK_FALSE(stopped);
    CHECK(handed_out < text.size() / 10);
}

TEST_CASE("each batch says how far it reaches into the file") {
    TemporaryFolder folder;
    const std::string path = folder / "list.csv";
    const std::string text = numbered_rows(2000);
    write_file(path, text);
    auto reader = ListReader::open(path, us_options());
    REQUIRE(reader);
    std::uint64_t last = 0;
    const auto summary = reader->run([&](Batch&& batch) -> outdial::Result<void> {
        CHECK(batch.bytes_total == text.size());
        CHECK(batch.bytes_read > last);
        last = batch.bytes_read;
        return {};
    });
    REQUIRE(summary);
    CHECK(last == text.size());
    CHECK(summary->contacts == 2000);
}

TEST_CASE("a file that cannot be read says so with its path") {
    TemporaryFolder folder;
    const auto missing = ListReader::open(folder / "none.csv", us_options());
    REQUIRE_FALSE(missing);
    CHECK_THAT(missing.error().message, Catch::Contains("none.csv") && Catch::Contains("No such file"));
    const auto directory = ListReader::open(folder / "", us_options());
    REQUIRE_FALSE(directory);
    CHECK_THAT(directory.error().message, Catch::Contains("folder"));
}

TEST_CASE("an area code newer than the library is accepted where only the length is checked") {
    const std::string text = "phone\n211 555 0100\n";
    CHECK(read_text(text).contacts.empty());
    ListOptions options = us_options();
    options.check = outdial::number::Check::length;
    CHECK(read_text(text, options).contacts.size() == 1);
}
