// session.h: one side of one TLS connection: records are opened and sealed between byte chains.
//
// No I/O and no clock of ours: ciphertext comes in as a chain and goes out as a chain. OpenSSL does
// handshake and records today; the interface is ours, so another record layer can take over behind
// it.
//
// Invariants
//   I1  no plaintext is handed out, and seal() takes none, before the peer is verified (client
//   side). I2  a failed session stays failed; what it still has to say (an alert) is in
//   ciphertext_out.
// Owner   one worker. Plaintext lies in segments of the pool given to open(): use one that wipes.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "dataplane/mem/byte_chain.h"
#include "dataplane/mem/segment_pool.h"
#include "dataplane/tls/chain_bio.h"
#include "dataplane/tls/context.h"
#include "dataplane/tls/failure.h"

struct ssl_st;

namespace sallyport::tls {

// Certificates of a peer's chain whose hashes are kept; evidence has as many places for them.
inline constexpr size_t kCertificatesMax = 6;

// What a vendor presented, also when it was refused for it. SHA-256 of each certificate's DER
// bytes.
struct PeerChain {
  std::array<std::array<uint8_t, 32>, kCertificatesMax> sha256{};  // leaf first; zero behind
  uint8_t count = 0;                                               // as presented; saturates
};

// mTLS, as far as it came in the handshake.
enum class ClientCertificate : uint8_t { NotRequested, NotSent, Sent };

enum class State : uint8_t { Idle, Handshaking, Open, PeerClosed /* close_notify came */, Failed };

class Session {
 public:
  Session() = default;
  ~Session() { reset(); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // False: out of memory. The pool carries ciphertext that goes out.
  [[nodiscard]] bool init_server(const ServerContext& context, mem::SegmentPool& ciphertext_pool);
  [[nodiscard]] bool init_client(const ClientContext& context, mem::SegmentPool& ciphertext_pool);
  void reset() noexcept;

  // Consumes ciphertext (a client's first call may bring none: it starts the handshake), appends at
  // most `plaintext_max` bytes of plaintext, appends what must be sent. When the plaintext pool or
  // limit is exhausted the rest stays for the next call (has_pending()).
  State open(mem::ByteChain& ciphertext_in, mem::ByteChain& plaintext_out, size_t plaintext_max,
             mem::SegmentPool& plaintext_pool, mem::ByteChain& ciphertext_out);
  // One record (more for more than 16 KiB). False: not open, or no ciphertext segment: try again
  // later with the same bytes. REQUIRES: not empty.
  [[nodiscard]] bool seal(std::span<const uint8_t> plaintext, mem::ByteChain& ciphertext_out);
  // close_notify; the other direction stays open.
  void close(mem::ByteChain& ciphertext_out);

  State state() const noexcept { return state_; }
  Failure failure() const noexcept { return failure_; }
  bool saw_close_notify() const noexcept { return state_ == State::PeerClosed; }
  // Plaintext is left inside: call open() again even without new ciphertext.
  bool has_pending() const noexcept { return pending_; }
  // What the client asked for; empty before the ClientHello or without SNI.
  std::string_view server_name() const noexcept;
  uint16_t version() const noexcept;  // 0x0303, 0x0304
  // Client side; zero: no peer certificate was seen. Of a chain that does not verify too.
  const SpkiHash& peer_spki() const noexcept { return peer_spki_; }
  const PeerChain& peer_chain() const noexcept { return peer_chain_; }
  // IANA's number, such as 0x1301; 0 before one is agreed on.
  uint16_t cipher_suite() const noexcept;
  // Client side: whether the peer asked for a certificate of ours, and whether we have one to give.
  ClientCertificate client_certificate() const noexcept;
  bool is_pinned() const noexcept { return client_ != nullptr && !client_->options().pins.empty(); }

 private:
  bool init(ssl_st* ssl, mem::SegmentPool& pool);
  void handshake();
  void judge_peer();
  void note_peer();
  static int on_certificate_request(ssl_st* ssl, void* session);
  void read_plaintext(mem::ByteChain& out, size_t max, mem::SegmentPool& pool);
  void fail(Failure failure) noexcept;
  void fail_from_openssl(int result) noexcept;

  ssl_st* ssl_ = nullptr;
  ChainBioEnds ends_;
  const ClientContext* client_ = nullptr;
  const ServerContext* server_ = nullptr;
  State state_ = State::Idle;
  Failure failure_ = Failure::None;
  bool pending_ = false;
  bool closed_by_us_ = false;
  bool certificate_requested_ = false;
  SpkiHash peer_spki_{};
  PeerChain peer_chain_{};
};

}  // namespace sallyport::tls
