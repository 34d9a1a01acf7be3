#include "base/refused_words.hpp"

#include <catch2/catch.hpp>

namespace outdial {

TEST_CASE("the applications that Asterisk refuses are found in any case and place") {
    CHECK(refused_application_word("TrySystem", "") == "system");
    CHECK(refused_application_word("DeadAGI", "") == "agi");
    CHECK(refused_application_word("ExecIf", "") == "exec");
    CHECK(refused_application_word("StopMixMonitor", "") == "mixmonitor");
    for (const std::string_view application : {"Stasis", "Playback", "Dial", "DBdel", "Monitor", ""}) {
        INFO(application);
        CHECK_FALSE(refused_application_word(application, "voicebot"));
    }
}

TEST_CASE("a queue is refused where it names an AGI script, and only there") {
    CHECK(refused_application_word("queue", "sales,,,,60,agi:script"));
    CHECK(refused_application_word("Queue", ",,,,,x,macro"));
    for (const std::string_view data : {"", "sales", "sales,,,,60", "sales,,,,60,", "sales,,,,60,,macro"}) {
        INFO(data);
        CHECK_FALSE(refused_application_word("Queue", data));
    }
}

TEST_CASE("the words that Asterisk refuses in an application's data are found in capitals") {
    CHECK(refused_data_word("DBapp") == "DB");
    CHECK(refused_data_word("x,MY_FILES") == "FILE");
    CHECK(refused_data_word("a,${SHELL(ls)}") == "SHELL");
    CHECK_FALSE(refused_data_word("dbapp,file,curl"));
    CHECK_FALSE(refused_data_word(""));
}

}  // namespace outdial
