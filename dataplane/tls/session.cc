#include "dataplane/tls/session.h"

#include <openssl/err.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>

#include "dataplane/base/check.h"

namespace sallyport::tls {
namespace {

Failure failure_of_verify(long code) noexcept {
  switch (code) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return Failure::Expired;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return Failure::SelfSigned;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return Failure::UnknownCa;
    case X509_V_ERR_HOSTNAME_MISMATCH:
      return Failure::NameMismatch;
    default:
      return Failure::BadCertificate;
  }
}

SpkiHash spki_hash(X509* certificate) {
  SpkiHash hash{};
  unsigned char* der = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
  if (size > 0) SHA256(der, static_cast<size_t>(size), hash.data());
  OPENSSL_free(der);
  return hash;
}

}  // namespace

void Session::reset() noexcept {
  if (ssl_ != nullptr) SSL_free(ssl_);
  ssl_ = nullptr;
  if (server_ != nullptr) server_->sessions_.fetch_sub(1, std::memory_order_release);
  server_ = nullptr;
  ends_ = ChainBioEnds{};
  client_ = nullptr;
  state_ = State::Idle;
  failure_ = Failure::None;
  pending_ = closed_by_us_ = certificate_requested_ = false;
  peer_spki_ = SpkiHash{};
  peer_chain_ = PeerChain{};
}

bool Session::init(ssl_st* ssl, mem::SegmentPool& pool) {
  if (ssl == nullptr) return false;
  ssl_ = ssl;
  ends_.pool = &pool;
  BIO* bio = make_chain_bio(&ends_);
  if (bio == nullptr) {
    reset();
    return false;
  }
  SSL_set_bio(ssl_, bio, bio);
  state_ = State::Handshaking;
  return true;
}

bool Session::init_server(const ServerContext& context, mem::SegmentPool& ciphertext_pool) {
  reset();
  if (!init(SSL_new(context.native()), ciphertext_pool)) return false;
  server_ = &context;
  server_->sessions_.fetch_add(1, std::memory_order_relaxed);
  SSL_set_accept_state(ssl_);
  return true;
}

bool Session::init_client(const ClientContext& context, mem::SegmentPool& ciphertext_pool) {
  reset();
  if (!init(SSL_new(context.native()), ciphertext_pool)) return false;
  client_ = &context;
  SSL_set_connect_state(ssl_);
  SSL_set_cert_cb(ssl_, on_certificate_request, this);
  X509_VERIFY_PARAM* verify = SSL_get0_param(ssl_);
  // OpenSSL falls back to the common name by default; we never do (RFC 9525 2).
  X509_VERIFY_PARAM_set_hostflags(
      verify, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  const std::string& host = context.options().host;
  if (SSL_set_tlsext_host_name(ssl_, host.c_str()) != 1 ||
      X509_VERIFY_PARAM_set1_host(verify, host.data(), host.size()) != 1) {
    reset();
    return false;
  }
  return true;
}

void Session::fail(Failure failure) noexcept {
  if (state_ == State::Failed) return;
  state_ = State::Failed;
  failure_ = failure;
  pending_ = false;
}

void Session::fail_from_openssl(int result) noexcept {
  (void)result;
  const long verify = client_ != nullptr ? SSL_get_verify_result(ssl_) : X509_V_OK;
  Failure failure = Failure::Protocol;
  if (verify != X509_V_OK) {
    failure = failure_of_verify(verify);
  } else {
    const unsigned long code = ERR_peek_error();
    if (ERR_GET_LIB(code) == ERR_LIB_SSL && ERR_GET_REASON(code) >= SSL_AD_REASON_OFFSET)
      failure = Failure::PeerAlert;
  }
  ERR_clear_error();
  fail(failure);
}

void Session::handshake() {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_);
  if (result == 1) {
    judge_peer();
    return;
  }
  const int error = SSL_get_error(ssl_, result);
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return;
  note_peer();  // who was refused, and for what it showed
  fail_from_openssl(result);
}

// Once per connection, at the end of its handshake: OpenSSL's heap is allowed here, as for all of a
// handshake.
void Session::note_peer() {
  if (client_ == nullptr) return;
  const STACK_OF(X509)* chain = SSL_get_peer_cert_chain(ssl_);
  const int count = chain == nullptr ? 0 : sk_X509_num(chain);
  if (count <= 0) return;
  peer_spki_ = spki_hash(sk_X509_value(chain, 0));
  peer_chain_.count = static_cast<uint8_t>(std::min(count, 255));
  for (int i = 0; i < std::min<int>(count, kCertificatesMax); ++i)
    X509_digest(sk_X509_value(chain, i), EVP_sha256(),
                peer_chain_.sha256[static_cast<size_t>(i)].data(), nullptr);
}

// OpenSSL asks when the peer's CertificateRequest came. 1: go on with what there is.
int Session::on_certificate_request(ssl_st* ssl, void* session) {
  (void)ssl;
  static_cast<Session*>(session)->certificate_requested_ = true;
  return 1;
}

