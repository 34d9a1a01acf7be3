#include "core/originate_order.hpp"

#include <catch2/catch.hpp>

namespace outdial {

namespace {

Claim claim_of(std::string name) {
    Random random{1};
    Claim claim;
    claim.slot = {.attempt = AttemptId::make(from_unix_ms(0), random),
                  .trunk = "carrier-a",
                  .server = "pbx1",
                  .caller_id = "+18001234567"};
    claim.contact = {.id = ContactId{7},
                     .external_id = "A-17",
                     .numbers = {{.e164 = "+12125550100", .country_code_digits = 1}},
                     .attributes = {{"name", std::move(name)}}};
    return claim;
}

const Trunk trunk{.name = "carrier-a",
                  .servers = {"pbx1"},
                  .dial = Template::parse("PJSIP/{digits}@carrier-a", Template::Allow::number_only).value(),
                  .cap = {.originates_per_second = 1, .channels = 1},
                  .caller_ids = {}};

Template anything(std::string_view text) { return Template::parse(text, Template::Allow::anything).value(); }

}  // namespace

TEST_CASE("an answered call goes to the dialplan with its own number as the extension") {
    Campaign campaign;
    campaign.on_answer =
        DialplanDestination{.context = "outbound",
                            .exten = Template::parse("{national}", Template::Allow::number_only).value(),
                            .priority = 3};
    const OriginateOrder order = originate_order(claim_of("Ann"), campaign, trunk);
    CHECK(order.channel == "PJSIP/12125550100@carrier-a");
    CHECK(order.context == "outbound");
    CHECK(order.exten == "2125550100");
    CHECK(order.priority == 3);
    CHECK(order.application.empty());
    CHECK(order.caller_id_number == "+18001234567");
}

TEST_CASE("what a call list says stays one argument of an application, whatever it holds") {
    Campaign campaign;
    campaign.on_answer =
        StasisDestination{.application = "voicebot", .arguments = {anything("{contact.name}"), anything("{list}")}};
    campaign.list = "customers";
    CHECK(originate_order(claim_of("Ann"), campaign, trunk).data == "voicebot,Ann,customers");
    CHECK(originate_order(claim_of(R"(a,b"c\(d)[e])"), campaign, trunk).data ==
          R"(voicebot,a\,b\"c\\\(d\)\[e\],customers)");

    campaign.on_answer = ApplicationDestination{.application = "Playback", .data = anything("hello,{contact.name}")};
    CHECK(originate_order(claim_of("x,noanswer"), campaign, trunk).data == R"(hello,x\,noanswer)");
}

TEST_CASE("variables carry what a call list says as it is") {
    Campaign campaign;
    campaign.on_answer = QueueDestination{.queue = "sales"};
    campaign.variables = {{.name = "CUSTOMER_NAME", .value = anything("{contact.name}")}};
    const OriginateOrder order = originate_order(claim_of(R"(O'Neil, "Bob")"), campaign, trunk);
    CHECK(order.application == "Queue");
    CHECK(order.data == "sales");
    REQUIRE(order.variables.size() == 1);
    CHECK(order.variables[0].second == R"(O'Neil, "Bob")");
}

}  // namespace outdial
