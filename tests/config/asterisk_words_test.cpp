#include "config/asterisk_words.hpp"

#include <catch2/catch.hpp>

namespace outdial::config {

TEST_CASE("every word that Asterisk refuses in an application's name is refused in any case and place") {
    for (std::string_view application :
         {"AGI", "FastAGI", "DBdeltree", "Exec", "TryExec", "ExecIf", "ExternalIVR", "MixMonitor", "StopMixMonitor",
          "Originate", "Reload", "System", "trysystem"}) {
        INFO(application);
        CHECK(refused_application(application, {}));
    }
    for (std::string_view application : {"Playback", "Dial", "Stasis", "Queue", "DBdel", "Monitor", ""}) {
        INFO(application);
        CHECK_FALSE(refused_application(application, {}));
    }
    CHECK(refused_application("Queue", "sales,,,,60,agi:script"));
    CHECK_FALSE(refused_application("Queue", "sales,,,,60"));
}

TEST_CASE("every word that Asterisk refuses in data is refused in capitals, but not in a placeholder's name") {
    for (std::string_view data : {"CURL", "DB", "EVAL", "FILE", "ODBC", "REALTIME", "SHELL", "xDBx", "{digits}DB",
                                  "DB{digits}", "{contact.a}FILE{contact.b}"}) {
        INFO(data);
        CHECK(refused_data(data));
    }
    for (std::string_view data :
         {"", "curl", "Shell", "db", "D{digits}B", "{contact.DB_FILE}", "{contact.DB", "D", "{", "}"}) {
        INFO(data);
        CHECK_FALSE(refused_data(data));
    }
}

TEST_CASE("applications that only speak are known in any case, and all others are taken to choose where a call goes") {
    for (std::string_view application : {"Playback", "PLAYBACK", "SayDigits", "SendText", "Background"}) {
        INFO(application);
        CHECK(is_speaking_application(application));
    }
    for (std::string_view application : {"Dial", "Goto", "Queue", "Transfer", "BlindTransfer", "AttendedTransfer",
                                         "DISA", "Park", "PickupChan", "ChanSpy", "SoftHangup", "Record", "Set",
                                         "UserEvent", "Stasis", "ConfBridge", "VoiceMail", "Playbacks", ""}) {
        INFO(application);
        CHECK_FALSE(is_speaking_application(application));
    }
}

}  // namespace outdial::config
