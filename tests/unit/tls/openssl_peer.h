// openssl_peer.h: the other side of a connection, played by plain OpenSSL over memory BIOs.
#pragma once

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "dataplane/tls/session.h"
#include "tests/unit/tls/certificates.h"

namespace sallyport::tls {

class OpensslPeer {
 public:
  explicit OpensslPeer(bool is_server)
      : is_server_(is_server),
        context_(SSL_CTX_new(is_server ? TLS_server_method() : TLS_client_method())) {}
  ~OpensslPeer() {
    SSL_free(ssl_);
    SSL_CTX_free(context_);
  }
  OpensslPeer(const OpensslPeer&) = delete;
  OpensslPeer& operator=(const OpensslPeer&) = delete;

  SSL_CTX* context() { return context_; }
  void use(const Leaf& leaf) {
    SSL_CTX_use_certificate(context_, leaf.certificate.get());
    SSL_CTX_use_PrivateKey(context_, leaf.key.get());
  }
  void versions(int lowest, int highest) {
    SSL_CTX_set_min_proto_version(context_, lowest);
    SSL_CTX_set_max_proto_version(context_, highest);
  }
  // Ends the settings.
  SSL* ssl() {
    if (ssl_ == nullptr) {
      ssl_ = SSL_new(context_);
      in_ = BIO_new(BIO_s_mem());
      out_ = BIO_new(BIO_s_mem());
      SSL_set_bio(ssl_, in_, out_);
      if (is_server_)
        SSL_set_accept_state(ssl_);
      else
        SSL_set_connect_state(ssl_);
    }
    return ssl_;
  }
  void give(std::string_view ciphertext) {
    ssl();
    if (!ciphertext.empty()) BIO_write(in_, ciphertext.data(), static_cast<int>(ciphertext.size()));
  }
  // What it has to send now.
  std::string take() {
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(out_, &bytes);
    std::string out(bytes, static_cast<size_t>(size));
    BIO_reset(out_);
    return out;
  }
  bool handshake() {
    ERR_clear_error();
    return SSL_do_handshake(ssl()) == 1;
  }
  std::string read() {
    std::string out;
    char buffer[4'096];
    size_t got = 0;
    ERR_clear_error();
    while (SSL_read_ex(ssl_, buffer, sizeof buffer, &got) == 1) out.append(buffer, got);
    return out;
  }
  void write(std::string_view text) {
    size_t written = 0;
    SSL_write_ex(ssl_, text.data(), text.size(), &written);
  }
  bool got_close_notify() const { return (SSL_get_shutdown(ssl_) & SSL_RECEIVED_SHUTDOWN) != 0; }

 private:
  bool is_server_;
  SSL_CTX* context_;
  SSL* ssl_ = nullptr;
  BIO* in_ = nullptr;
  BIO* out_ = nullptr;
};

}  // namespace sallyport::tls
