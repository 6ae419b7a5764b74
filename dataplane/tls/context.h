// context.h: what all sessions of one side share: certificate and key, or roots, name and pins.
//
// Reload of a certificate is a new context; the old one may go when session_count() is 0 and nobody
// can begin with it any more (the library context inside is not counted by OpenSSL). TLS 1.2
// and 1.3, AEAD suites with forward secrecy only, ALPN http/1.1, no renegotiation, no compression.
// No two workers share a library context, so none waits at another's OpenSSL locks (architecture
// section 8; openssl/openssl#20286). Owner  one worker.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

struct ssl_ctx_st;
struct ossl_lib_ctx_st;
struct x509_store_st;

namespace sallyport::tls {

// SHA-256 of a SubjectPublicKeyInfo (RFC 7469 2.4).
using SpkiHash = std::array<uint8_t, 32>;
// Name, HMAC key and AES key of OpenSSL 3's session tickets.
inline constexpr size_t kTicketKeyBytes = 80;

class ServerContext {
 public:
  // PEM bytes: leaf first, then the chain; an unencrypted key. `ticket_key` seals session tickets:
  // kTicketKeyBytes shared by all workers, or empty for one of its own. Null: `error` says what is
  // wrong (never key material).
  static std::unique_ptr<ServerContext> create(std::string_view certificate_chain_pem,
                                               std::string_view key_pem,
                                               std::span<const uint8_t> ticket_key,
                                               std::string& error);
  ~ServerContext();
  ServerContext(const ServerContext&) = delete;
  ServerContext& operator=(const ServerContext&) = delete;

  // Unix seconds at which the leaf certificate ends.
  int64_t expires_at() const noexcept { return expires_at_; }
  // Sessions that began with this context and are not reset yet. Any thread may ask.
  uint32_t session_count() const noexcept { return sessions_.load(std::memory_order_acquire); }
  ssl_ctx_st* native() const noexcept { return context_; }

 private:
  friend class Session;
  ServerContext() = default;
  mutable std::atomic<uint32_t> sessions_{0};
  ossl_lib_ctx_st* library_ = nullptr;
  ssl_ctx_st* context_ = nullptr;
  int64_t expires_at_ = 0;
};

struct ClientOptions {
  std::string host;            // SNI, and the name that a SAN must carry
  std::string ca_pem;          // roots; empty: the system's
  std::vector<SpkiHash> pins;  // empty: not pinned; else one of them must be the leaf's
};

// What the client contexts of one worker share: a library context, and one store for each set of
// roots. To read the system's takes 30 ms, and most vendors of a policy are judged by them.
// Names and pins belong to a context and are shared by none.
//
// Owner  one worker, as long as a context that was made with it. Not here  when roots change: a new
//        policy makes new stores.
class TrustStores {
 public:
  TrustStores();
  ~TrustStores();
  TrustStores(const TrustStores&) = delete;
  TrustStores& operator=(const TrustStores&) = delete;

  // `ca_pem`: as ClientOptions. Null: no certificate could be read, OpenSSL's error queue says why.
  x509_store_st* roots(const std::string& ca_pem);
  // Sets of roots that were read.
  size_t count() const noexcept { return stores_.size(); }
  ossl_lib_ctx_st* library() const noexcept { return library_; }

 private:
  ossl_lib_ctx_st* library_ = nullptr;
  std::map<std::string, x509_store_st*> stores_;  // by PEM bytes
};

class ClientContext {
 public:
  // Null: `error` says what is wrong.
  static std::unique_ptr<ClientContext> create(ClientOptions options,
                                               std::shared_ptr<TrustStores> stores,
                                               std::string& error);
  ~ClientContext();
  ClientContext(const ClientContext&) = delete;
  ClientContext& operator=(const ClientContext&) = delete;

  const ClientOptions& options() const noexcept { return options_; }
  ssl_ctx_st* native() const noexcept { return context_; }

 private:
  ClientContext() = default;
  ClientOptions options_;
  std::shared_ptr<TrustStores> stores_;  // outlives context_
  ssl_ctx_st* context_ = nullptr;
};

}  // namespace sallyport::tls
