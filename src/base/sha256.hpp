#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;  // OpenSSL's

namespace outdial {

/// What SHA-256 (FIPS 180-4) makes of some bytes.
using Digest = std::array<unsigned char, 32>;

/// Keeps OpenSSL's state between two digests, which is half the cost of a short one. Used by one thread at a time.
class Sha256 {
public:
    Sha256();
    [[nodiscard]] Digest of(std::string_view bytes);

private:
    struct Free {
        void operator()(evp_md_ctx_st* context) const;
    };
    std::unique_ptr<evp_md_ctx_st, Free> context_;
};

/// Two lower-case digits a byte.
[[nodiscard]] std::string to_hex(std::string_view bytes);
[[nodiscard]] std::string to_hex(const Digest& digest);
/// The digest's bytes as text, to be stored or hashed. The digest must outlive it.
[[nodiscard]] std::string_view bytes_of(const Digest& digest);

}  // namespace outdial
