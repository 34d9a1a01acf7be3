#include "import/reject_file.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "import/lists_fixture.hpp"

using namespace outdial::lists;

namespace {

std::string reject_text(const std::vector<std::string>& header, const std::vector<RejectedRow>& rows) {
    TemporaryFolder folder;
    const std::string path = folder / "list.csv.rejected.csv";
    auto rejects = RejectFile::create(path, header);
    REQUIRE(rejects);
    for (const auto& row : rows) REQUIRE(rejects->write(row));
    REQUIRE(rejects->close());
    return file_text(path);
}

}  // namespace

TEST_CASE("rejected rows are written with line, reason and what they said") {
    CHECK(reject_text({"phone", "name"}, {{7, "it is too short", {"12", "Smith, \"J\""}}, {9, "cut off", {"1"}}}) ==
          "line,\"reason\",\"phone\",\"name\"\r\n"
          "7,\"it is too short\",\"12\",\"Smith, \"\"J\"\"\"\r\n"
          "9,\"cut off\",\"1\"\r\n");
}

TEST_CASE("a field that a spreadsheet would run gets an apostrophe in front") {
    const auto text =
        reject_text({"=x"}, {{2, "why", {"=HYPERLINK(\"http://a\")", "+1", "-1", "@SUM(1)", "a=b", "'=1"}}});
    CHECK_THAT(text, Catch::Contains("\"'=x\""));
    CHECK_THAT(text, Catch::Contains("\"'=HYPERLINK(\"\"http://a\"\")\",\"'+1\",\"'-1\",\"'@SUM(1)\",\"a=b\",\"'=1\""));
}

TEST_CASE("a rejected row is one line of harmless text, whatever it held") {
    using namespace std::string_literals;
    const auto text = reject_text({"phone"}, {{2, "why", {"a\r\nb\0\x1B[2J\xFF\x7F\xC2\x9B"s, "M\u00FCller"}}});
    CHECK_THAT(text, Catch::Contains("a\\x0d\\nb\\x00\\x1b[2J\\xff\\x7f\\x9b"));
    CHECK_THAT(text, Catch::Contains("M\u00FCller"));
    CHECK(std::ranges::count(text, '\n') == 2);
}

TEST_CASE("only the owner may read the file of rejected rows") {
    TemporaryFolder folder;
    const std::string path = folder / "rejected.csv";
    write_file(path, "older, and open to all");
    REQUIRE(::chmod(path.c_str(), 0666) == 0);
    auto rejects = RejectFile::create(path, {"phone"});
    REQUIRE(rejects);
    REQUIRE(rejects->close());
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777U) == 0600U);
    CHECK(file_text(path) == "line,\"reason\",\"phone\"\r\n");
}

TEST_CASE("a symbolic link in place of the file is replaced, not followed") {
    TemporaryFolder folder;
    const std::string victim = folder / "victim";
    const std::string path = folder / "rejected.csv";
    write_file(victim, "precious");
    std::filesystem::create_symlink(victim, path);
    auto rejects = RejectFile::create(path, {"phone"});
    REQUIRE(rejects);
    REQUIRE(rejects->close());
    CHECK(file_text(victim) == "precious");
    CHECK_FALSE(std::filesystem::is_symlink(path));
}

TEST_CASE("a file that cannot be written says so with its path") {
    TemporaryFolder folder;
    const auto rejects = RejectFile::create(folder / "no-such-folder/rejected.csv", {"phone"});
    REQUIRE_FALSE(rejects);
    CHECK_THAT(rejects.error().message, Catch::Contains("no-such-folder/rejected.csv: cannot create it"));
}

TEST_CASE("a write that fails is an error, at the latest when the file is closed") {
    auto file = File::open("/dev/full");
    REQUIRE(file);
    CHECK_FALSE(file->write("x"));  // opened to read only
}

TEST_CASE("only an earlier reject file, an empty one or nothing may be replaced by a reject file") {
    TemporaryFolder folder;
    const auto write = [&](const char* name, const std::string& content) {
        std::ofstream{folder / name, std::ios::binary} << content;
        return folder / name;
    };
    CHECK(RejectFile::may_replace(folder / "not-there.csv"));
    CHECK(RejectFile::may_replace(write("empty.csv", "")));
    const std::string path = folder / "rejected.csv";
    {
        auto rejects = RejectFile::create(path, {"phone"});
        REQUIRE(rejects);
        REQUIRE(rejects->close());
    }
    CHECK(RejectFile::may_replace(path));
    CHECK_FALSE(RejectFile::may_replace(write("outdial.db", "SQLite format 3")));
    CHECK_FALSE(RejectFile::may_replace(write("short", "line")));
    CHECK_FALSE(RejectFile::may_replace(write("list.csv", "line,number\n")));
    CHECK_FALSE(RejectFile::may_replace(folder / "."));
    std::filesystem::create_symlink(path, folder / "link.csv");
    CHECK_FALSE(RejectFile::may_replace(folder / "link.csv"));
}

TEST_CASE("corrected rejects can be imported again") {
    TemporaryFolder folder;
    const std::string path = folder / "rejected.csv";
    auto rejects = RejectFile::create(path, {"phone", "name"});
    REQUIRE(rejects);
    REQUIRE(rejects->write({.line = 5, .reason = "once wrong", .fields = {"+1 212 555 0100", "Ann"}}));
    REQUIRE(rejects->close());
    ListOptions options = us_options();
    options.map = *ColumnMap::parse("line=,reason=");
    auto reader = ListReader::open(path, options);
    REQUIRE(reader);
    const auto list = read_all(*reader);
    REQUIRE(list.contacts.size() == 1);
    CHECK(list.contacts[0].contact.numbers.at(0).e164 == "+12125550100");
    CHECK(list.contacts[0].contact.attributes == outdial::Attributes{{"name", "Ann"}});
}
