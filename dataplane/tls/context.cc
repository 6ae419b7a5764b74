#include "dataplane/tls/context.h"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <cstring>
#include <ctime>

#include "dataplane/base/check.h"

namespace sallyport::tls {
namespace {

constexpr const char* kTls12Suites =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr const char* kTls13Suites =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr unsigned char kAlpn[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

std::string last_error() {
  char text[160] = "unknown error";
  const unsigned long code = ERR_peek_last_error();
  if (code != 0) ERR_error_string_n(code, text, sizeof text);
  ERR_clear_error();
  return text;
}

struct BioFree {
  void operator()(BIO* bio) const noexcept { BIO_free(bio); }
};
using BioPtr = std::unique_ptr<BIO, BioFree>;

BioPtr memory_bio(std::string_view text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// Keys of an interactive prompt are refused: an encrypted key is a configuration mistake here.
int no_password(char*, int, int, void*) { return 0; }

int choose_alpn(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in,
                unsigned in_size, void*) {
  //= RFC 7301 3.2: no protocol in common -> no_application_protocol
  if (SSL_select_next_proto(const_cast<unsigned char**>(out), out_size, kAlpn, sizeof kAlpn, in,
                            in_size) != OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  return SSL_TLSEXT_ERR_OK;
}

bool restrict(SSL_CTX* context) {
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
         SSL_CTX_set_cipher_list(context, kTls12Suites) == 1 &&
         SSL_CTX_set_ciphersuites(context, kTls13Suites) == 1;
}

bool use_chain(SSL_CTX* context, std::string_view pem, int64_t& expires_at) {
  const BioPtr bio = memory_bio(pem);
  X509* leaf = PEM_read_bio_X509(bio.get(), nullptr, no_password, nullptr);
  if (leaf == nullptr) return false;
  std::tm end{};
  ASN1_TIME_to_tm(X509_get0_notAfter(leaf), &end);
  expires_at = static_cast<int64_t>(timegm(&end));
  bool ok = SSL_CTX_use_certificate(context, leaf) == 1;
  X509_free(leaf);
  while (ok) {
    X509* next = PEM_read_bio_X509(bio.get(), nullptr, no_password, nullptr);
    if (next == nullptr) break;
    ok = SSL_CTX_add0_chain_cert(context, next) == 1;
    if (!ok) X509_free(next);
  }
  if (ok) ERR_clear_error();  // the end of the file is reported as an error
  return ok;
}

bool use_key(SSL_CTX* context, std::string_view pem) {
  const BioPtr bio = memory_bio(pem);
  EVP_PKEY* key = PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr);
  if (key == nullptr) return false;
  const bool ok =
      SSL_CTX_use_PrivateKey(context, key) == 1 && SSL_CTX_check_private_key(context) == 1;
  EVP_PKEY_free(key);
  return ok;
}

bool add_roots(X509_STORE* store, OSSL_LIB_CTX* library, std::string_view pem) {
  const BioPtr bio = memory_bio(pem);
  for (size_t count = 0;; ++count) {
    X509* root = X509_new_ex(library, nullptr);  // or its keys would belong to the process
    if (PEM_read_bio_X509(bio.get(), &root, no_password, nullptr) == nullptr) {
      X509_free(root);
      // The end of the file is reported as an error.
      if (count > 0) ERR_clear_error();
      return count > 0;
    }
    const bool ok = X509_STORE_add_cert(store, root) == 1;
    X509_free(root);
    if (!ok) return false;
  }
}

}  // namespace

std::unique_ptr<ServerContext> ServerContext::create(std::string_view certificate_chain_pem,
                                                     std::string_view key_pem,
                                                     std::span<const uint8_t> ticket_key,
                                                     std::string& error) {
  std::unique_ptr<ServerContext> made(new ServerContext);
  made->library_ = OSSL_LIB_CTX_new();
  made->context_ = SSL_CTX_new_ex(made->library_, nullptr, TLS_server_method());
  if (made->context_ == nullptr || !restrict(made->context_)) {
    error = "TLS server context: " + last_error();
    return nullptr;
  }
  if (!use_chain(made->context_, certificate_chain_pem, made->expires_at_)) {
    error = "gateway certificate is not a PEM certificate chain: " + last_error();
    return nullptr;
  }
  if (!use_key(made->context_, key_pem)) {
    error = "gateway key is not a PEM private key of the certificate: " + last_error();
    return nullptr;
  }
  if (!ticket_key.empty() &&
      (ticket_key.size() != kTicketKeyBytes ||
       SSL_CTX_set_tlsext_ticket_keys(made->context_, const_cast<uint8_t*>(ticket_key.data()),
                                      kTicketKeyBytes) != 1)) {
    error = "TLS ticket key: not " + std::to_string(kTicketKeyBytes) + " bytes";
    return nullptr;
  }
  SSL_CTX_set_alpn_select_cb(made->context_, choose_alpn, nullptr);
  // Resumption is by ticket only: a cache of sessions would be state that grows with clients.
  SSL_CTX_set_session_cache_mode(made->context_, SSL_SESS_CACHE_OFF);
  static constexpr unsigned char kSessionId[] = "sallyport";
  SSL_CTX_set_session_id_context(made->context_, kSessionId, sizeof kSessionId - 1);
  return made;
}

ServerContext::~ServerContext() {
  SP_CHECK(session_count() == 0);
  SSL_CTX_free(context_);
  OSSL_LIB_CTX_free(library_);
}

TrustStores::TrustStores() : library_(OSSL_LIB_CTX_new()) {}

TrustStores::~TrustStores() {
  for (const auto& [pem, store] : stores_) X509_STORE_free(store);
  OSSL_LIB_CTX_free(library_);
}

X509_STORE* TrustStores::roots(const std::string& ca_pem) {
  const auto known = stores_.find(ca_pem);
  if (known != stores_.end()) return known->second;
  X509_STORE* store = X509_STORE_new();
  if (store == nullptr) return nullptr;
  const bool read = ca_pem.empty() ? X509_STORE_set_default_paths_ex(store, library_, nullptr) == 1
                                   : add_roots(store, library_, ca_pem);
  if (!read) {
    X509_STORE_free(store);
    return nullptr;
  }
  stores_.emplace(ca_pem, store);
  return store;
}

std::unique_ptr<ClientContext> ClientContext::create(ClientOptions options,
                                                     std::shared_ptr<TrustStores> stores,
                                                     std::string& error) {
  std::unique_ptr<ClientContext> made(new ClientContext);
  made->stores_ = std::move(stores);
  made->context_ = SSL_CTX_new_ex(made->stores_->library(), nullptr, TLS_client_method());
  if (made->context_ == nullptr || !restrict(made->context_)) {
    error = "TLS client context: " + last_error();
    return nullptr;
  }
  X509_STORE* roots = made->stores_->roots(options.ca_pem);
  if (roots == nullptr) {
    error = "vendor CA of " + options.host + ": no certificate could be read: " + last_error();
    return nullptr;
  }
  SSL_CTX_set1_cert_store(made->context_, roots);
  SSL_CTX_set_verify(made->context_, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_session_cache_mode(made->context_, SSL_SESS_CACHE_OFF);
  if (SSL_CTX_set_alpn_protos(made->context_, kAlpn, sizeof kAlpn) != 0) {
    error = "TLS client context: ALPN";
    return nullptr;
  }
  made->options_ = std::move(options);
  return made;
}

ClientContext::~ClientContext() { SSL_CTX_free(context_); }

}  // namespace sallyport::tls