// Chain and name were judged by OpenSSL in the handshake; pins and ALPN are ours.
void Session::judge_peer() {
  note_peer();
  const unsigned char* protocol = nullptr;
  unsigned protocol_size = 0;
  SSL_get0_alpn_selected(ssl_, &protocol, &protocol_size);
  const std::string_view chosen(reinterpret_cast<const char*>(protocol), protocol_size);
  if (!chosen.empty() && chosen != "http/1.1") return fail(Failure::WrongProtocol);
  if (client_ != nullptr) {
    X509* peer = SSL_get0_peer_certificate(ssl_);
    if (peer == nullptr || SSL_get_verify_result(ssl_) != X509_V_OK)
      return fail(Failure::BadCertificate);
    const auto& pins = client_->options().pins;
    if (!pins.empty() && std::find(pins.begin(), pins.end(), peer_spki_) == pins.end())
      return fail(Failure::PinMismatch);
  }
  state_ = State::Open;
}

State Session::open(mem::ByteChain& ciphertext_in, mem::ByteChain& plaintext_out,
                    size_t plaintext_max, mem::SegmentPool& plaintext_pool,
                    mem::ByteChain& ciphertext_out) {
  if (ssl_ == nullptr || state_ == State::Failed) return state_;
  ends_.ciphertext_in = &ciphertext_in;
  ends_.ciphertext_out = &ciphertext_out;
  if (state_ == State::Handshaking) handshake();
  if (state_ == State::Open) read_plaintext(plaintext_out, plaintext_max, plaintext_pool);
  ends_.ciphertext_in = ends_.ciphertext_out = nullptr;
  return state_;
}

void Session::read_plaintext(mem::ByteChain& out, size_t max, mem::SegmentPool& pool) {
  pending_ = false;
  size_t got_total = 0;
  while (got_total < max) {
    mem::Segment* segment = pool.allocate();
    if (segment == nullptr) {
      pending_ = true;
      return;
    }
    ERR_clear_error();
    size_t got = 0;
    const size_t room = std::min<size_t>(segment->room(), max - got_total);
    const int result = SSL_read_ex(ssl_, segment->tail(), room, &got);
    if (result == 1) {
      segment->size = static_cast<uint32_t>(got);
      out.append(segment);
      got_total += got;
      continue;
    }
    mem::release(segment);
    const int error = SSL_get_error(ssl_, result);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return;
    if (error == SSL_ERROR_ZERO_RETURN) {
      state_ = State::PeerClosed;
      return;
    }
    return fail_from_openssl(result);
  }
  pending_ = true;
}

bool Session::seal(std::span<const uint8_t> plaintext, mem::ByteChain& ciphertext_out) {
  SP_CHECK(!plaintext.empty());
  if (ssl_ == nullptr || closed_by_us_ || (state_ != State::Open && state_ != State::PeerClosed))
    return false;
  // A record that could be written only in part would be stuck in OpenSSL: look for room first. A
  // record adds at most 5 + 1 + 16 bytes (TLS 1.3) or 5 + 8 + 16 (TLS 1.2) to 16 KiB.
  const size_t records = plaintext.size() / 16'384 + 1;
  const size_t needed = plaintext.size() + records * 64;
  if (ends_.pool->available() * ends_.pool->segment_bytes() < needed + ends_.pool->segment_bytes())
    return false;
  ends_.ciphertext_out = &ciphertext_out;
  bool ok = true;
  while (ok && !plaintext.empty()) {
    ERR_clear_error();
    size_t written = 0;
    const int result = SSL_write_ex(ssl_, plaintext.data(), plaintext.size(), &written);
    if (result == 1) {
      plaintext = plaintext.subspan(written);
    } else {
      fail_from_openssl(result);
      ok = false;
    }
  }
  ends_.ciphertext_out = nullptr;
  return ok;
}

void Session::close(mem::ByteChain& ciphertext_out) {
  if (ssl_ == nullptr || closed_by_us_ || (state_ != State::Open && state_ != State::PeerClosed))
    return;
  closed_by_us_ = true;
  ends_.ciphertext_out = &ciphertext_out;
  ERR_clear_error();
  SSL_shutdown(ssl_);
  ERR_clear_error();
  ends_.ciphertext_out = nullptr;
}

std::string_view Session::server_name() const noexcept {
  const char* name =
      ssl_ == nullptr ? nullptr : SSL_get_servername(ssl_, TLSEXT_NAMETYPE_host_name);
  return name == nullptr ? std::string_view{} : std::string_view(name);
}

uint16_t Session::cipher_suite() const noexcept {
  const SSL_CIPHER* cipher = ssl_ == nullptr ? nullptr : SSL_get_current_cipher(ssl_);
  return cipher == nullptr ? uint16_t{0} : SSL_CIPHER_get_protocol_id(cipher);
}

ClientCertificate Session::client_certificate() const noexcept {
  if (!certificate_requested_) return ClientCertificate::NotRequested;
  return SSL_get_certificate(ssl_) == nullptr ? ClientCertificate::NotSent
                                              : ClientCertificate::Sent;
}

uint16_t Session::version() const noexcept {
  return ssl_ == nullptr ? uint16_t{0} : static_cast<uint16_t>(SSL_version(ssl_));
}

}  // namespace sallyport::tls
