// In which order contacts are taken, and who is left out.
#include "store/contact_orders.hpp"

#include <algorithm>

#include "../support/plain_geography.hpp"
#include "fixture.hpp"

namespace outdial::store {
namespace {

using namespace std::chrono_literals;
using Ids = std::vector<std::string>;

SharedContactOrder order_of(ContactOrder order, std::string_view where = "") {
    if (!where.empty()) {
        auto filter = ContactFilter::parse(where);
        REQUIRE(filter);
        order.where = std::move(*filter);
    }
    return std::make_shared<const ContactOrder>(std::move(order));
}
const SharedContactOrder newest = order_of({.by = ContactOrder::By::newest});
SharedContactOrder only(std::string_view where) { return order_of({}, where); }

struct OrderDesk : Desk {
    int count = 0;
    SharedContactOrder order;

    SharedCallingRules calling;

    /// A contact named after what it has: "TX5" lives in Texas and has the priority 5. PlainGeography finds Florida an
    /// hour ahead of Texas.
    void add(const std::string& name) {
        Attributes attributes{{"state", name.substr(0, 2)}, {"zones", name.starts_with("FL") ? "+1" : "+0"}};
        if (name.size() > 2) attributes.emplace_back("priority", name.substr(2));
        import({person(number_of(count), name + "/" + std::to_string(count), attributes)});
        ++count;
    }
    void add_all(const Ids& names) {
        for (const std::string& name : names) add(name);
    }
    ClaimResult claim(std::size_t slots, UtcTime at = noon) {
        ClaimRequest wanted = request(slots, at);
        wanted.order = order;
        wanted.calling = calling;
        return must(store.claim(wanted));
    }
    /// The contacts of one claim by their names, without the count.
    Ids names(const ClaimResult& result) {
        Ids found;
        for (const Claim& claim : result.claims) {
            found.push_back(claim.contact.external_id.substr(0, claim.contact.external_id.find('/')));
        }
        return found;
    }
    Ids taken(std::size_t slots, UtcTime at = noon) { return names(claim(slots, at)); }
    Explanation explained(int contact) {
        ClaimRequest rules = request(0);
        rules.order = order;
        return must(store.explain({.e164 = number_of(contact), .external_id = {}, .list = {}}, {&rules, 1})).front();
    }
    std::string why(const std::string& reason) {
        return shell().value("SELECT state || ' ' || contacts FROM why_not WHERE reason = '" + reason + "'");
    }
    /// What the tables say of everybody, and whether each contact stands in exactly one of them.
    void check_balance() {
        Shell sql = shell();
        CHECK(sql.value("SELECT contacts FROM campaign_progress") == std::to_string(count));
        CHECK(sql.value("SELECT sum(contacts) FROM why_not") == std::to_string(count));
        CHECK(sql.value("SELECT count(*) FROM campaign_order JOIN campaign_contact USING (campaign_id, contact_id)") ==
              "0");
    }
};

const RuleVerdict* verdict(const Explanation& explanation, std::string_view rule) {
    const auto found = std::ranges::find(explanation.rules, rule, &RuleVerdict::rule);
    return found == explanation.rules.end() ? nullptr : &*found;
}

}  // namespace

TEST_CASE("Contacts are taken by their priority, the highest first, and in the order of the list among equals") {
    OrderDesk desk;
    desk.order = order_of({.priority = "priority"});
    desk.add_all({"TX", "TX5", "FL1", "FL5", "CA9"});
    CHECK(desk.taken(2) == Ids{"CA9", "TX5"});
    desk.check_balance();
    CHECK(desk.taken(9) == Ids{"FL5", "FL1", "TX"});
    desk.check_balance();
}

TEST_CASE("Contacts that come later are taken where they belong") {
    OrderDesk desk;
    desk.order = order_of({.priority = "priority"});
    desk.add_all({"TX1", "TX3"});
    CHECK(desk.taken(1) == Ids{"TX3"});
    desk.add_all({"TX2", "TX0"});
    CHECK(desk.taken(9) == Ids{"TX2", "TX1", "TX0"});
    CHECK(desk.taken(9).empty());
    desk.check_balance();
}

TEST_CASE("Newest first takes the latest import first") {
    OrderDesk desk;
    desk.order = newest;
    desk.add_all({"AA", "BB", "CC"});
    CHECK(desk.taken(2) == Ids{"CC", "BB"});
    desk.add("DD");
    CHECK(desk.taken(9) == Ids{"DD", "AA"});
}

TEST_CASE("The priority holds among all places that are open, and those that are closed are not waited for") {
    OrderDesk desk;
    desk.store.set_geography(std::make_shared<PlainGeography>());
    desk.order = order_of({.priority = "priority"});
    desk.add_all({"TX1", "FL2", "TX5", "FL4"});
    SECTION("open everywhere") { CHECK(desk.taken(3) == Ids{"TX5", "FL4", "FL2"}); }
    SECTION("in Texas it is eight, in Florida nine") {
        CallingHours hours;
        hours.weekdays.fill({{9 * 60, 20 * 60}});
        desk.calling = std::make_shared<CallingRules>(CallingRules{{{"calling_hours", {}, hours}}, ""});
        CHECK(desk.taken(9) == Ids{"FL4", "FL2"});
        CHECK(desk.taken(9, noon + 1h) == Ids{"TX5", "TX1"});
    }
    desk.check_balance();
}

TEST_CASE("Retries that are due go before contacts never taken, whatever their priority") {
    OrderDesk desk;
    desk.order = order_of({.priority = "priority"});
    desk.add_all({"TX1", "TX9"});
    const ClaimResult first = desk.claim(1);
    desk.settle(first.claims.front(), Disposition::busy, Desk::retry_at(noon + 60s), noon + 5s);
    desk.add("TX99");
    CHECK(desk.taken(1, noon + 60s) == Ids{"TX9"});
}

TEST_CASE("Who does not match is not taken, and the reports say so") {
    OrderDesk desk;
    desk.order = only("state = 'TX' and priority > 1");
    desk.add_all({"TX1", "FL5", "TX5", "TX"});
    CHECK(desk.taken(9) == Ids{"TX5"});
    CHECK(desk.why("filtered") == "done 3");
    CHECK(desk.shell().rows("SELECT state, reason FROM contact_status WHERE external_id = 'FL5/1'") ==
          Ids{"done|filtered"});
    desk.check_balance();
    const Explanation explanation = desk.explained(1);
    REQUIRE(verdict(explanation, "filter") != nullptr);
    CHECK_FALSE(verdict(explanation, "filter")->permits);
    CHECK(verdict(explanation, "filter")->text == "does not match: state = 'TX' and priority > 1");
    CHECK_FALSE(explanation.next_at);
}

TEST_CASE("A campaign whose contacts are all taken or filtered is exhausted") {
    OrderDesk desk;
    desk.order = only("state = 'TX'");
    desk.add_all({"FL", "CA"});
    const ClaimResult result = desk.claim(1);
    CHECK(result.claims.empty());
    CHECK(result.exhausted);
}

TEST_CASE("Explain tells the priority and the order of a contact that has not been called") {
    OrderDesk desk;
    desk.order = order_of({.by = ContactOrder::By::newest, .priority = "priority"});
    desk.add("TX7");
    const Explanation explanation = desk.explained(0);
    REQUIRE(verdict(explanation, "order") != nullptr);
    CHECK(verdict(explanation, "order")->text ==
          "highest attributes.priority first, then newest first; its priority is 7");
    CHECK(verdict(explanation, "filter")->text == "everybody of the list is called");
    CHECK(explanation.next_at == noon);
}

TEST_CASE("A contact that is changed is looked at again: taken out, taken back, or moved up") {
    OrderDesk desk;
    desk.order = order_of({.priority = "priority"}, "state = 'TX'");
    desk.add_all({"TX1", "TX2", "FL3", "TX4"});
    const ClaimResult first = desk.claim(1);
    REQUIRE(desk.names(first) == Ids{"TX4"});
    const auto change = [&](const std::string& name, const std::string& attributes) {
        REQUIRE(desk.shell().run("UPDATE contact SET attributes = '" + attributes + "' WHERE external_id = '" + name +
                                 "'") == "");
    };
    SECTION("who matches by now is taken") {
        change("FL3/2", R"({"state":"TX","priority":"3"})");
        CHECK(desk.taken(9) == Ids{"FL3", "TX2", "TX1"});
        CHECK(desk.why("filtered").empty());
    }
    SECTION("who matches no more is not") {
        change("TX2/1", R"({"state":"FL","priority":"2"})");
        CHECK(desk.taken(9) == Ids{"TX1"});
        CHECK(desk.why("filtered") == "done 2");
    }
    SECTION("who has another priority is taken by that one") {
        change("TX1/0", R"({"state":"TX","priority":"20"})");
        CHECK(desk.taken(1) == Ids{"TX1"});
    }
    SECTION("the same goes for who waits for a retry, and they come back when they were due") {
        desk.settle(first.claims.front(), Disposition::busy, Desk::retry_at(noon + 2h), noon + 5s);
        change("TX4/3", R"({"state":"FL"})");
        CHECK(desk.taken(9) == Ids{"TX2", "TX1"});
        CHECK(desk.why("filtered") == "done 2");
        change("TX4/3", R"({"state":"TX"})");
        CHECK(desk.taken(9, noon + 1h).empty());
        CHECK(desk.taken(9, noon + 2h) == Ids{"TX4"});
    }
    SECTION("and for who is in a call meanwhile, when the next claim comes to them") {
        change("TX4/3", R"({"state":"FL"})");
        CHECK(desk.taken(9) == Ids{"TX2", "TX1"});
        desk.settle(first.claims.front(), Disposition::busy, Desk::retry_at(noon + 1h), noon + 5s);
        CHECK(desk.taken(9, noon + 1h).empty());
        CHECK(desk.why("filtered") == "done 2");
    }
    desk.check_balance();
}

TEST_CASE("When the file gives another order or filter, everybody who is left is put in order anew") {
    OrderDesk desk;
    desk.add_all({"TX1", "FL2", "TX3", "FL4", "TX5"});
    CHECK(desk.taken(1) == Ids{"TX1"});  // without any
    desk.order = newest;
    CHECK(desk.taken(1) == Ids{"TX5"});
    desk.order = only("state = 'TX'");
    CHECK(desk.taken(1) == Ids{"TX3"});
    CHECK(desk.taken(1).empty());
    CHECK(desk.why("filtered") == "done 2");
    desk.check_balance();
    SECTION("also when it says nothing of either any more") {
        desk.order = nullptr;
        desk.add("CA6");
        CHECK(desk.taken(9) == Ids{"FL2", "FL4", "CA6"});
    }
    SECTION("or another filter") {
        desk.order = order_of({.by = ContactOrder::By::newest}, "state = 'FL'");
        CHECK(desk.taken(9) == Ids{"FL4", "FL2"});
    }
    desk.check_balance();
}

TEST_CASE("Nobody is taken until all are in order, however often the store is closed and opened meanwhile") {
    OrderDesk desk;
    const std::size_t size = max_put_in_order_per_claim * 2 + 10;
    for (std::size_t i = 0; i < size; i += 1000) {
        const std::size_t some = std::min<std::size_t>(1000, size - i);
        desk.import(people(static_cast<int>(some), static_cast<int>(i)));
    }
    desk.count = static_cast<int>(size);
    desk.order = newest;
    const auto open_again = [&] { desk.store = must(Store::open(desk.folder.database())); };
    for (const char* how_far : {"5000 of 10010", "10000 of 10010"}) {
        const ClaimResult result = desk.claim(5);
        CHECK(result.claims.empty());
        CHECK(result.preparing == std::string{"its contacts are being put in order: "} + how_far);
        CHECK(result.next_due_at == noon);
        CHECK_FALSE(result.exhausted);
        desk.check_balance();
        open_again();
    }
    const ClaimResult result = desk.claim(2);
    CHECK(result.preparing.empty());
    REQUIRE(result.claims.size() == 2);
    CHECK(result.claims[0].number().e164 == number_of(10009));
    CHECK(result.claims[1].number().e164 == number_of(10008));
    desk.check_balance();
    open_again();
    CHECK(desk.claim(1).claims.front().number().e164 == number_of(10007));
}

TEST_CASE("A claim that is rolled back leaves everybody where they were") {
    OrderDesk desk;
    desk.order = order_of({.priority = "priority"}, "state = 'TX'");
    desk.add_all({"TX1", "TX2", "FL3"});
    must(desk.store.begin());
    CHECK(desk.taken(1) == Ids{"TX2"});
    desk.store.roll_back();
    CHECK(desk.taken(9) == Ids{"TX2", "TX1"});
    desk.check_balance();
}

TEST_CASE("Who is forgotten leaves nothing behind in the order, and is not called") {
    OrderDesk desk;
    desk.order = order_of({.by = ContactOrder::By::attribute, .attribute = "state", .priority = "priority"},
                          "state in ('TX', 'FL')");
    desk.add_all({"TX777", "FL1", "CA1"});
    REQUIRE(desk.claim(0).claims.empty());
    for (const int contact : {0, 2}) {
        CHECK(must(desk.store.forget({.e164 = number_of(contact), .external_id = {}, .list = {}}, {noon})).size() == 1);
    }
    CHECK(desk.shell().value("SELECT priority || hex(rank) FROM campaign_order WHERE contact_id = 1") == "0.0");
    CHECK(desk.taken(9) == Ids{"FL1"});
    CHECK(desk.why("forgotten") == "done 2");
    desk.check_balance();
}

TEST_CASE("A campaign without an order has no part in any of this") {
    OrderDesk desk;
    desk.add_all({"TX1", "TX2"});
    CHECK(desk.taken(1) == Ids{"TX1"});
    REQUIRE(desk.shell().run("UPDATE contact SET attributes = '{}'") == "");
    CHECK(
        desk.shell().rows("SELECT count(*) FROM campaign_order UNION ALL SELECT count(*) FROM campaign_order_again") ==
        Ids{"0", "0"});
    CHECK(desk.shell().value("SELECT contact_order IS NULL FROM campaign") == "1");
}

TEST_CASE("A campaign that has taken nobody may change its list, order and all") {
    OrderDesk desk;
    desk.order = newest;
    desk.add_all({"TX1", "TX2"});
    REQUIRE(desk.claim(0).claims.empty());
    desk.import({person("+12025559999", "other")}, "others");
    const CampaignListing moved{"renewals", "others"};
    REQUIRE(must(desk.store.register_campaigns({&moved, 1})).front().list == "others");
    CHECK(desk.taken(9) == Ids{"other"});
}

TEST_CASE("The next contact by the campaign's order is found in an index, and so is everything about its order") {
    OrderDesk desk;
    const auto plan = [&](const std::string& sql) {
        std::string text;
        for (const std::string& line : desk.shell().rows("EXPLAIN QUERY PLAN " + sql)) text += line + "\n";
        return text;
    };
    const std::string first = plan(
        "SELECT contact_id, priority, rank FROM campaign_order INDEXED BY campaign_order_first "
        "WHERE campaign_id = 1 AND place_id = 2 ORDER BY priority DESC, rank, contact_id LIMIT 1");
    CHECK_THAT(first, Catch::Contains("USING COVERING INDEX campaign_order_first (campaign_id=? AND place_id=?)") &&
                          !Catch::Contains("TEMP B-TREE"));
    CHECK_THAT(plan("SELECT contact_id FROM contact INDEXED BY contact_by_place "
                    "WHERE list_id = 1 AND place_id = 2 AND contact_id > 3 ORDER BY contact_id LIMIT 4"),
               Catch::Contains("(list_id=? AND place_id=? AND contact_id>?)") && !Catch::Contains("TEMP B-TREE"));
    CHECK_THAT(plan("SELECT contact_id FROM campaign_order_again WHERE campaign_id = 1 LIMIT 2"),
               Catch::Contains("SEARCH campaign_order_again USING PRIMARY KEY (campaign_id=?)"));
    CHECK_THAT(plan("DELETE FROM campaign_order WHERE campaign_id = 1 AND contact_id = 2"),
               Catch::Contains("SEARCH campaign_order USING PRIMARY KEY (campaign_id=? AND contact_id=?)"));
    CHECK_THAT(plan("SELECT * FROM fresh_contacts WHERE campaign_id = 1"), !Catch::Contains("SCAN"));
}

}  // namespace outdial::store
