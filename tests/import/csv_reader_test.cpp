#include "import/csv_reader.hpp"

#include <array>

#include "base/random.hpp"
#include "import/lists_fixture.hpp"

using namespace outdial::lists;
using outdial::Random;
using Table = std::vector<std::vector<std::string>>;

namespace {

std::vector<CsvRow> rows_of(std::string text, std::size_t chunk = default_chunk_bytes) {
    auto reader = CsvReader::open(text_source(std::move(text)), chunk);
    INFO((reader ? std::string{} : reader.error().message));
    REQUIRE(reader);
    std::vector<CsvRow> rows;
    for (;;) {
        auto row = reader->next();
        REQUIRE(row);
        if (!*row) return rows;
        rows.push_back(std::move(**row));
    }
}

/// The fields of a text without mistakes.
Table table_of(std::string text, std::size_t chunk = default_chunk_bytes) {
    Table table;
    for (auto& row : rows_of(std::move(text), chunk)) {
        INFO("line " << row.line << ": " << row.problem);
        REQUIRE(row.problem.empty());
        table.push_back(std::move(row.fields));
    }
    return table;
}

std::string refused(std::string text) {
    const auto reader = CsvReader::open(text_source(std::move(text)));
    return reader ? "accepted" : reader.error().message;
}

/// Writes RFC 4180 in every way it allows: quotes where needed, and elsewhere now and then.
std::string written(const Table& table, char delimiter, Random& random) {
    std::string out;
    for (const auto& row : table) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            if (i > 0) out += delimiter;
            const bool must = row[i].empty() || row[i].find_first_of(std::string{"\",;\t \r\n"}) != std::string::npos;
            if (!must && random.below(3) != 0) {
                out += row[i];
                continue;
            }
            out += '"';
            for (const char c : row[i]) out += c == '"' ? "\"\"" : std::string(1, c);
            out += '"';
        }
        out += random.below(2) == 0 ? "\n" : "\r\n";
    }
    return out;
}

Table random_table(Random& random) {
    static constexpr std::array pieces{"a", "phone", ",", "\"", "\"\"",     "\n",   "\r\n", " ", "\t",  ";",
                                       "&", "${X}",  "/", "@",  "\xC3\xBC", "\xFF", "\r",   "0", "=1+1"};
    const std::size_t columns = 1 + random.below(5);
    Table table(1 + random.below(12));
    for (auto& row : table) {
        for (std::size_t i = 0; i < columns; ++i) {
            std::string field;
            for (std::uint64_t n = random.below(6); n > 0; --n) field += pieces[random.below(pieces.size())];
            if (random.below(10) == 0) field += std::string(1, '\0');
            row.push_back(std::move(field));
        }
    }
    table.insert(table.begin(), std::vector<std::string>(columns, "column"));
    return table;
}

}  // namespace

TEST_CASE("any table written by RFC 4180 is read back the same, whatever the chunks") {
    Random random{4180};
    for (int round = 0; round < 400; ++round) {
        const Table table = random_table(random);
        const char delimiter = table[0].size() == 1 ? ',' : std::array{',', ';', '\t'}[random.below(3)];
        const std::string text = (random.below(4) == 0 ? "\xEF\xBB\xBF" : "") + written(table, delimiter, random);
        for (const std::size_t chunk : {std::size_t{1}, std::size_t{2}, 1 + random.below(40), default_chunk_bytes}) {
            INFO("chunks of " << chunk << "\n" << text);
            REQUIRE(table_of(text, chunk) == table);
        }
    }
}

TEST_CASE("bytes at random are read to the end, every row with its line, the same for all chunks") {
    Random random{99};
    static constexpr std::string_view alphabet = "\"\"\"\n\n\r,,ab \t;";
    for (int round = 0; round < 2000; ++round) {
        std::string text = "a,b\n";
        for (std::uint64_t n = random.below(60); n > 0; --n) text += alphabet[random.below(alphabet.size())];
        const auto whole = rows_of(text);
        const auto bytewise = rows_of(text, 1);
        INFO(text);
        REQUIRE(whole.size() == bytewise.size());
        const auto lines = static_cast<std::uint64_t>(std::ranges::count(text, '\n')) + 1;
        std::uint64_t last = 0;
        for (std::size_t i = 0; i < whole.size(); ++i) {
            REQUIRE(whole[i].line == bytewise[i].line);
            REQUIRE(whole[i].fields == bytewise[i].fields);
            REQUIRE(whole[i].line > last);
            REQUIRE(whole[i].line <= lines);
            last = whole[i].line;
        }
    }
}

