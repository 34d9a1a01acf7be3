#include "base/secret.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <memory>
#include <new>
#include <string_view>
#include <utility>

namespace outdial {
namespace {

constexpr std::string_view short_text = "hunter2";

/// A secret in memory of our own, to be looked at after its end.
struct Place {
    alignas(Secret) unsigned char bytes[sizeof(Secret)] = {};

    Secret* make() { return new (bytes) Secret{std::string{short_text}}; }
    [[nodiscard]] bool holds_text() const {
        return std::search(std::begin(bytes), std::end(bytes), short_text.begin(), short_text.end()) != std::end(bytes);
    }
};

}  // namespace

TEST_CASE("a secret leaves nothing behind when it goes or is moved away") {
    Place place;
    Secret* secret = place.make();
    REQUIRE(secret->reveal() == short_text);
    REQUIRE(place.holds_text());
    const Secret moved{std::move(*secret)};
    CHECK(moved.reveal() == short_text);
    CHECK_FALSE(place.holds_text());
    secret->~Secret();

    secret = place.make();
    secret->~Secret();
    CHECK_FALSE(place.holds_text());

    secret = place.make();
    *secret = Secret{};
    CHECK_FALSE(place.holds_text());
    secret->~Secret();
}

TEST_CASE("the text that a secret was made of is overwritten") {
    std::string text{short_text};
    const Secret secret{std::move(text)};
    CHECK(secret.reveal() == short_text);
    CHECK(std::string_view{text.data(), short_text.size()} == std::string_view{"\0\0\0\0\0\0\0", short_text.size()});
    std::string longer(100, 's');
    wipe(longer);
    CHECK(longer.empty());
    CHECK(std::all_of(longer.data(), longer.data() + 100, [](char c) { return c == '\0'; }));
}

TEST_CASE("copies of a secret are equal to it, and others are not") {
    const Secret secret{std::string{short_text}};
    Secret copy;
    CHECK_FALSE(copy == secret);
    copy = secret;
    CHECK(copy == secret);
}

}  // namespace outdial
