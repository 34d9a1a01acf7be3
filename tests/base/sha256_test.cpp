#include "base/sha256.hpp"

#include <catch2/catch.hpp>

namespace outdial {

TEST_CASE("SHA-256 is that of FIPS 180-4, however often one object is used") {
    Sha256 sha256;
    for (int i = 0; i < 2; ++i) {
        CHECK(to_hex(sha256.of("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        CHECK(to_hex(sha256.of("")) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        CHECK(to_hex(sha256.of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")) ==
              "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    }
}

}  // namespace outdial
