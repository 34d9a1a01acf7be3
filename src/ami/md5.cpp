#include "ami/md5.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>

namespace outdial::ami {

Result<std::string> md5_hex(std::string_view text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_md5(), nullptr) != 1) {
        return fail("OpenSSL offers no MD5 on this machine (FIPS mode?), which the AMI login needs");
    }
    std::string hex;
    for (unsigned int i = 0; i < size; ++i) hex += fmt::format("{:02x}", digest[i]);
    return hex;
}

}  // namespace outdial::ami
