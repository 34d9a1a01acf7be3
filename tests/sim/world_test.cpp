// What becomes of calls: shares, durations, the order of events, and the witness that books it all.

#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "sim/originate_request.hpp"
#include "sim/sandbox_server.hpp"
#include "virtual_server.hpp"

using namespace outdial;
using namespace outdial::sim;
using namespace outdial::sim::test;

TEST_CASE("fates come in the proportions that were asked for") {
    WorldOptions options;
    options.shares = {{Fate::answered, 3}, {Fate::busy, 1}, {Fate::not_found, 0}};
    World world{options, 5};
    std::map<Fate, int> counts;
    for (int i = 0; i < 20'000; ++i) ++counts[world.plan("2125550101").fate];
    CHECK(counts[Fate::answered] == Approx(15'000).margin(300));
    CHECK(counts[Fate::busy] == Approx(5'000).margin(300));
    CHECK(counts.size() == 2);
}

TEST_CASE("responses come before and after their channel's events as often as measured") {
    World world{WorldOptions{}, 5};
    std::map<ResponseOrder, int> counts;
    for (int i = 0; i < 20'000; ++i) ++counts[world.plan("2125550101").order];
    CHECK(counts[ResponseOrder::after_dial_end] == Approx(10'900).margin(300));
    CHECK(counts[ResponseOrder::before_dial_end] == Approx(4'860).margin(300));
    CHECK(counts[ResponseOrder::after_hangup] == Approx(3'840).margin(300));
    CHECK(counts[ResponseOrder::before_dial_begin] == Approx(400).margin(100));
}

TEST_CASE("every measured order of a refused call's events occurs on the wire, and every call gets each event once") {
    VirtualServer server;
    Client client{server};
    client.log_in();
    constexpr int calls = 1'000;
    for (int i = 0; i < calls; ++i) {
        client.originate("2125550117", fmt::format("id-{:04}", i), fmt::format("a-{}", i));
        server.run_for(Milliseconds{10});
    }
    server.run_out();
    std::map<std::string, std::string> order_of_call;
    for (const auto& record : client.messages()) {
        const std::map<std::string, std::string> letters = {{"Newchannel", "NC "},
                                                            {"DialBegin", "DB "},
                                                            {"DialEnd", "DE "},
                                                            {"OriginateResponse", "OR "},
                                                            {"Hangup", "HU "}};
        const auto letter = letters.find(record.event());
        if (letter == letters.end()) continue;
        const auto id = record.get("Uniqueid").empty() ? record.get("DestUniqueid") : record.get("Uniqueid");
        order_of_call[id] += letter->second;
    }
    std::map<std::string, int> orders;
    for (const auto& [id, order] : order_of_call) ++orders[order];
    CHECK(orders["NC DB DE OR HU "] == Approx(545).margin(70));
    CHECK(orders["NC DB OR DE HU "] == Approx(243).margin(60));
    CHECK(orders["NC DB DE HU OR "] == Approx(192).margin(60));
    CHECK(orders["NC OR DB DE HU "] == Approx(20).margin(18));
    CHECK(orders.size() == 4);
}

TEST_CASE("every fate ends with one OriginateResponse, and with one Hangup where there was a channel") {
    const auto fate = GENERATE(from_range(all_fates.begin(), all_fates.end()));
    const std::uint64_t seed = GENERATE(range(1, 9));
    INFO(name(fate) << ", seed " << seed);
    auto options = lab_options();
    options.world.mode = WorldOptions::Mode::by_probability;
    options.world.shares = {{fate, 1.0}};
    options.world.ring = Spread::uniform(Milliseconds{500}, Milliseconds{900});
    VirtualServer server{options, seed};
    Client client{server};
    client.log_in().originate("2125550101", "one");
    server.run_out();
    const auto messages = client.messages();
    CHECK(count_events(messages, "OriginateResponse") == 1);
    CHECK(count_events(messages, "Hangup") == (fate == Fate::unknown_endpoint ? 0 : 1));
    CHECK(find_event(messages, "OriginateResponse")->get("Response") == (is_answered(fate) ? "Success" : "Failure"));
    REQUIRE(server.model.witness().rows().size() == 1);
    CHECK(server.model.witness().rows()[0].fate == fate);
    CHECK(server.model.witness().rows()[0].answered_at.has_value() == is_answered(fate));
    CHECK(server.model.live_channels() == 0);
}

TEST_CASE("ringing ends with the Originate's Timeout, whatever the far end would have done later") {
    VirtualServer server;
    Client client{server};
    client.log_in().originate("2125550107", "one");  // would be answered after 20 s; the Timeout is 5 s
    server.run_out();
    const auto& row = server.model.witness().rows().at(0);
    CHECK(row.end == WitnessRow::End::ring_timeout);
    CHECK((*row.ended_at - *row.invited_at) == Milliseconds{5'000});
    CHECK(find_event(client.messages(), "OriginateResponse")->get("Reason") == "3");
}

TEST_CASE("the witness books what was asked for and when each thing happened") {
    VirtualServer server;
    Client client{server};
    client.log_in().originate("2125550101", "one", "a-1", "Context: hold\r\nVariable: NAME=Smith\\, J; Q=\"x\"\r\n");
    server.run_out();
    const auto& row = server.model.witness().rows().at(0);
    CHECK(row.number == "2125550101");
    CHECK(row.endpoint == "trunk");
    CHECK(row.account == "dialer");
    CHECK(row.caller_id == "\"Renewals\" <18001234567>");
    CHECK(row.variables == "OUTDIAL_CAMPAIGN=renewals;OUTDIAL_CONTACT=42;NAME=Smith, J\\; Q=x");
    CHECK((*row.answered_at - *row.invited_at) == Milliseconds{1'000});
    CHECK((*row.ended_at - *row.answered_at) == Milliseconds{1'000});
    CHECK(witness_csv(row).find(",one,a-1,PJSIP/2125550101@trunk,\"\"\"Renewals\"\" <18001234567>\",hold,2125550101,"
                                "\"OUTDIAL_CAMPAIGN=renewals;OUTDIAL_CONTACT=42;NAME=Smith, J\\; Q=x\",1,dialer,") !=
          std::string::npos);
}

TEST_CASE("the meter finds the busiest second wherever it lies") {
    CallMeter meter;
    const auto at = [](int ms) { return SteadyTime{Milliseconds{ms}}; };
    for (const int ms : {0, 900, 950, 1'000, 1'100, 1'899, 1'900, 5'000}) meter.began(at(ms));
    CHECK(meter.max_per_second() == 5);  // 900 to 1,899; 1,900 is a whole second after 900
    CHECK(meter.max_live() == 8);
    meter.ended();
    CHECK(meter.live() == 7);
}

TEST_CASE("variables split as Asterisk splits them") {
    using Pairs = std::vector<std::pair<std::string, std::string>>;
    CHECK(split_variables("a=1,b=2") == Pairs{{"a", "1"}, {"b", "2"}});
    CHECK(split_variables("a=x\\,y") == Pairs{{"a", "x,y"}});
    CHECK(split_variables("a=\"x,y\"") == Pairs{{"a", "x,y"}});
    CHECK(split_variables("a=f(1,2),b=[3,4]") == Pairs{{"a", "f(1,2)"}, {"b", "[3,4]"}});
    CHECK(split_variables("a=foo(1,b=3") == Pairs{{"a", "foo(1,b=3"}});
    CHECK(split_variables("a=b=c") == Pairs{{"a", "b=c"}});
    CHECK(split_variables(" a= b ") == Pairs{{" a", " b "}});
}

TEST_CASE("caller ids split into name and number") {
    using Pair = std::pair<std::string, std::string>;
    CHECK(split_caller_id("\"Jo Doe\" <+1 (800) 123-4567>") == Pair{"Jo Doe", "+18001234567"});
    CHECK(split_caller_id("Jo <55>") == Pair{"Jo", "55"});
    CHECK(split_caller_id("18001234567") == Pair{"", "18001234567"});
}

TEST_CASE("durations are read as they are written, and draws stay within them") {
    Random random{3};
    for (const std::string text : {"8s", "500ms", "500ms..2s", "~8s*0.5", "~250ms*0.8"}) {
        const auto spread = Spread::parse(text);
        REQUIRE(spread.has_value());
        CHECK(spread->text() == text);
    }
    const auto uniform = Spread::parse("1s..3s").value();
    const auto lognormal = Spread::parse("~1s*5").value();
    int below_median = 0;
    for (int i = 0; i < 10'000; ++i) {
        const auto drawn = uniform.draw(random);
        CHECK((drawn >= Milliseconds{1'000} && drawn <= Milliseconds{3'000}));
        const auto heavy = lognormal.draw(random);
        CHECK((heavy >= Microseconds{0} && heavy <= Spread::longest));
        below_median += heavy < Milliseconds{1'000} ? 1 : 0;
    }
    CHECK(below_median == Approx(5'000).margin(250));
    for (const char* text :
         {"", "8", "s", "-1s", "3s..1s", "1s..", "~", "~1s*", "~1s*9", "1s,2s", "nans", "500h", "300m"}) {
        INFO(text);
        CHECK_FALSE(Spread::parse(text).has_value());
    }
}

TEST_CASE("a world that cannot be is refused") {
    WorldOptions options;
    options.shares = {{Fate::answered, 0.0}};
    CHECK_FALSE(World::check(options).has_value());
    options.shares = {{Fate::answered, -1.0}};
    CHECK_FALSE(World::check(options).has_value());
    options = {};
    CHECK(World::check(options).has_value());
    options.speed = 0;
    CHECK_FALSE(World::check(options).has_value());
}

TEST_CASE("every fate has a name, and some number rule or a share brings it about") {
    std::set<std::string> names;
    for (const Fate fate : all_fates) {
        names.insert(std::string{name(fate)});
        CHECK(fate_of_name(name(fate)) == fate);
    }
    CHECK(names.size() == all_fates.size());
    std::set<Fate> by_number;
    for (const auto& rule : number_rules()) by_number.insert(rule.fate);
    CHECK(by_number.size() == all_fates.size());
}
