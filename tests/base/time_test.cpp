#include "base/time.hpp"

#include <catch2/catch.hpp>
#include <type_traits>

#include "base/result.hpp"

using namespace outdial;

TEST_CASE("wall time goes to milliseconds and back") {
    for (const std::int64_t ms : {std::int64_t{0}, std::int64_t{1'800'000'000'123}, std::int64_t{-5}}) {
        CHECK(to_unix_ms(from_unix_ms(ms)) == ms);
    }
}

TEST_CASE("wall time and steady time cannot be mixed") {
    STATIC_REQUIRE_FALSE(std::is_convertible_v<UtcTime, SteadyTime>);
    STATIC_REQUIRE_FALSE(std::is_convertible_v<SteadyTime, UtcTime>);
}

TEST_CASE("a failure carries its message") {
    const Result<int> result = fail("no such trunk: carrier-b");
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().message == "no such trunk: carrier-b");
}
