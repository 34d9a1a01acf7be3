#include "base/sha256.hpp"

#include <openssl/evp.h>

#include "base/check.hpp"

namespace outdial {

void Sha256::Free::operator()(evp_md_ctx_st* context) const { EVP_MD_CTX_free(context); }

// What fails here is memory, or an OpenSSL without SHA-256.
Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
    OUTDIAL_CHECK(context_ != nullptr);
    OUTDIAL_CHECK(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
}

Digest Sha256::of(std::string_view bytes) {
    Digest digest{};
    OUTDIAL_CHECK(EVP_DigestInit_ex(context_.get(), nullptr, nullptr) == 1);  // the one of before
    OUTDIAL_CHECK(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
    OUTDIAL_CHECK(EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr) == 1);
    return digest;
}

std::string to_hex(std::string_view bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        text += digits[byte >> 4];
        text += digits[byte & 0xf];
    }
    return text;
}

std::string to_hex(const Digest& digest) { return to_hex(bytes_of(digest)); }

std::string_view bytes_of(const Digest& digest) {
    return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

}  // namespace outdial
