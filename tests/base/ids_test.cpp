#include "base/ids.hpp"

#include <catch2/catch.hpp>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

using namespace outdial;

TEST_CASE("an attempt id is 32 lower-case hex digits, the first twelve its instant") {
    Random random{1};
    const AttemptId id = AttemptId::make(from_unix_ms(0x18abcdef012), random);
    CHECK(id.view().size() == 32);
    CHECK(id.view().find_first_not_of("0123456789abcdef") == std::string_view::npos);
    CHECK(id.view().substr(0, 12) == "018abcdef012");
}

TEST_CASE("ids sort by the instant of their claim, and none comes twice") {
    Random random{1};
    std::set<AttemptId> ids;
    AttemptId last = AttemptId::make(from_unix_ms(1), random);
    for (int i = 0; i < 20'000; ++i) ids.insert(AttemptId::make(from_unix_ms(1000), random));
    CHECK(ids.size() == 20'000);
    CHECK(last < *ids.begin());
    CHECK(*ids.rbegin() < AttemptId::make(from_unix_ms(1001), random));
}

TEST_CASE("an id is read back from its text, and other people's channel ids are nothing") {
    Random random{2};
    const AttemptId id = AttemptId::make(from_unix_ms(1'800'000'000'000), random);
    CHECK(AttemptId::parse(id.view()) == id);
    CHECK(std::unordered_set<AttemptId>{id, id}.size() == 1);
    const std::string text{id.view()};
    const std::vector<std::string> others{"",
                                          text.substr(1),
                                          text + "0",
                                          "1724665000.17",
                                          std::string(32, 'g'),
                                          std::string(32, 'A'),
                                          " " + text.substr(1),
                                          text.substr(0, 31) + "\n",
                                          text + ";2"};
    for (const std::string& other : others) {
        CAPTURE(other);
        CHECK_FALSE(AttemptId::parse(other).has_value());
    }
}

TEST_CASE("row ids compare and hash by their number") {
    CHECK(ContactId{1} == ContactId{1});
    CHECK(ContactId{1} < ContactId{2});
    CHECK(std::hash<ContactId>{}(ContactId{5}) == std::hash<ContactId>{}(ContactId{5}));
}
