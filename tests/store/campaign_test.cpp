#include <array>

#include "fixture.hpp"

namespace outdial::store {

TEST_CASE("Registering campaigns again keeps their ids and states, and returns them in the order given") {
    Desk desk;
    const std::array listings{CampaignListing{"reminders", "patients"}, CampaignListing{"renewals", "customers"}};
    const auto first = must(desk.store.register_campaigns(listings));
    const auto second = must(desk.store.register_campaigns(listings));
    REQUIRE(second.size() == 2);
    CHECK(second[0].name == "reminders");
    CHECK(second[0].list == "patients");
    CHECK(second[0].state == CampaignState::draft);
    CHECK(second[1].id == desk.campaign);
    CHECK(second[1].state == CampaignState::running);
    CHECK(first[0].id == second[0].id);
    CHECK(must(desk.store.campaigns()).size() == 2);
}

TEST_CASE(
    "A campaign that has dialed nobody may change its list; one that has may not, and nothing is registered then") {
    Desk desk;
    const std::array to_patients{CampaignListing{"renewals", "patients"}};
    CHECK(must(desk.store.register_campaigns(to_patients)).at(0).list == "patients");
    desk.import(people(1), "patients");
    REQUIRE(desk.claim(1).claims.size() == 1);

    const std::array mixed{CampaignListing{"new one", "customers"}, CampaignListing{"renewals", "customers"}};
    const auto refused = desk.store.register_campaigns(mixed);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find("renewals") != std::string::npos);
    CHECK(refused.error().message.find("new name") != std::string::npos);
    CHECK(must(desk.store.campaigns()).size() == 1);
}

TEST_CASE("A campaign's state survives the program") {
    const TempFolder folder;
    CampaignId id;
    {
        Store store = must(Store::open(folder.database()));
        const CampaignListing listing{"renewals", "customers"};
        id = must(store.register_campaigns({&listing, 1})).at(0).id;
        must(store.set_campaign_state(id, CampaignState::draining, noon));
        CHECK_FALSE(store.set_campaign_state(CampaignId{99}, CampaignState::running, noon));
    }
    Store store = must(Store::open(folder.database()));
    const auto campaigns = must(store.campaigns());
    REQUIRE(campaigns.size() == 1);
    CHECK(campaigns[0].id == id);
    CHECK(campaigns[0].state == CampaignState::draining);
}

}  // namespace outdial::store
