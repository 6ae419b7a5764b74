// leg.h: one TLS connection over one TCP connection, client's or vendor's: bytes in, bytes out, no
// meaning.
//
// Back-pressure is the size of two queues: what was opened and not yet taken (plain_in), and what
// waits to be sealed (plain_out). The owner stops calling receive() while its sink is full; then
// TCP's window closes. Owner  one connection slot of one worker.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "dataplane/base/time.h"
#include "dataplane/mem/byte_chain.h"
#include "dataplane/mem/segment_pool.h"
#include "dataplane/tcp/stack.h"
#include "dataplane/tls/session.h"

namespace sallyport::flow {

// What all legs of a worker use.
struct LegTools {
  tcp::Stack* stack = nullptr;
  mem::SegmentPool* plaintext_pool = nullptr;  // wipes on release
  mem::SegmentPool* ciphertext_pool = nullptr;
  std::span<uint8_t> seal_buffer;  // kSealBytesMax, wiped after use
};

class Leg {
 public:
  void begin(const LegTools& tools, tcp::ConnectionId id) noexcept;
  // Wipes and gives everything back. The TCP handle is the caller's to release or abort before.
  void reset() noexcept;

  tls::Session& tls() noexcept { return session_; }
  const tls::Session& tls() const noexcept { return session_; }
  tcp::ConnectionId id() const noexcept { return id_; }

  // TCP -> TLS -> plain_in, at most one step. Answers the TLS state.
  tls::State receive(base::Instant now);
  // plain_out -> TLS -> TCP as far as there is room. False: the TLS session is broken.
  bool transmit();
  // close_notify behind what is queued, then FIN.
  void close_gracefully();
  bool all_sent() const noexcept { return plain_out.empty() && cipher_out_.empty(); }

  mem::ByteChain plain_in;
  mem::ByteChain plain_out;

 private:
  bool flush_cipher();

  LegTools tools_;
  tcp::ConnectionId id_{};
  tls::Session session_;
  mem::ByteChain cipher_out_;
};

}  // namespace sallyport::flow
