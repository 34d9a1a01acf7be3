#include "import/columns.hpp"

#include <catch2/catch.hpp>

using namespace outdial::lists;

namespace {

Columns columns(std::vector<std::string> header, std::string_view map = "") {
    const auto renames = ColumnMap::parse(map);
    REQUIRE(renames);
    auto result = Columns::from_header(std::move(header), *renames);
    INFO((result ? std::string{} : result.error().message));
    REQUIRE(result);
    return *result;
}

std::string refusal(std::vector<std::string> header, std::string_view map = "") {
    const auto renames = ColumnMap::parse(map);
    if (!renames) return renames.error().message;
    const auto result = Columns::from_header(std::move(header), *renames);
    return result ? "accepted" : result.error().message;
}

std::vector<std::size_t> phone_columns(const Columns& found) {
    std::vector<std::size_t> result;
    for (const auto& phone : found.phones) result.push_back(phone.column);
    return result;
}

}  // namespace

TEST_CASE("columns may stand in any order, known ones in any case") {
    const auto found = columns({"name", "External_ID", "PHONE", "Region"});
    CHECK(phone_columns(found) == std::vector<std::size_t>{2});
    CHECK(found.external_id == 1);
    CHECK(found.region == 3);
    REQUIRE(found.attributes.size() == 1);
    CHECK(found.attributes[0].name == "name");
}

TEST_CASE("numbers are tried in the order of their suffix, not of their columns") {
    CHECK(phone_columns(columns({"phone10", "phone2", "phone"})) == std::vector<std::size_t>{2, 1, 0});
    CHECK(phone_columns(columns({"phone2", "phone1"})) == std::vector<std::size_t>{1, 0});
    CHECK(phone_columns(columns({"phone16"})) == std::vector<std::size_t>{0});
    CHECK_THAT(refusal({"phone", "phone17"}), Catch::Contains("phone16"));
    CHECK_THAT(refusal({"phone", "phone0"}), Catch::Contains("phone16"));
    CHECK_THAT(refusal({"phone", "phone99999999999999999999"}), Catch::Contains("phone16"));
}

TEST_CASE("a file without a phone column is refused, with the columns it has") {
    CHECK_THAT(refusal({"Telephone", "Name"}),
               Catch::Contains("--map COLUMN=phone") && Catch::Contains("columns found: Telephone, Name"));
}

TEST_CASE("an empty header or a column without name is refused; empty columns at the end do not count") {
    CHECK_THAT(refusal({}), Catch::Contains("header is empty"));
    CHECK_THAT(refusal({"", " "}), Catch::Contains("header is empty"));
    CHECK_THAT(refusal({"phone", "", "name"}), Catch::Contains("column 2 has no name"));
    CHECK(columns({"phone", "name", "", ""}).header.size() == 2);
}

TEST_CASE("two columns that mean the same are refused") {
    CHECK_THAT(refusal({"phone", "name", "Name"}), Catch::Contains("\"name\" and \"Name\""));
    CHECK_THAT(refusal({"phone", "phone1"}), Catch::Contains("\"phone\" and \"phone1\""));
    CHECK_THAT(refusal({"phone", "PHONE"}), Catch::Contains("both mean"));
    CHECK_THAT(refusal({"phone", "id", "external_id"}, "id=external_id"), Catch::Contains("both mean"));
}

TEST_CASE("an attribute's name must be one that a campaign can use") {
    for (const char* bad : {"first name", "1st", "n\xC3\xA4me", "a-b", "a.b", "x{y}", "a\nb"}) {
        INFO(bad);
        CHECK_THAT(refusal({"phone", bad}), Catch::Contains("--map"));
    }
    CHECK_THAT(refusal({"phone", std::string(65, 'a')}), Catch::Contains("64"));
    CHECK(columns({"phone", std::string(64, 'a'), "_x9"}).attributes.size() == 2);
    CHECK_THAT(refusal({"phone", "a\x1B[2J"}), !Catch::Contains("\x1B"));
}

TEST_CASE("the map renames columns in any case, and leaves out those mapped to nothing") {
    const auto found = columns({"Telephone", "Kundennummer", "first name", "junk-column"},
                               "telephone=phone, KUNDENNUMMER = external_id,first name=first_name,junk-column=");
    CHECK(phone_columns(found) == std::vector<std::size_t>{0});
    CHECK(found.external_id == 1);
    REQUIRE(found.attributes.size() == 1);
    CHECK(found.attributes[0].name == "first_name");
    CHECK(found.header.size() == 4);
}

TEST_CASE("a map that cannot be meant is refused") {
    CHECK_THAT(refusal({"phone"}, "Telephone=phone"), Catch::Contains("no column \"Telephone\""));
    CHECK_THAT(refusal({"phone"}, "phone"), Catch::Contains("COLUMN=FIELD"));
    CHECK_THAT(refusal({"phone"}, "=phone"), Catch::Contains("COLUMN=FIELD"));
    CHECK_THAT(refusal({"phone"}, "a=b,A=c"), Catch::Contains("twice"));
    CHECK(columns({"a=b"}, "a=b=phone").phones.size() == 1);
}

TEST_CASE("a column called id is an attribute: where it counts rows, tomorrow's list is not today's") {
    const auto found = columns({"phone", "id"});
    CHECK_FALSE(found.external_id);
    CHECK(found.attributes.size() == 1);
}
