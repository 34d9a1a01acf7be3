#include <set>

#include "import/lists_fixture.hpp"
#include "source_dir.hpp"

using namespace outdial::lists;

TEST_CASE("the demo list holds fictional numbers only, and one row for each usual mistake") {
    auto reader = ListReader::open(OUTDIAL_SOURCE_DIR "/config/demo/customers.csv", us_options());
    REQUIRE(reader);
    const auto list = read_all(*reader);
    CHECK(list.contacts.size() == 293);
    CHECK(list.rejected.size() == 8);
    CHECK(list.summary.numbers_dropped == 1);

    std::set<std::string> keys;
    std::set<std::string> numbers;
    std::size_t with_second_number = 0;
    for (const auto& listed : list.contacts) {
        keys.insert(listed.contact.external_id);
        numbers.insert(listed.contact.numbers.at(0).e164);
        if (listed.contact.numbers.size() > 1) ++with_second_number;
        for (const auto& number : listed.contact.numbers) CHECK(number.national().substr(3, 5) == "55501");
    }
    CHECK(keys.size() == 291);     // two rows stand there twice
    CHECK(numbers.size() == 290);  // and one number under two keys
    CHECK(with_second_number > 50);

    std::set<std::string> reasons;
    for (const auto& row : list.rejected) reasons.insert(row.reason);
    CHECK(reasons.size() == list.rejected.size());
}
