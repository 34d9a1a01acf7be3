#include "core/place.hpp"

#include <catch2/catch.hpp>

using outdial::concerns;
using outdial::Place;

namespace {

using Regions = std::vector<std::string>;

}  // namespace

TEST_CASE("a rule concerns everybody who may be in one of its regions") {
    const Place florida_or_alabama{{}, {"US-AL", "US-FL"}};
    CHECK(concerns(Regions{"US-FL"}, florida_or_alabama));
    CHECK(concerns(Regions{"US-TX", "US-AL"}, florida_or_alabama));
    CHECK(concerns(Regions{"US"}, florida_or_alabama));
    CHECK_FALSE(concerns(Regions{"US-TX"}, florida_or_alabama));
    CHECK_FALSE(concerns(Regions{"DE", "US-TX"}, florida_or_alabama));
}

TEST_CASE("a rule of a state concerns whoever may be in it, where no more is known than the country") {
    CHECK(concerns(Regions{"US-FL"}, Place{{}, {"US"}}));
    CHECK_FALSE(concerns(Regions{"US-FL"}, Place{{}, {"CA"}}));
}

TEST_CASE("a region is compared as a whole, not letter by letter") {
    CHECK_FALSE(concerns(Regions{"US-F"}, Place{{}, {"US-FL"}}));
    CHECK_FALSE(concerns(Regions{"U"}, Place{{}, {"US"}}));
    CHECK_FALSE(concerns(Regions{"US-FL"}, Place{{}, {"US-F"}}));
}

TEST_CASE("a rule without regions concerns everybody, and a place that is not known is concerned by every rule") {
    CHECK(concerns(Regions{}, Place{{}, {"DE"}}));
    CHECK(concerns(Regions{}, Place{}));
    CHECK(concerns(Regions{"FR"}, Place{}));
}
