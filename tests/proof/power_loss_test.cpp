#include "proof/power_loss.hpp"

#include <catch2/catch.hpp>

namespace outdial::proof {

namespace {

PowerLosses lose_power_with(Plant plant) {
    PowerLosses losses;
    lose_power(1, plant, losses);
    lose_power(2, plant, losses);
    return losses;
}

}  // namespace

TEST_CASE("The proof finds the claims that a disk loses which lies about syncs") {
    const PowerLosses losses = lose_power_with(Plant::lying_sync);
    CAPTURE(losses.images, losses.wrong, losses.first_problem);
    CHECK(losses.lost_claims > 50);
    CHECK(losses.lost_settlements > 10);
}

TEST_CASE("The proof finds the claims that are lost where commits do not wait for the disk") {
    const PowerLosses losses = lose_power_with(Plant::synchronous_normal);
    CAPTURE(losses.images, losses.wrong, losses.first_problem);
    CHECK(losses.lost_claims > 50);
    CHECK(losses.lost_settlements > 10);
}

TEST_CASE("On an honest disk the same power losses lose nothing, and a seed repeats") {
    const PowerLosses losses = lose_power_with(Plant::nothing);
    CAPTURE(losses.first_wrong_seed, losses.first_problem);
    CHECK(losses.images > 100);
    CHECK(losses.wrong == 0);
    CHECK(losses.lost_claims == 0);
    CHECK(lose_power_with(Plant::nothing).images == losses.images);
}

}  // namespace outdial::proof
