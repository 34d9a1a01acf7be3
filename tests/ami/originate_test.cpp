#include "ami/originate.hpp"

#include <catch2/catch.hpp>

namespace outdial::ami {
namespace {

Originate call_to_extension() {
    Originate call;
    call.channel_id = "0190a0b1c2d3e4f50123456789abcdef";
    call.channel = "PJSIP/12125550100@carrier-a";
    call.context = "outbound";
    call.exten = "12125550100";
    call.caller_id_name = "Renewals";
    call.caller_id_number = "+18001234567";
    call.timeout = Milliseconds{25'000};
    call.variables = {{"CUSTOMER_NAME", "Doe, Jane (old)"}};
    return call;
}

Originate call_to_application() {
    Originate call = call_to_extension();
    call.context.clear();
    call.exten.clear();
    call.application = "Stasis";
    call.data = "voicebot,4711";
    return call;
}

std::string error_of(const Originate& call) {
    const auto action = to_action(call);
    return action ? "" : action.error().message;
}

}  // namespace

TEST_CASE("a call to an extension is an async Originate with its own channel id", "[originate]") {
    CHECK(to_action(call_to_extension())->encode("0190a0b1c2d3e4f50123456789abcdef").value() ==
          "Action: Originate\r\n"
          "ActionID: 0190a0b1c2d3e4f50123456789abcdef\r\n"
          "Channel: PJSIP/12125550100@carrier-a\r\n"
          "Context: outbound\r\nExten: 12125550100\r\nPriority: 1\r\n"
          "Timeout: 25000\r\nAsync: true\r\n"
          "ChannelId: 0190a0b1c2d3e4f50123456789abcdef\r\n"
          "CallerID: \"Renewals\" <+18001234567>\r\n"
          "Variable: CUSTOMER_NAME=Doe\\, Jane \\(old\\)\r\n\r\n");
}

TEST_CASE("a call to an application names it with its data, and no extension", "[originate]") {
    const auto text = to_action(call_to_application())->encode("1").value();
    CHECK_THAT(text, Catch::Contains("Application: Stasis\r\nData: voicebot,4711\r\n") && !Catch::Contains("Exten"));
    auto both = call_to_application();
    both.exten = "1";
    CHECK_THAT(error_of(both), Catch::Contains("both an application and an extension"));
}

TEST_CASE("a call without a channel id, channel or destination, or with more than one, is refused", "[originate]") {
    for (const auto& spoil : std::vector<void (*)(Originate&)>{
             [](Originate& call) { call.channel_id.clear(); },
             [](Originate& call) { call.channel_id = "UPPER"; },
             [](Originate& call) { call.channel_id = std::string(128, 'a'); },
             [](Originate& call) { call.channel.clear(); },
             [](Originate& call) { call.channel = "no-slash"; },
             [](Originate& call) { call.channel = "PJSIP/"; },
             [](Originate& call) { call.channel = "/1212"; },
             [](Originate& call) { call.channel = "PJSIP/1212&1313@carrier-a"; },
             [](Originate& call) { call.channel = "PJSIP/1212@carrier-a,30"; },
             [](Originate& call) { call.channel = "PJSIP/${SHELL(id)}@carrier-a"; },
             [](Originate& call) { call.context.clear(); },
             [](Originate& call) { call.exten.clear(); },
             [](Originate& call) { call.priority = 0; },
             [](Originate& call) { call.data = "for no application"; },
         }) {
        auto call = call_to_extension();
        spoil(call);
        CHECK_FALSE(error_of(call).empty());
    }
}

TEST_CASE("what Asterisk would cut is refused, at its exact length", "[originate]") {
    auto call = call_to_extension();
    call.channel = "PJSIP/" + std::string(249, '1');
    call.context = std::string(79, 'c');
    call.exten = std::string(79, '1');
    call.caller_id_name = std::string(255 - 17, 'n');
    CHECK(error_of(call).empty());
    for (auto* field : {&call.channel, &call.context, &call.exten, &call.caller_id_name}) {
        field->push_back('1');
        CHECK_FALSE(error_of(call).empty());
        field->pop_back();
    }
    call = call_to_application();
    call.application = std::string(31, 'a');
    CHECK(error_of(call).empty());
    call.application.push_back('a');
    CHECK_THAT(error_of(call), Catch::Contains("32 bytes"));
}

TEST_CASE("the ring timeout is 1 to 180 seconds: none would ring for ever", "[originate]") {
    auto call = call_to_extension();
    for (const int ms : {1'000, 180'000}) {
        call.timeout = Milliseconds{ms};
        CHECK(error_of(call).empty());
    }
    for (const int ms : {0, -1, 999, 180'001}) {
        call.timeout = Milliseconds{ms};
        CHECK_THAT(error_of(call), Catch::Contains("ring timeout"));
    }
}

TEST_CASE("a caller id cannot break out of its quotes or brackets", "[originate]") {
    for (const std::string name : {"a\"b", "a<b", "a>b", "a\\b", "a\nb"}) {
        auto call = call_to_extension();
        call.caller_id_name = name;
        const auto action = to_action(call);
        CHECK((!action || !action->encode("1")));
    }
    for (const std::string number : {"1 2", "1>", "1\"", "1;x", "1@x"}) {
        auto call = call_to_extension();
        call.caller_id_number = number;
        CHECK_THAT(error_of(call), Catch::Contains("caller_id_number"));
    }
}

TEST_CASE("a caller id may lack its name or its number, and is left out when it lacks both", "[originate]") {
    auto call = call_to_extension();
    call.caller_id_name.clear();
    CHECK_THAT(to_action(call)->encode("1").value(), Catch::Contains("CallerID: <+18001234567>\r\n"));
    call.caller_id_number.clear();
    CHECK_THAT(to_action(call)->encode("1").value(), !Catch::Contains("CallerID"));
    call.caller_id_name = "Renewals";
    CHECK_THAT(to_action(call)->encode("1").value(), Catch::Contains("CallerID: \"Renewals\" <>\r\n"));
}

TEST_CASE("what Asterisk would refuse for its words never leaves, even when a call list filled it in", "[originate]") {
    auto call = call_to_application();
    call.data = "voicebot,EVALuation";
    CHECK_THAT(error_of(call), Catch::Contains("'EVAL'"));
    call = call_to_application();
    call.application = "MixMonitor";
    CHECK_THAT(error_of(call), Catch::Contains("'mixmonitor'"));
}

TEST_CASE("a hostile number is stopped here even if every layer before let it through", "[originate]") {
    for (const std::string number : {"1212&PJSIP/900@premium", "1212,b(evil)", "1212;x", "1212|x", "${SHELL(id)}",
                                     "12 12", "1212\r\nAction: Command", "1212@evil", "12\x7f", "\"1212\"", "1212\\"}) {
        INFO(number);
        auto to_person = call_to_extension();
        to_person.channel = "PJSIP/" + number + "@carrier-a";
        CHECK_FALSE(error_of(to_person).empty());
        auto to_destination = call_to_extension();
        to_destination.exten = number;
        CHECK_FALSE(error_of(to_destination).empty());
        auto to_context = call_to_extension();
        to_context.context = "outbound" + number;
        CHECK_FALSE(error_of(to_context).empty());
        auto to_application = call_to_application();
        to_application.application = "Playback" + number;
        CHECK_FALSE(error_of(to_application).empty());
    }
}

TEST_CASE("every form of channel that a trunk may have is let through", "[originate]") {
    for (const std::string channel :
         {"PJSIP/+12125550100@carrier-a", "SIP/carrier_a/12125550100", "DAHDI/g1/12125550100",
          "PJSIP/carrier-a/sip:12125550100@sip.example.net:5060", "Local/12125550100@out.1/n"}) {
        INFO(channel);
        auto call = call_to_extension();
        call.channel = channel;
        CHECK(error_of(call).empty());
    }
}

}  // namespace outdial::ami
