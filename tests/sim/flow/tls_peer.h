// tls_peer.h: an ordinary OpenSSL endpoint on a simulated connection: the other side of ours, with
// nothing of our TLS code in it.
#pragma once

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <string_view>

#include "tests/sim/flow/certificates.h"
#include "tests/sim/flow/node.h"

namespace sallyport::sim {

struct ContextFree {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using TlsContext = std::unique_ptr<SSL_CTX, ContextFree>;

inline TlsContext client_context(const std::string& ca_pem) {
  TlsContext context(SSL_CTX_new(TLS_client_method()));
  BIO* bio = BIO_new_mem_buf(ca_pem.data(), static_cast<int>(ca_pem.size()));
  X509* root = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
  X509_STORE_add_cert(SSL_CTX_get_cert_store(context.get()), root);
  X509_free(root);
  BIO_free(bio);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  return context;
}

inline TlsContext server_context(const Certificate& certificate) {
  TlsContext context(SSL_CTX_new(TLS_server_method()));
  BIO* bio = BIO_new_mem_buf(certificate.certificate_pem.data(), -1);
  X509* leaf = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
  BIO_free(bio);
  bio = BIO_new_mem_buf(certificate.key_pem.data(), -1);
  EVP_PKEY* key = PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr);
  BIO_free(bio);
  EXPECT_EQ(SSL_CTX_use_certificate(context.get(), leaf), 1);
  EXPECT_EQ(SSL_CTX_use_PrivateKey(context.get(), key), 1);
  X509_free(leaf);
  EVP_PKEY_free(key);
  return context;
}

class TlsPeer {
 public:
  TlsPeer(Node& node, tcp::ConnectionId connection, SSL_CTX& context, bool is_server,
          const std::string& host)
      : id(connection), node_(node), ssl_(SSL_new(&context)) {
    in_ = BIO_new(BIO_s_mem());
    out_ = BIO_new(BIO_s_mem());
    SSL_set_bio(ssl_, in_, out_);
    if (is_server) {
      SSL_set_accept_state(ssl_);
    } else {
      SSL_set_connect_state(ssl_);
      SSL_set_tlsext_host_name(ssl_, host.c_str());
      SSL_set1_host(ssl_, host.c_str());
    }
  }
  ~TlsPeer() { SSL_free(ssl_); }
  TlsPeer(const TlsPeer&) = delete;
  TlsPeer& operator=(const TlsPeer&) = delete;

  // Each call is a TLS record of its own (or several, for more than 16 KiB), once the handshake is
  // done.
  void write(std::string_view plaintext) {
    if (!plaintext.empty()) records_.emplace_back(plaintext);
  }
  void close_notify() { wants_close_notify_ = true; }
  void fin() { wants_fin_ = true; }
  void reset() {
    node_.stack.abort(id);
    ended = true;
  }

  void turn(base::Instant now) {
    if (!is_connected || ended) return;
    if (!is_reading) {
      pump_out();
      return;
    }
    mem::ByteChain& queue = node_.stack.receive_queue(id);
    while (!queue.empty()) {
      const auto front = queue.front();
      BIO_write(in_, front.data(), static_cast<int>(front.size()));
      queue.consume(front.size());
    }
    node_.stack.received(id, now);
    handshake_and_read();
    write_records();
    pump_out();
  }

  void on_event(const tcp::Event& event) {
    if (event.kind == tcp::EventKind::Connected) is_connected = true;
    if (event.kind == tcp::EventKind::PeerClosed) peer_closed = true;
    if (event.kind == tcp::EventKind::Reset || event.kind == tcp::EventKind::TimedOut)
      was_reset = true;
    if (tcp::ends_handle(event.kind)) ended = true;
  }

  tcp::ConnectionId id;
  std::string received;
  bool is_connected = false;
  bool is_open = false;  // handshake done
  bool is_reading = true;
  bool saw_close_notify = false;
  bool tls_failed = false;
  bool peer_closed = false;
  bool was_reset = false;
  bool ended = false;

 private:
  void handshake_and_read() {
    ERR_clear_error();
    if (!is_open) {
      const int result = SSL_do_handshake(ssl_);
      is_open = result == 1;
      if (!is_open) {
        tls_failed = tls_failed || SSL_get_error(ssl_, result) != SSL_ERROR_WANT_READ;
        return;
      }
    }
    char buffer[16'384];
    for (;;) {
      ERR_clear_error();
      const int got = SSL_read(ssl_, buffer, sizeof buffer);
      if (got > 0) {
        received.append(buffer, static_cast<size_t>(got));
        continue;
      }
      const int error = SSL_get_error(ssl_, got);
      if (error == SSL_ERROR_ZERO_RETURN) saw_close_notify = true;
      if (error != SSL_ERROR_ZERO_RETURN && error != SSL_ERROR_WANT_READ) tls_failed = true;
      return;
    }
  }

  void write_records() {
    if (!is_open || tls_failed) return;
    for (const std::string& record : records_)
      EXPECT_EQ(SSL_write(ssl_, record.data(), static_cast<int>(record.size())),
                static_cast<int>(record.size()));
    records_.clear();
    if (wants_close_notify_) SSL_shutdown(ssl_);
    wants_close_notify_ = false;
  }

  void pump_out() {
    char buffer[16'384];
    while (BIO_pending(out_) > 0) {
      const int got = BIO_read(out_, buffer, sizeof buffer);
      waiting_.append(buffer, static_cast<size_t>(got));
    }
    while (!waiting_.empty()) {
      const size_t sent =
          node_.send(id, {reinterpret_cast<const uint8_t*>(waiting_.data()), waiting_.size()});
      if (sent == 0) return;
      waiting_.erase(0, sent);
    }
    if (wants_fin_) node_.stack.shutdown_send(id);
    wants_fin_ = false;
  }

  Node& node_;
  SSL* ssl_;
  BIO* in_;
  BIO* out_;
  std::vector<std::string> records_;
  std::string waiting_;  // ciphertext that TCP did not take yet
  bool wants_close_notify_ = false;
  bool wants_fin_ = false;
};

}  // namespace sallyport::sim
