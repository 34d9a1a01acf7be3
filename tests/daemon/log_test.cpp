#include "daemon/log.hpp"

#include <catch2/catch.hpp>

#include "daemon/alerts.hpp"

namespace outdial::daemon {

TEST_CASE("text from outside cannot start a log line of its own, nor flood the log") {
    CHECK(one_line("Extension does not exist.") == "Extension does not exist.");
    CHECK(one_line("a\r\n2026-01-01 info forged") == "a\\x0d\\x0a2026-01-01 info forged");
    CHECK(one_line(std::string_view{"\0\x1b[2J\x7f", 6}) == "\\x00\\x1b[2J\\x7f");
    CHECK(one_line(std::string(100'000, 'x')).size() <= 303);
}

TEST_CASE("the newest alerts are kept, and no more than so many") {
    Alerts alerts;
    for (int i = 0; i < 200; ++i) alerts.raise(from_unix_ms(i), "pbx1", "alert " + std::to_string(i));
    REQUIRE(alerts.newest_last().size() == Alerts::kept);
    CHECK(alerts.newest_last().back().text == "alert 199");
    CHECK(alerts.newest_last().front().text == "alert 150");
}

}  // namespace outdial::daemon
