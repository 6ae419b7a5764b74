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
  uint16_t version() const noexcept;                                 // 0x0303, 0x0304
  const SpkiHash& peer_spki() const noexcept { return peer_spki_; }  // zero: no peer certificate

 private:
  bool init(ssl_st* ssl, mem::SegmentPool& pool);
  void handshake();
  void judge_peer();
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
  SpkiHash peer_spki_{};
};

}  // namespace sallyport::tls
