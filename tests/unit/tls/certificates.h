// certificates.h: keys and certificates made at run time with OpenSSL, good and bad in one way
// each.
#pragma once

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>

#include "dataplane/tls/context.h"

namespace sallyport::tls {

template <auto Free>
struct FreeWith {
  template <class T>
  void operator()(T* thing) const {
    Free(thing);
  }
};
using KeyPtr = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;
using CertificatePtr = std::unique_ptr<X509, FreeWith<X509_free>>;

inline KeyPtr make_key() { return KeyPtr(EVP_EC_gen("P-256")); }
inline KeyPtr make_rsa_key() { return KeyPtr(EVP_RSA_gen(2'048)); }

struct Wanted {
  std::string common_name = "vendor.test";
  std::string san = "DNS:vendor.test";  // empty: none
  long valid_from_s = -3'600;
  long valid_for_s = 86'400;  // from now
  bool is_ca = false;
};

// `issuer` null: signed by itself.
inline CertificatePtr make_certificate(EVP_PKEY* key, const Wanted& wanted, X509* issuer,
                                       EVP_PKEY* issuer_key) {
  CertificatePtr made(X509_new());
  X509_set_version(made.get(), X509_VERSION_3);
  static long serial = 1;
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), wanted.valid_from_s);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), wanted.valid_for_s);
  X509_set_pubkey(made.get(), key);
  X509_NAME* name = X509_get_subject_name(made.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(wanted.common_name.c_str()), -1,
                             -1, 0);
  X509_set_issuer_name(made.get(), issuer != nullptr ? X509_get_subject_name(issuer) : name);
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer != nullptr ? issuer : made.get(), made.get(), nullptr, nullptr,
                 0);
  const auto extend = [&](int id, const std::string& value) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str());
    X509_add_ext(made.get(), extension, -1);
    X509_EXTENSION_free(extension);
  };
  extend(NID_basic_constraints, wanted.is_ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
  if (wanted.is_ca) extend(NID_key_usage, "critical,keyCertSign,cRLSign");
  if (!wanted.san.empty()) extend(NID_subject_alt_name, wanted.san);
  X509_sign(made.get(), issuer_key != nullptr ? issuer_key : key, EVP_sha256());
  return made;
}

inline std::string text_of_bio(BIO* bio) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio, &bytes);
  std::string out(bytes, static_cast<size_t>(size));
  BIO_free(bio);
  return out;
}

inline std::string pem_of(X509* certificate) {
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(bio, certificate);
  return text_of_bio(bio);
}

inline std::string pem_of(EVP_PKEY* key) {
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PKCS8PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
  return text_of_bio(bio);
}

inline SpkiHash spki_of(X509* certificate) {
  SpkiHash hash{};
  unsigned char* der = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
  SHA256(der, static_cast<size_t>(size), hash.data());
  OPENSSL_free(der);
  return hash;
}

// SHA-256 of the whole certificate, as OpenSSL's tools print it.
inline SpkiHash fingerprint_of(X509* certificate) {
  SpkiHash hash{};
  unsigned size = 0;
  X509_digest(certificate, EVP_sha256(), hash.data(), &size);
  return hash;
}

// A root and a leaf under it.
struct Authority {
  KeyPtr key = make_key();
  CertificatePtr root;
  explicit Authority(const std::string& name = "test root") {
    Wanted wanted;
    wanted.common_name = name;
    wanted.san.clear();
    wanted.is_ca = true;
    root = make_certificate(key.get(), wanted, nullptr, nullptr);
  }
};

struct Leaf {
  KeyPtr key;
  CertificatePtr certificate;
  Leaf(const Authority& authority, const Wanted& wanted, bool rsa = false)
      : key(rsa ? make_rsa_key() : make_key()),
        certificate(
            make_certificate(key.get(), wanted, authority.root.get(), authority.key.get())) {}
  // Signed by itself.
  explicit Leaf(const Wanted& wanted)
      : key(make_key()), certificate(make_certificate(key.get(), wanted, nullptr, nullptr)) {}
};

}  // namespace sallyport::tls
