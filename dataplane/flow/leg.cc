#include "dataplane/flow/leg.h"

#include <algorithm>

#include "dataplane/flow/limits.h"
#include "dataplane/mem/wipe.h"

namespace sallyport::flow {
namespace {

// A TLS record adds at most this to its plaintext (RFC 8446 5.2: header, type, tag; TLS 1.2:
// explicit nonce).
constexpr size_t kRecordOverheadBytes = 64;

}  // namespace

void Leg::begin(const LegTools& tools, tcp::ConnectionId id) noexcept {
  reset();
  tools_ = tools;
  id_ = id;
}

void Leg::reset() noexcept {
  session_.reset();
  plain_in.clear();
  plain_out.clear();
  cipher_out_.clear();
  id_ = tcp::ConnectionId{};
}

tls::State Leg::receive(base::Instant now) {
  mem::ByteChain& ciphertext = tools_.stack->receive_queue(id_);
  const tls::State before = session_.state();
  if (ciphertext.empty() && !session_.has_pending() && before != tls::State::Handshaking)
    return before;
  const tls::State state = session_.open(ciphertext, plain_in, kPlaintextStepBytesMax,
                                         *tools_.plaintext_pool, cipher_out_);
  tools_.stack->received(id_, now);
  flush_cipher();
  return state;
}

bool Leg::flush_cipher() {
  const size_t room = tools_.stack->send_room(id_);
  if (cipher_out_.empty() || room == 0) return cipher_out_.empty();
  if (cipher_out_.size() <= room) {
    tools_.stack->send(id_, std::move(cipher_out_));
    cipher_out_.clear();
    return true;
  }
  mem::ByteChain part;
  if (cipher_out_.take_front(room, part, *tools_.ciphertext_pool))
    tools_.stack->send(id_, std::move(part));
  return false;
}

bool Leg::transmit() {
  if (!flush_cipher()) return session_.state() != tls::State::Failed;
  while (!plain_out.empty()) {
    const size_t room = tools_.stack->send_room(id_);
    if (room <= kRecordOverheadBytes) return true;
    const size_t count = std::min({plain_out.size(), kSealBytesMax, room - kRecordOverheadBytes});
    const auto buffer = tools_.seal_buffer.first(count);
    plain_out.copy_out(0, buffer);
    const bool sealed = session_.seal(buffer, cipher_out_);
    mem::wipe(buffer);
    if (!sealed) return session_.state() != tls::State::Failed;
    plain_out.consume(count);
    if (!flush_cipher()) return true;
  }
  return true;
}

void Leg::close_gracefully() {
  transmit();
  session_.close(cipher_out_);
  flush_cipher();
  tools_.stack->release(id_);
}

}  // namespace sallyport::flow
