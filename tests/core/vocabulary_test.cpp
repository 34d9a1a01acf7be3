// Campaign states and orders, contacts, dispositions, and what an Originate says.
#include <catch2/catch.hpp>

#include "core/originate_order.hpp"

using namespace outdial;
using State = CampaignState;
using Order = CampaignOrder;

TEST_CASE("every order in every state leads where the manual says, or is refused with a reason") {
    struct Row {
        Order order;
        State from;
        std::optional<State> to;
    };
    const Row rows[] = {
        {Order::start, State::draft, State::running},
        {Order::start, State::running, {}},
        {Order::start, State::paused, State::running},
        {Order::start, State::draining, State::running},
        {Order::start, State::finished, State::running},
        {Order::pause, State::draft, {}},
        {Order::pause, State::running, State::paused},
        {Order::pause, State::paused, {}},
        {Order::pause, State::draining, State::paused},
        {Order::pause, State::finished, {}},
        {Order::resume, State::draft, {}},
        {Order::resume, State::running, {}},
        {Order::resume, State::paused, State::running},
        {Order::resume, State::draining, State::running},
        {Order::resume, State::finished, {}},
        {Order::drain, State::draft, {}},
        {Order::drain, State::running, State::draining},
        {Order::drain, State::paused, State::draining},
        {Order::drain, State::draining, {}},
        {Order::drain, State::finished, {}},
        {Order::stop, State::draft, {}},
        {Order::stop, State::running, State::finished},
        {Order::stop, State::paused, State::finished},
        {Order::stop, State::draining, State::finished},
        {Order::stop, State::finished, {}},
    };
    for (const Row& row : rows) {
        CAPTURE(to_text(row.order), to_text(row.from));
        const auto result = apply(row.order, row.from);
        CHECK(result.has_value() == row.to.has_value());
        if (result && row.to) CHECK(*result == *row.to);
        if (!result) CHECK_FALSE(result.error().message.empty());
    }
}

TEST_CASE("states, orders and dispositions are read back from their words, and from nothing else") {
    for (State state : all_campaign_states) CHECK(campaign_state_from(to_text(state)) == state);
    for (Order order : {Order::start, Order::pause, Order::resume, Order::drain, Order::stop}) {
        CHECK(campaign_order_from(to_text(order)) == order);
    }
    for (Disposition disposition : all_dispositions) CHECK(disposition_from(to_text(disposition)) == disposition);
    for (const char* word : {"", "Running", "running ", "go"}) {
        CHECK_FALSE(campaign_state_from(word).has_value());
        CHECK_FALSE(campaign_order_from(word).has_value());
        CHECK_FALSE(disposition_from(word).has_value());
    }
}

TEST_CASE("a disposition is indexed by its enum value, and technical when it is the trunk's or a refusal") {
    for (std::size_t i = 0; i < all_dispositions.size(); ++i) {
        CHECK(static_cast<std::size_t>(all_dispositions[i]) == i);
        const Disposition disposition = all_dispositions[i];
        const bool trunk = disposition == Disposition::rejected || disposition == Disposition::congestion ||
                           disposition == Disposition::unreachable;
        CHECK(is_technical(disposition) == (trunk || disposition == Disposition::failed));
        CHECK((side_of(disposition) == Side::trunk) == trunk);
    }
}

TEST_CASE("E.164 is a plus sign and 3 to 15 digits") {
    for (const char* good : {"+123", "+12125550100", "+123456789012345"}) CHECK(is_e164(good));
    for (const char* bad : {"", "+", "+12", "+1234567890123456", "12125550100", "+1212555010a", "+1 2125550100",
                            " +123", "+123\n", "+12@3", "++123"}) {
        CAPTURE(bad);
        CHECK_FALSE(is_e164(bad));
    }
    CHECK_FALSE(is_e164(std::string_view{"+12\0003", 6}));
}

TEST_CASE("a number without its plus sign, and without its country") {
    const PhoneNumber number{.e164 = "+442079460000", .country_code_digits = 2};
    CHECK(number.digits() == "442079460000");
    CHECK(number.national() == "2079460000");
}

namespace {

Campaign campaign() {
    Campaign campaign;
    campaign.name = "renewals";
    campaign.list = "customers";
    campaign.caller_id_name = "Renewals";
    campaign.ring_timeout = std::chrono::seconds{25};
    campaign.variables = {{"POLICY", *Template::parse("{contact.policy}", Template::Allow::anything)},
                          {"WHO", *Template::parse("{attempt}", Template::Allow::anything)}};
    return campaign;
}

OriginateOrder order_for(Destination destination) {
    Random random{1};
    Claim claim;
    claim.slot = {
        .attempt = AttemptId::make(UtcTime{}, random), .trunk = "t", .server = "pbx1", .caller_id = "+18005550001"};
    claim.contact.numbers = {{.e164 = "+12125550100", .country_code_digits = 1},
                             {.e164 = "+12125550199", .country_code_digits = 1}};
    claim.contact.attributes = {{"policy", "P-9"}};
    claim.position = 1;
    Campaign dialing = campaign();
    dialing.on_answer = std::move(destination);
    const Trunk trunk{.name = "t",
                      .servers = {"pbx1"},
                      .dial = *Template::parse("PJSIP/{digits}@t", Template::Allow::number_only),
                      .cap = {1, 1},
                      .caller_ids = {}};
    return originate_order(claim, dialing, trunk);
}

}  // namespace

TEST_CASE("an Originate dials the claim's number through its trunk, with the slot's caller id and every variable") {
    const auto order = order_for(DialplanDestination{
        .context = "outbound", .exten = *Template::parse("{national}", Template::Allow::number_only), .priority = 3});
    CHECK(order.channel == "PJSIP/12125550199@t");
    CHECK(order.server == "pbx1");
    CHECK(order.context == "outbound");
    CHECK(order.exten == "2125550199");
    CHECK(order.priority == 3);
    CHECK(order.application.empty());
    CHECK(order.caller_id_name == "Renewals");
    CHECK(order.caller_id_number == "+18005550001");
    CHECK(order.ring_timeout == std::chrono::seconds{25});
    REQUIRE(order.variables.size() == 2);
    CHECK(order.variables[0] == std::pair<std::string, std::string>{"POLICY", "P-9"});
    CHECK(order.variables[1].second == order.attempt.view());
}

TEST_CASE("queues, voicebots and applications are reached as applications") {
    const auto queue = order_for(QueueDestination{"sales"});
    CHECK(queue.application == "Queue");
    CHECK(queue.data == "sales");
    CHECK(queue.exten.empty());
    const auto stasis =
        order_for(StasisDestination{.application = "voicebot",
                                    .arguments = {*Template::parse("{attempt}", Template::Allow::anything),
                                                  *Template::parse("{contact.policy}", Template::Allow::anything)}});
    CHECK(stasis.application == "Stasis");
    CHECK(stasis.data == "voicebot," + std::string{stasis.attempt.view()} + ",P-9");
    const auto application = order_for(ApplicationDestination{
        .application = "Playback", .data = *Template::parse("hello&{digits}", Template::Allow::anything)});
    CHECK(application.application == "Playback");
    CHECK(application.data == "hello&12125550199");
}
