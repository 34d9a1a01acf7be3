#include "cli/text.hpp"

#include <catch2/catch.hpp>

#include "cli/progress.hpp"
#include "cli/table.hpp"

namespace outdial::cli {
namespace {

TEST_CASE("Numbers are grouped by thousands") {
    CHECK(grouped(0) == "0");
    CHECK(grouped(999) == "999");
    CHECK(grouped(1000) == "1,000");
    CHECK(grouped(1234567) == "1,234,567");
    CHECK(grouped(-123) == "-123");
    CHECK(grouped(-1234) == "-1,234");
    CHECK(counted(1, "contact", "contacts") == "1 contact");
    CHECK(counted(2000, "contact", "contacts") == "2,000 contacts");
}

TEST_CASE("Durations are told in their two largest units") {
    CHECK(duration(0) == "0.0 s");
    CHECK(duration(4'230) == "4.2 s");
    CHECK(duration(59'999) == "59 s");
    CHECK(duration(60'000) == "1 min 0 s");
    CHECK(duration(7'500'000) == "2 h 5 min");
    CHECK(duration(100 * 3'600'000LL) == "4 d 4 h");
    CHECK(duration(-5) == "0.0 s");
}

TEST_CASE("A bar is full only when everything is done") {
    CHECK(bar(0, 12) == "[----------]");
    CHECK(bar(0.5, 12) == "[#####-----]");
    CHECK(bar(0.999, 12) == "[#########-]");
    CHECK(bar(1, 12) == "[##########]");
    CHECK(bar(7, 12) == "[##########]");
    CHECK(bar(-1, 12) == "[----------]");
}

TEST_CASE("Rates and shares keep the digits that matter") {
    CHECK(rate(20) == "20");
    CHECK(rate(0.5) == "0.5");
    CHECK(percent(0.4567) == "45.7 %");
}

TEST_CASE("A text's width is that of the terminal, not of its bytes") {
    CHECK(display_width("abc") == 3);
    CHECK(display_width("Zo\xc3\xab") == 3);
    CHECK(display_width("Zoe\xcc\x88") == 3);               // e and a combining diaeresis
    CHECK(display_width("\xe4\xb8\xad\xe6\x96\x87") == 4);  // two ideographs
}

TEST_CASE("A CSV field is quoted where it must be, and no spreadsheet runs it as a formula") {
    CHECK(csv_field("plain text") == "plain text");
    CHECK(csv_field("a,b") == "\"a,b\"");
    CHECK(csv_field("say \"no\"") == "\"say \"\"no\"\"\"");
    CHECK(csv_field("two\nlines") == "\"two\nlines\"");
    CHECK(csv_field("=1+1") == "'=1+1");
    CHECK(csv_field("+12125550100") == "'+12125550100");
    CHECK(csv_field("-x") == "'-x");
    CHECK(csv_field("@SUM(A1,A2)") == "\"'@SUM(A1,A2)\"");
    CHECK(csv_field("\t=1") == "'\t=1");
    CHECK(csv_field("a=1") == "a=1");
    CHECK(csv_field("").empty());
}

TEST_CASE("Progress tells share, rows and rows a second, and no share where the end is not known") {
    using namespace std::chrono_literals;
    CHECK(progress_line(410, 1000, 41'000, 2s) ==
          "[############------------------] 41.0 %  41,000 rows, 20,500 rows/s");
    CHECK(progress_line(410, 0, 1, 500ms) == "1 row, 2 rows/s");
    CHECK(progress_line(0, 0, 0, 0ms) == "0 rows");
}

TEST_CASE("A table is as wide as its widest cells, and no line ends with blanks") {
    Table table({{"NAME"}, {"CALLS", Table::Align::right}, {"NOTE"}});
    table.add({std::string{"a"}, std::string{"7"}, std::string{""}});
    table.add({std::string{"a-long-name"}, std::string{"1,234,567"}, std::string{"x"}});
    CHECK(table.text(Style::plain()) ==
          "NAME             CALLS  NOTE\n"
          "a                    7\n"
          "a-long-name  1,234,567  x\n");
}

TEST_CASE("A table's note stands below its row and does not widen the columns") {
    Table table({{"A"}, {"B"}});
    table.add({std::string{"1"}, std::string{"2"}});
    table.note("a note much longer than the columns\x1b", Tone::warning);
    CHECK(table.text(Style::plain()) ==
          "A  B\n"
          "1  2\n"
          "  a note much longer than the columns\\x1b\n");
}

TEST_CASE("A table of wide characters stays aligned") {
    Table table({{"N"}, {"B"}});
    table.add({std::string{"\xe4\xb8\xad"}, std::string{"x"}});
    table.add({std::string{"ab"}, std::string{"y"}});
    CHECK(table.text(Style::plain()) == "N   B\n\xe4\xb8\xad  x\nab  y\n");
}

}  // namespace
}  // namespace outdial::cli
