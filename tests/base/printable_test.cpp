#include "base/printable.hpp"

#include <catch2/catch.hpp>

namespace outdial {

TEST_CASE("text from elsewhere cannot steer a terminal") {
    CHECK(printable("Zo\xc3\xab \xe4\xb8\xad") == "Zo\xc3\xab \xe4\xb8\xad");
    CHECK(printable("\x1b[2J") == "\\x1b[2J");
    CHECK(printable("a\nb\tc\r") == "a\\nb\\tc\\x0d");
    CHECK(printable("a\xff"
                    "b\xc3") == "a\\xffb\\xc3");
    CHECK(printable("\xc2\x9b"
                    "1m") == "\\x9b1m");  // C1 control sequence introducer
    CHECK(printable("abc\xe2\x80\xae"
                    "def") == "abc\\u202edef");  // right-to-left override
    CHECK(printable(std::string_view("a\0b", 3)) == "a\\x00b");
}

}  // namespace outdial
