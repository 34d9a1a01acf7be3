#include "base/random.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <cmath>

using namespace outdial;

TEST_CASE("the same seed gives the same run, near seeds unlike ones") {
    Random a{7};
    Random b{7};
    Random c{8};
    int same_as_near = 0;
    for (int i = 0; i < 1000; ++i) {
        const auto value = a.next();
        REQUIRE(value == b.next());
        same_as_near += value == c.next() ? 1 : 0;
    }
    CHECK(same_as_near == 0);
}

TEST_CASE("below() stays below its bound and hits every value about equally") {
    Random random{1};
    std::array<int, 7> hits{};
    for (int i = 0; i < 70'000; ++i) ++hits.at(random.below(7));
    for (int count : hits) CHECK(std::abs(count - 10'000) < 500);
    CHECK(random.below(1) == 0);
    for (int i = 0; i < 100; ++i) REQUIRE(random.below(0x8000'0000'0000'0001) < 0x8000'0000'0000'0001);
}

TEST_CASE("unit() is in [0, 1) with a mean of a half") {
    Random random{1};
    double sum = 0;
    for (int i = 0; i < 10'000; ++i) {
        const double value = random.unit();
        REQUIRE(value >= 0);
        REQUIRE(value < 1);
        sum += value;
    }
    CHECK(sum / 10'000 == Approx(0.5).margin(0.02));
}
