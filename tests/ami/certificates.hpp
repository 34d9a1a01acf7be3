#pragma once

#include <memory>
#include <string>

struct evp_pkey_st;
struct x509_st;

namespace outdial::ami {

/// A certificate authority for one test, made at run time: nothing to renew, and no key to keep.
class TestAuthority {
public:
    TestAuthority();
    ~TestAuthority();

    struct Certificate {
        std::string certificate_pem;
        std::string key_pem;
    };
    /// For a server of that subjectAltName: "DNS:pbx1.example" or "IP:127.0.0.1".
    [[nodiscard]] Certificate issue(const std::string& subject_alt_name) const;
    /// The authority's own certificate in a file that lives as long as this.
    [[nodiscard]] const std::string& ca_file() const { return ca_file_; }

private:
    using Key = std::unique_ptr<evp_pkey_st, void (*)(evp_pkey_st*)>;
    using X509Pointer = std::unique_ptr<x509_st, void (*)(x509_st*)>;

    Key key_;
    X509Pointer certificate_;
    std::string ca_file_;
};

}  // namespace outdial::ami
