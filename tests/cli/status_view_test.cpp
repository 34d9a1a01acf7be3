#include "cli/status_view.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace outdial::cli {
namespace {

using Catch::Contains;
using nlohmann::json;

json campaign(const std::string& name, const std::string& state, const std::string& waiting_for = "") {
    return {{"name", name},        {"state", state},
            {"list", "customers"}, {"contacts", 1000},
            {"ready", 480},        {"waiting", 90},
            {"in_call", 20},       {"done", 410},
            {"reached", 380},      {"attempts", 600},
            {"answered", 380},     {"answer_rate", 0.6333},
            {"calls", 20},         {"waiting_for", waiting_for}};
}

json status_of(const std::vector<json>& campaigns) {
    return {{"version", "0.1.0"},
            {"pid", 4711},
            {"uptime_ms", 7'500'000},
            {"database", "/var/lib/outdial/outdial.db"},
            {"dialing", true},
            {"not_dialing_because", ""},
            {"servers",
             {{{"name", "pbx1"},
               {"state", "ready"},
               {"detail", ""},
               {"version", "22.10.0"},
               {"calls", 20},
               {"channels", 500},
               {"originates_per_second", 50}},
              {{"name", "pbx2"},
               {"state", "down"},
               {"detail", "login refused: look at manager.conf"},
               {"version", ""},
               {"calls", 0},
               {"channels", 500},
               {"originates_per_second", 0.5}}}},
            {"trunks", {{{"name", "carrier-a"}, {"calls", 20}, {"channels", 60}, {"originates_per_second", 20}}}},
            {"campaigns", campaigns},
            {"alerts", json::array()}};
}

std::string shown(const json& status, std::string_view name = "") { return status_text(status, name, Style::plain()); }

TEST_CASE("The status shows daemon, campaigns, trunks and servers") {
    CHECK(shown(status_of({campaign("renewals", "running")})) ==
          "outdial 0.1.0, process 4711, up 2 h 5 min, database /var/lib/outdial/outdial.db\n"
          "\n"
          "CAMPAIGN  STATE    PROGRESS                 CONTACTS  READY  WAITING  IN CALL  DONE  REACHED  ATTEMPTS      "
          "ANSWERED\n"
          "renewals  running  [#####---------] 41.0 %     1,000    480       90       20   410      380       600  "
          "380 = 63.3 %\n"
          "\n"
          "TRUNK      CALLS / CAP  CAP CALLS/S\n"
          "carrier-a      20 / 60           20\n"
          "\n"
          "SERVER  STATE  CALLS / CAP  CAP CALLS/S  VERSION\n"
          "pbx1    ready     20 / 500           50  22.10.0\n"
          "pbx2    down       0 / 500          0.5\n"
          "  login refused: look at manager.conf\n");
}

TEST_CASE("An overloaded daemon says of what it is short, in its second line") {
    json status = status_of({});
    status["overload"] = "short of memory: calls are started at half their rates";
    CHECK_THAT(shown(status), Contains("\nOverloaded: short of memory: calls are started at half their rates\n"));
    status["overload"] = "";
    CHECK_THAT(shown(status), !Contains("Overloaded"));
}

TEST_CASE("A campaign that starts no calls says why, in every state") {
    CHECK_THAT(shown(status_of({campaign("a", "draft")})), Contains("  not started yet: outdial campaign start a\n"));
    CHECK_THAT(shown(status_of({campaign("a", "running", "no server is ready")})),
               Contains("  starts no calls just now: no server is ready\n"));
    CHECK_THAT(shown(status_of({campaign("a", "paused")})), Contains("  paused: outdial campaign resume a\n"));
    CHECK_THAT(shown(status_of({campaign("a", "draining")})), Contains("  draining: no new calls"));
    CHECK_THAT(shown(status_of({campaign("a", "finished")})), !Contains("outdial campaign"));
}

TEST_CASE("A daemon that cannot dial at all says so first") {
    json status = status_of({campaign("a", "running")});
    status["dialing"] = false;
    status["not_dialing_because"] = "the database cannot be written";
    CHECK_THAT(shown(status), Contains("\nNo campaign can dial: the database cannot be written\n\nCAMPAIGN"));
}

TEST_CASE("With a name only that campaign is shown") {
    const json status = status_of({campaign("a", "running"), campaign("b", "running")});
    CHECK_THAT(shown(status, "b"), Contains("\nb ") && !Contains("\na "));
    CHECK_THAT(progress_lines(status, "b"), Catch::StartsWith("b running: 410 of 1,000 contacts done"));
    REQUIRE(find_campaign(status, "b") != nullptr);
    CHECK(find_campaign(status, "c") == nullptr);
    CHECK(campaign_names(status) == std::vector<std::string>{"a", "b"});
}

TEST_CASE("The newest alerts are shown with their time in UTC") {
    json status = status_of({});
    for (int i = 0; i < 7; ++i) {
        status["alerts"].push_back(
            {{"at", 1'700'000'000'000 + i * 1000}, {"about", "pbx1"}, {"text", "n" + std::to_string(i)}});
    }
    CHECK_THAT(shown(status), Contains("2023-11-14 22:13:26  pbx1   n6\n") && Contains("n2") && !Contains("n1\n"));
}

TEST_CASE("Text in an answer cannot steer the terminal") {
    json status = status_of({campaign("evil\x1b[2J", "running", "\x1b]0;x")});
    status["database"] = "/tmp/\x1b[2J";
    CHECK_THAT(shown(status), !Contains("\x1b"));
    CHECK_THAT(progress_lines(status, ""), !Contains("\x1b"));
}

TEST_CASE("An answer that lacks everything, or has other types, is shown without it") {
    CHECK_THAT(shown(json::object()), Contains("No campaign is configured."));
    const json odd = {{"version", 1},
                      {"campaigns", {{{"name", "a"}, {"state", nullptr}, {"contacts", "many"}}}},
                      {"servers", {{{"name", 7}}}},
                      {"alerts", "none"},
                      {"dialing", "yes"}};
    CHECK_THAT(shown(odd), Contains("\na "));
    CHECK_FALSE(is_finished(odd["campaigns"][0]));
}

}  // namespace
}  // namespace outdial::cli
