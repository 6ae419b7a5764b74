// tls_cases.cc: one TLS record sealed by one session and opened by its peer, against AES-256-GCM
// alone. Certificate and key are made here, in memory.
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <array>
#include <memory>
#include <string>

#include "bench/micro/cases.h"
#include "dataplane/base/check.h"
#include "dataplane/mem/segment_pool.h"
#include "dataplane/tls/context.h"
#include "dataplane/tls/session.h"

namespace sallyport::bench {
namespace {

struct Identity {
  std::string certificate;
  std::string key;
};

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const auto size = static_cast<size_t>(BIO_get_mem_data(bio, &data));
  return {data, size};
}

Identity make_identity() {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = X509_new();
  SP_CHECK(key != nullptr && certificate != nullptr);
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 86'400);
  X509_set_pubkey(certificate, key);
  X509_NAME* name = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("bench"), -1, -1, 0);
  X509_set_issuer_name(certificate, name);
  X509V3_CTX context;
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  for (const auto& [nid, value] : {std::pair{NID_subject_alt_name, "DNS:bench.example"},
                                   std::pair{NID_basic_constraints, "critical,CA:TRUE"}}) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value);
    SP_CHECK(extension != nullptr);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
  }
  SP_CHECK(X509_sign(certificate, key, EVP_sha256()) > 0);
  Identity out;
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(bio, certificate);
  out.certificate = text_of(bio);
  BIO_free(bio);
  bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
  out.key = text_of(bio);
  BIO_free(bio);
  X509_free(certificate);
  EVP_PKEY_free(key);
  return out;
}

// Two sessions that have shaken hands.
class Pair {
 public:
  Pair()
      : plain_(64, 4'096, mem::SegmentPool::Wipe::OnRelease),
        cipher_(128, 4'096, mem::SegmentPool::Wipe::No) {
    const Identity identity = make_identity();
    std::string error;
    server_context_ = tls::ServerContext::create(identity.certificate, identity.key, {}, error);
    SP_CHECK_WHY(server_context_ != nullptr, error.c_str());
    tls::ClientOptions options;
    options.host = "bench.example";
    options.ca_pem = identity.certificate;
    client_context_ =
        tls::ClientContext::create(options, std::make_shared<tls::TrustStores>(), error);
    SP_CHECK_WHY(client_context_ != nullptr, error.c_str());
    SP_CHECK(server_.init_server(*server_context_, cipher_));
    SP_CHECK(client_.init_client(*client_context_, cipher_));
    mem::ByteChain to_server;
    mem::ByteChain to_client;
    mem::ByteChain plain;
    for (int i = 0; i < 10; ++i) {
      client_.open(to_client, plain, 65'536, plain_, to_server);
      server_.open(to_server, plain, 65'536, plain_, to_client);
    }
    SP_CHECK(client_.state() == tls::State::Open && server_.state() == tls::State::Open);
  }

  void record(std::span<const uint8_t> bytes) {
    mem::ByteChain wire;
    mem::ByteChain answer;
    mem::ByteChain plain;
    SP_CHECK(client_.seal(bytes, wire));
    server_.open(wire, plain, 65'536, plain_, answer);
    SP_CHECK(plain.size() == bytes.size());
  }

 private:
  mem::SegmentPool plain_;
  mem::SegmentPool cipher_;
  std::unique_ptr<tls::ServerContext> server_context_;
  std::unique_ptr<tls::ClientContext> client_context_;
  tls::Session server_;
  tls::Session client_;
};

class Cipher {
 public:
  explicit Cipher(size_t bytes) : in_(bytes, 'x'), out_(bytes + 16) {
    encrypt_ = EVP_CIPHER_CTX_new();
    decrypt_ = EVP_CIPHER_CTX_new();
    SP_CHECK(EVP_EncryptInit_ex(encrypt_, EVP_aes_256_gcm(), nullptr, key_.data(), iv_.data()) ==
             1);
    SP_CHECK(EVP_DecryptInit_ex(decrypt_, EVP_aes_256_gcm(), nullptr, key_.data(), iv_.data()) ==
             1);
  }
  ~Cipher() {
    EVP_CIPHER_CTX_free(encrypt_);
    EVP_CIPHER_CTX_free(decrypt_);
  }
  Cipher(const Cipher&) = delete;
  Cipher& operator=(const Cipher&) = delete;

  void both() {
    int size = 0;
    const int bytes = static_cast<int>(in_.size());
    EVP_EncryptInit_ex(encrypt_, nullptr, nullptr, nullptr, iv_.data());
    EVP_EncryptUpdate(encrypt_, out_.data(), &size, in_.data(), bytes);
    EVP_EncryptFinal_ex(encrypt_, out_.data() + size, &size);
    EVP_CIPHER_CTX_ctrl(encrypt_, EVP_CTRL_AEAD_GET_TAG, 16, tag_.data());
    EVP_DecryptInit_ex(decrypt_, nullptr, nullptr, nullptr, iv_.data());
    EVP_DecryptUpdate(decrypt_, in_.data(), &size, out_.data(), bytes);
    EVP_CIPHER_CTX_ctrl(decrypt_, EVP_CTRL_AEAD_SET_TAG, 16, tag_.data());
    SP_CHECK(EVP_DecryptFinal_ex(decrypt_, in_.data() + size, &size) == 1);
  }

 private:
  std::vector<uint8_t> in_;
  std::vector<uint8_t> out_;
  std::array<uint8_t, 32> key_{};
  std::array<uint8_t, 12> iv_{};
  std::array<uint8_t, 16> tag_{};
  EVP_CIPHER_CTX* encrypt_ = nullptr;
  EVP_CIPHER_CTX* decrypt_ = nullptr;
};

}  // namespace

std::vector<Case> tls_cases() {
  std::vector<Case> cases;
  auto pair = std::make_shared<Pair>();
  for (const size_t size : {size_t{64}, size_t{1'350}, size_t{16'384}}) {
    const std::string group = "tls " + std::to_string(size) + " B";
    auto cipher = std::make_shared<Cipher>(size);
    cases.push_back(Case{group, "AES-256-GCM there and back", Unit::CyclesPerUnit, 1,
                         [cipher] { cipher->both(); }, true});
    auto bytes = std::make_shared<std::vector<uint8_t>>(size, 'x');
    cases.push_back(Case{group, "record sealed and opened", Unit::CyclesPerUnit, 1,
                         [pair, bytes] { pair->record(*bytes); }, false});
  }
  return cases;
}

}  // namespace sallyport::bench
