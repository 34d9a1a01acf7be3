#include "daemon/log.hpp"

#include <catch2/catch.hpp>

#include "daemon/alerts.hpp"

namespace outdial::daemon {

TEST_CASE("text from outside cannot start a log line of its own, nor flood the log") {
    CHECK(one_line("Extension does not exist.") == "Extension does not exist.");
    CHECK(one_line("a\r\n2026-01-01 info forged") == "a\\x0d\\n2026-01-01 info forged");
    CHECK(one_line(std::string_view{"\0\x1b[2J\x7f", 6}) == "\\x00\\x1b[2J\\x7f");
    CHECK(safe_line("a\r\nb\x1b[2J") == "a\\x0d\\nb\\x1b[2J");
    CHECK(safe_line("ab\xe2\x80\xae"
                    "cd") == "ab\\u202ecd");  // right-to-left override
    CHECK(one_line(std::string(100'000, 'x')).size() <= 303);
}

TEST_CASE("telephone numbers are masked in whatever is logged") {
    CHECK(safe_line("+4930123454567") == "+49...4567");
    CHECK(safe_line("PJSIP/12125550100@carrier-a is busy") == "PJSIP/12...0100@carrier-a is busy");
    CHECK(safe_line("exten 5550100, not 555010") == "exten 55...0100, not 555010");
    CHECK(safe_line("tel:+123456789012345;x") == "tel:+12...2345;x");
    CHECK(safe_line("to12125550100x") == "to12...0100x");
}

TEST_CASE("what is no telephone number stays readable in the log") {
    for (const std::string_view line :
         {"attempt 00000190123456789012345678901234 ended", "attempt 0190a0b1c2d3e4f50123456789abcdef ended",
          "campaign order uid=4294967294 pid=4194304", "2026-11-23T01:16:55.123 port 5038", "1234567890123456"}) {
        CHECK(safe_line(line) == line);
    }
}

TEST_CASE("the newest alerts are kept, and no more than so many") {
    Alerts alerts;
    for (int i = 0; i < 200; ++i) alerts.raise(from_unix_ms(i), "pbx1", "alert " + std::to_string(i));
    REQUIRE(alerts.newest_last().size() == Alerts::kept);
    CHECK(alerts.newest_last().back().text == "alert 199");
    CHECK(alerts.newest_last().front().text == "alert 150");
}

TEST_CASE("an alert remembers nobody's number") {
    Alerts alerts;
    alerts.raise(from_unix_ms(0), "pbx1", "cannot dial PJSIP/12125550147@carrier-a");
    CHECK(alerts.newest_last().back().text == "cannot dial PJSIP/12...0147@carrier-a");
}

}  // namespace outdial::daemon
