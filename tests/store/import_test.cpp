#include "fixture.hpp"

namespace outdial::store {

TEST_CASE("The same contacts twice add nothing, and each duplicate names the contact that is there") {
    Desk desk;
    const std::vector<NewContact> contacts{person("+12025550001", "A1"), person("+12025550002", "A2")};
    desk.import(contacts);
    const AddedContacts again = must(desk.store.add_contacts("customers", contacts, noon));
    CHECK(again.accepted == 0);
    REQUIRE(again.duplicates.size() == 2);
    CHECK(again.duplicates[0].index == 0);
    CHECK(again.duplicates[1].index == 1);
    CHECK(again.duplicates[0].existing == ContactId{1});
    CHECK(again.duplicates[1].existing == ContactId{2});
    CHECK(desk.shell().value("SELECT count(*) FROM contact") == "2");
    CHECK(desk.shell().value("SELECT count(*) FROM contact_number") == "2");
}

TEST_CASE("Within a list the external id and the first number are unique; further numbers may be shared") {
    Desk desk;
    const AddedContacts added = must(
        desk.store.add_contacts("customers",
                                std::vector<NewContact>{
                                    {"A1", {{"+12025550001", 1}, {"+12025550009", 1}}, {}},
                                    person("+12025550002", "A1"),                            // same external id
                                    person("+12025550001", "A3"),                            // same first number
                                    {"A4", {{"+12025550004", 1}, {"+12025550009", 1}}, {}},  // a shared second number
                                    {"A5", {{"+12025550009", 1}}, {}},  // whose first number is somebody's second
                                    person("+12025550006"),
                                    person("+12025550007"),  // no external ids: not the same
                                },
                                noon));
    CHECK(added.accepted == 5);
    CHECK(added.rejected.empty());
    REQUIRE(added.duplicates.size() == 2);
    CHECK(added.duplicates[0].index == 1);
    CHECK(added.duplicates[0].same == AddedContacts::Same::external_id);
    CHECK(added.duplicates[0].existing == ContactId{1});
    CHECK(added.duplicates[1].index == 2);
    CHECK(added.duplicates[1].same == AddedContacts::Same::number);
    CHECK(added.duplicates[1].existing == ContactId{1});

    const auto holders = must(desk.store.find_contacts("+12025550009"));
    REQUIRE(holders.size() == 3);
    CHECK(holders[0].external_id == "A1");
    CHECK(holders[1].external_id == "A4");
    CHECK(holders[2].external_id == "A5");
    CHECK(must(desk.store.find_contacts("+12025559999")).empty());
}

TEST_CASE("Another list may hold the same person") {
    Desk desk;
    desk.import({person("+12025550001", "A1")});
    desk.import({person("+12025550001", "A1")}, "patients");
    CHECK(desk.shell().value("SELECT count(*) FROM contact") == "2");
}

TEST_CASE("A number that a contact has twice is stored once") {
    Desk desk;
    desk.import({{"", {{"+12025550001", 1}, {"+12025550002", 1}, {"+12025550001", 1}, {"+12025550003", 1}}, {}}});
    CHECK(desk.shell().rows("SELECT position, number FROM contact_number ORDER BY position") ==
          std::vector<std::string>{"0|+12025550001", "1|+12025550002", "2|+12025550003"});
}

TEST_CASE("Contacts that could become protocol, or cannot be stored whole, are rejected one by one") {
    Desk desk;
    const std::string nul("a\0b", 3);
    const std::vector<NewContact> contacts{
        {"no number", {}, {}},
        {"", {{"5551000", 0}}, {}},
        {"", {{"+1202555&PJSIP/x", 1}}, {}},
        {"", {{std::string("+12025550001\0", 13), 1}}, {}},
        {"", {{"+12025550001", 1}, {"+1202555000/", 1}}, {}},
        {"", {{"+12025550001", 4}}, {}},
        {"", std::vector<PhoneNumber>(max_numbers_per_contact + 1, {"+12025550001", 1}), {}},
        {std::string(max_external_id_bytes + 1, 'x'), {{"+12025550001", 1}}, {}},
        {nul, {{"+12025550001", 1}}, {}},
        {"", {{"+12025550001", 1}}, {{"name", nul}}},
        {"", {{"+12025550001", 1}}, {{nul, "value"}}},
        {"", {{"+12025550001", 1}}, {{"", "value"}}},
        {"", {{"+12025550001", 1}}, {{"2nd", "value"}}},
        {"", {{"+12025550001", 1}}, {{"__X)\r\nAction", "value"}}},
        {"", {{"+12025550001", 1}}, {{"name", "\r\nAction: Logoff"}}},
        {"", {{"+12025550001", 1}}, {{"name", "M\xFCller"}}},
        {"a\x1b[2J", {{"+12025550001", 1}}, {}},
        {"", {{"+12025550001", 1}}, {{"name", std::string(max_attributes_bytes, 'x')}}},
        person("+12025550002"),
    };
    const AddedContacts added = must(desk.store.add_contacts("customers", contacts, noon));
    CHECK(added.accepted == 1);
    CHECK(added.duplicates.empty());
    REQUIRE(added.rejected.size() == contacts.size() - 1);
    for (std::size_t i = 0; i < added.rejected.size(); ++i) {
        CHECK(added.rejected[i].index == i);
        CHECK_FALSE(added.rejected[i].reason.empty());
    }
}

TEST_CASE("Attributes come back as they were given, whatever they say, in their order") {
    Desk desk;
    const Attributes attributes{{"zulu", "'; DROP TABLE contact; --"},
                                {"alpha", "\\u0041 ${SHELL(x)} 'a' \"b\""},
                                {"utf_8", "Zoë 東京 😀"},
                                {"empty", ""}};
    desk.import({person("+12025550001", "x'y\"z", attributes)});
    const Contact contact = desk.claim(1).claims.at(0).contact;
    CHECK(contact.attributes == attributes);
    CHECK(contact.external_id == "x'y\"z");
}

TEST_CASE("Attributes that another program has broken cost the contact its attributes, not the campaign its calls") {
    Desk desk;
    desk.import({person("+12025550001", "", {{"name", "Ann"}}), person("+12025550002")});
    REQUIRE(desk.shell().run("UPDATE contact SET attributes = '{broken' WHERE contact_id = 1").empty());
    const ClaimResult result = desk.claim(2);
    REQUIRE(result.claims.size() == 2);
    CHECK(result.claims[0].contact.attributes.empty());
}

TEST_CASE("Contacts imported while a campaign runs are dialed after those it has") {
    Desk desk;
    desk.import(people(2));
    REQUIRE(desk.claim(1).claims.size() == 1);
    desk.import(people(2, 10));
    const ClaimResult result = desk.claim(5);
    REQUIRE(result.claims.size() == 3);
    CHECK(result.claims[0].number().e164 == number_of(1));
    CHECK(result.claims[1].number().e164 == number_of(10));
    CHECK(result.claims[2].number().e164 == number_of(11));
}

TEST_CASE("A contact added after the newest one was deleted is still dialed") {
    Desk desk;
    desk.import(people(1));
    const Claim claim = desk.claim(1).claims.at(0);
    desk.settle(claim, Disposition::answered, Desk::done(), noon);
    REQUIRE(
        desk.shell()
            .run("DELETE FROM attempt; DELETE FROM campaign_contact; DELETE FROM contact_number; DELETE FROM contact")
            .empty());
    desk.import(people(1, 5));
    CHECK(desk.claim(1).claims.size() == 1);
}

TEST_CASE("Two campaigns on one list dial each of its contacts on their own account") {
    Desk desk;
    desk.import(people(1));
    desk.settle(desk.claim(1).claims.at(0), Disposition::answered, Desk::done(), noon);
    desk.campaign = desk.add_campaign("reminders", "customers");
    const ClaimResult result = desk.claim(1);
    REQUIRE(result.claims.size() == 1);
    CHECK(result.claims[0].history == AttemptHistory{});
}

}  // namespace outdial::store