TEST_CASE("rows end in LF or CRLF, and the last one may lack it") {
    const Table table{{"a", "b"}, {"1", "2"}};
    CHECK(table_of("a,b\n1,2\n") == table);
    CHECK(table_of("a,b\r\n1,2\r\n") == table);
    CHECK(table_of("a,b\r\n1,2") == table);
    CHECK(table_of("a,b\r\n\"1\",\"2\"") == table);
    CHECK(table_of("a,b\n1,\n") == Table{{"a", "b"}, {"1", ""}});
    CHECK(table_of("a,b\n1,") == Table{{"a", "b"}, {"1", ""}});
    CHECK(table_of("").empty());
    CHECK(table_of("\n\r\n  \n").empty());
}

TEST_CASE("blanks around a field are not part of it unless quoted") {
    CHECK(table_of("a , b\n 1 ,\" 2 \" \r\n") == Table{{"a", "b"}, {"1", " 2 "}});
    CHECK(table_of("a\tb\tc\n1\t\t 3 \n\t\t\n") == Table{{"a", "b", "c"}, {"1", "", "3"}, {"", "", ""}});
}

TEST_CASE("the separator is the one that the first line uses") {
    CHECK(table_of("\na;b\n1,5;2\n") == Table{{"a", "b"}, {"1,5", "2"}});
    CHECK(table_of("\"a,a\";b\n1;2\n") == Table{{"a,a", "b"}, {"1", "2"}});
    CHECK(table_of("a,b;c\n1,2\n") == Table{{"a", "b;c"}, {"1", "2"}});
    CHECK(table_of("phone\n1;2\n") == Table{{"phone"}, {"1;2"}});
}

TEST_CASE("a byte order mark is not part of the first column") {
    CHECK(table_of("\xEF\xBB\xBFphone,name\n1,2\n", 1) == Table{{"phone", "name"}, {"1", "2"}});
    CHECK(table_of("\xEF\xBB\xBF\"phone\"\n1\n")[0][0] == "phone");
}

TEST_CASE("what is not UTF-8 text is refused with what to do") {
    using namespace std::string_literals;
    CHECK_THAT(refused("\xFF\xFE"s + "p\0h\0"s), Catch::Contains("UTF-16") && Catch::Contains("iconv"));
    CHECK_THAT(refused("\xFE\xFF"s + "\0p\0h"s), Catch::Contains("UTF-16"));
    CHECK_THAT(refused("p\0h\0o\0"s), Catch::Contains("UTF-16"));
    CHECK_THAT(refused("\0p\0h"s), Catch::Contains("UTF-16"));
    CHECK_THAT(refused("PK\x03\x04zipped"), Catch::Contains("spreadsheet"));
    CHECK_THAT(refused("phone\rname\r"), Catch::Contains("CR alone"));
    CHECK_THAT(refused("\x1F\x8B\x08zipped"), Catch::Contains("gunzip"));
}

TEST_CASE("every row knows the line where it begins, blank lines and quoted newlines counted") {
    const auto rows = rows_of("a,b\n\n1,\"x\ny\nz\"\r\n\r\n2,3\n4,\"5\"x\n6,7");
    REQUIRE(rows.size() == 5);
    CHECK(rows[0].line == 1);
    CHECK(rows[1].line == 3);
    CHECK(rows[1].fields[1] == "x\ny\nz");
    CHECK(rows[2].line == 7);
    CHECK(rows[3].line == 8);
    CHECK_THAT(rows[3].problem, Catch::Contains("double those inside"));
    CHECK(rows[4].line == 9);
    CHECK(rows[4].fields == std::vector<std::string>{"6", "7"});
}

