#include "store/store_queue.hpp"

#include <catch2/catch.hpp>

namespace outdial::store {

namespace {

StoreTask task() {
    return {.run = [](Store&) {}, .done = [](const Result<void>&) {}};
}

CampaignStateJob state() { return {.campaign = CampaignId{1}, .state = CampaignState::paused, .at = {}}; }

}  // namespace

TEST_CASE("No task overtakes a campaign's state that was posted before it") {
    StoreQueue queue;
    queue.post(std::vector<Progress>{{.attempt = {}, .facts = {}}});
    REQUIRE(queue.post(task()));
    REQUIRE(queue.take_group().tasks.empty());  // what is urgent goes first, and then it is a task's turn
    queue.post(state());
    REQUIRE(queue.post(task()));

    const StoreGroup group = queue.take_group();
    CHECK(group.tasks.size() == 1);
    CHECK(group.states.size() == 1);
}

TEST_CASE("A task joins a group only when no campaign's state waits for the next one") {
    StoreQueue queue;
    REQUIRE(queue.post(task()));
    queue.post(state());
    CHECK_FALSE(queue.take_task().has_value());
}

}  // namespace outdial::store
