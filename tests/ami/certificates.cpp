#include "certificates.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/check.hpp"

namespace outdial::ami {
namespace {

evp_pkey_st* make_key() {
    EVP_PKEY* key = EVP_EC_gen("P-256");
    OUTDIAL_CHECK(key != nullptr);
    return key;
}

x509_st* make_certificate(const std::string& common_name, evp_pkey_st* key, x509_st* issuer, evp_pkey_st* issuer_key,
                          int extension, const std::string& value) {
    X509* certificate = X509_new();
    X509_set_version(certificate, X509_VERSION_3);
    static long serial = 0;
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 24L * 3600);
    X509_set_pubkey(certificate, key);
    X509_NAME* name = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(common_name.c_str()),
                               -1, -1, 0);
    X509* issued_by = issuer != nullptr ? issuer : certificate;
    X509_set_issuer_name(certificate, X509_get_subject_name(issued_by));
    X509V3_CTX context;
    X509V3_set_ctx(&context, issued_by, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* added = X509V3_EXT_conf_nid(nullptr, &context, extension, value.c_str());
    OUTDIAL_CHECK(added != nullptr);
    X509_add_ext(certificate, added, -1);
    X509_EXTENSION_free(added);
    OUTDIAL_CHECK(X509_sign(certificate, issuer_key, EVP_sha256()) > 0);
    return certificate;
}

template <class Write>
std::string to_pem(Write write) {
    BIO* bio = BIO_new(BIO_s_mem());
    OUTDIAL_CHECK(write(bio) == 1);
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    std::string text(data, static_cast<std::size_t>(size));
    BIO_free(bio);
    return text;
}

}  // namespace

TestAuthority::TestAuthority()
    : key_{make_key(), &EVP_PKEY_free},
      certificate_{make_certificate("Test authority", key_.get(), nullptr, key_.get(), NID_basic_constraints,
                                    "critical,CA:TRUE"),
                   &X509_free} {
    static int count = 0;
    ca_file_ = (std::filesystem::temp_directory_path() /
                ("outdial-test-ca-" + std::to_string(::getpid()) + "-" + std::to_string(++count) + ".pem"))
                   .string();
    std::ofstream{ca_file_} << to_pem([this](BIO* bio) { return PEM_write_bio_X509(bio, certificate_.get()); });
}

TestAuthority::~TestAuthority() {
    std::error_code ignored;
    std::filesystem::remove(ca_file_, ignored);
}

TestAuthority::Certificate TestAuthority::issue(const std::string& subject_alt_name) const {
    const Key key{make_key(), &EVP_PKEY_free};
    const X509Pointer certificate{make_certificate("Test server", key.get(), certificate_.get(), key_.get(),
                                                   NID_subject_alt_name, subject_alt_name),
                                  &X509_free};
    return {to_pem([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate.get()); }), to_pem([&](BIO* bio) {
                return PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
            })};
}

}  // namespace outdial::ami