TEST_CASE("a quote that is never closed costs its own line and not the rest of the file") {
    SECTION("up to the end of the file") {
        const auto rows = rows_of("a,b\n1,\"open\n2,x\n3,y\n");
        REQUIRE(rows.size() == 4);
        CHECK(rows[1].line == 2);
        CHECK_THAT(rows[1].problem, Catch::Contains("not closed before the end of the file"));
        CHECK(rows[1].fields == std::vector<std::string>{"1,\"open"});
        CHECK(rows[2].fields == std::vector<std::string>{"2", "x"});
        CHECK(rows[3].fields == std::vector<std::string>{"3", "y"});
    }
    SECTION("up to the next quoted field") {
        const auto rows = rows_of("a,b\n1,\"open\n2,x\n3,\"y\"\n");
        REQUIRE(rows.size() == 4);
        CHECK_THAT(rows[1].problem, Catch::Contains("not closed before another one"));
        CHECK(rows[3].fields == std::vector<std::string>{"3", "y"});
    }
    SECTION("in a file of a million rows") {
        std::string text = "a,b\n1,\"open\n";
        constexpr std::size_t more = 1'000'000;
        for (std::size_t i = 0; i < more; ++i) text += "2,x\n";
        auto reader = CsvReader::open(text_source(std::move(text)));
        REQUIRE(reader);
        std::size_t good = 0;
        std::vector<std::string> problems;
        for (;;) {
            auto row = reader->next();
            REQUIRE(row);
            if (!*row) break;
            if ((*row)->problem.empty()) {
                ++good;
            } else {
                problems.push_back((*row)->problem);
            }
        }
        CHECK(good == more + 1);
        REQUIRE(problems.size() == 1);
        CHECK_THAT(problems[0], Catch::Contains("not closed within 64 KB"));
    }
}

TEST_CASE("a row over the limit is one rejected row, and reading goes on behind it") {
    constexpr std::size_t huge = 10U << 20U;
    for (const std::string& row : {"1," + std::string(huge, 'A'), "1,\"" + std::string(huge, 'A') + "\"",
                                   std::string(huge, ','), std::string(huge, '"'), std::string(huge, '\0')}) {
        const auto rows = rows_of("a,b\n" + row + "\n2,x\n");
        REQUIRE(rows.size() == 3);
        CHECK(rows[1].line == 2);
        CHECK_THAT(rows[1].problem, Catch::Contains("longer than 64 KB"));
        CHECK(rows[1].fields[0] == row.substr(0, max_shown_bytes));
        CHECK(rows[2].line == 3);
        CHECK(rows[2].fields == std::vector<std::string>{"2", "x"});
    }
    const auto at_the_end = rows_of("a,b\n" + std::string(huge, 'A'));
    REQUIRE(at_the_end.size() == 2);
    CHECK_THAT(at_the_end[1].problem, Catch::Contains("longer than 64 KB"));
}

TEST_CASE("a quoted field over the limit never makes a good row of a line inside it") {
    std::string notes = "1,\"";
    while (notes.size() < 2 * max_row_bytes) notes += "notes without a comma\n";
    const auto rows = rows_of("a,b\n" + notes + "\"\n2,x\n");
    CHECK_THAT(rows.at(1).problem, Catch::Contains("not closed within 64 KB"));
    for (std::size_t i = 2; i + 1 < rows.size(); ++i) REQUIRE(rows[i].fields.size() == 1);
    CHECK(rows.back().fields == std::vector<std::string>{"2", "x"});
}

TEST_CASE("a row of just the limit is read, one byte more is not") {
    const std::string fits(max_row_bytes - 3, 'A');  // with `1,` in front and LF behind
    CHECK(table_of("a,b\n1," + fits + "\n")[1][1] == fits);
    CHECK_FALSE(rows_of("a,b\n1," + fits + "A\n")[1].problem.empty());
}

TEST_CASE("a row of more than 64 columns is rejected") {
    const std::string text(max_columns - 1, ',');
    CHECK(table_of("a\n" + text + "\n")[1].size() == max_columns);
    CHECK_THAT(rows_of("a\n" + text + ",\n")[1].problem, Catch::Contains("more than 64 columns"));
}

TEST_CASE("a source that fails makes reading fail") {
    int calls = 0;
    auto reader = CsvReader::open([&calls](std::span<char> into) -> outdial::Result<std::size_t> {
        if (++calls > 1) return outdial::fail("disk on fire");
        constexpr std::string_view text = "a,b\n1,";
        std::ranges::copy(text, into.begin());
        return text.size();
    });
    REQUIRE(reader);
    REQUIRE(reader->next());
    const auto row = reader->next();
    REQUIRE_FALSE(row);
    CHECK(row.error().message == "disk on fire");
}
