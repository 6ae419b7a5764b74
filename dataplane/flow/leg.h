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

  // TCP -> TLS -> plain_in, at most one step; nothing while plain_in holds a step already. Answers
  // the TLS state.
  tls::State receive(base::Instant now);
  // Bytes wait below plain_in: a call of receive() may bring something.
  bool has_input() const noexcept;
  // plain_out -> TLS -> TCP as far as there is room. False: the TLS session is broken.
  bool transmit();
  // Called until it answers true: everything queued, then close_notify, then FIN are with TCP.
  bool finish_sending();
  // Throws away what the peer still sends, so that its window stays open and nobody is reset while
  // our last words are on their way.
  void discard_input(base::Instant now);
  // close_notify and FIN as far as there is room now; the TCP handle is gone.
  void close_gracefully();
  bool all_sent() const noexcept { return plain_out.empty() && cipher_out_.empty(); }
  // Ciphertext handed to TCP since begin().
  uint64_t ciphertext_sent_bytes() const noexcept { return ciphertext_sent_bytes_; }

  mem::ByteChain plain_in;
  mem::ByteChain plain_out;

 private:
  bool flush_cipher();

  LegTools tools_;
  tcp::ConnectionId id_{};
  tls::Session session_;
  mem::ByteChain cipher_out_;
  uint64_t ciphertext_sent_bytes_ = 0;
  bool said_close_ = false;
  bool sent_fin_ = false;
};

}  // namespace sallyport::flow
