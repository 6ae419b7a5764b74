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
  ciphertext_sent_bytes_ = 0;
  said_close_ = sent_fin_ = false;
}

bool Leg::has_input() const noexcept {
  return session_.has_pending() || !tools_.stack->receive_queue(id_).empty();
}

tls::State Leg::receive(base::Instant now) {
  const tls::State before = session_.state();
  if (plain_in.size() >= kPlaintextStepBytesMax) return before;
  if (!has_input() && before != tls::State::Handshaking) return before;
  const tls::State state =
      session_.open(tools_.stack->receive_queue(id_), plain_in, kPlaintextStepBytesMax,
                    *tools_.plaintext_pool, cipher_out_);
  tools_.stack->received(id_, now);
  flush_cipher();
  return state;
}

bool Leg::flush_cipher() {
  if (cipher_out_.empty()) return true;
  const size_t room = tools_.stack->send_room(id_);
  if (room == 0) return false;
  if (cipher_out_.size() <= room) {
    ciphertext_sent_bytes_ += cipher_out_.size();
    tools_.stack->send(id_, std::move(cipher_out_));
    cipher_out_.clear();
    return true;
  }
  mem::ByteChain part;
  if (cipher_out_.take_front(room, part, *tools_.ciphertext_pool)) {
    ciphertext_sent_bytes_ += part.size();
    tools_.stack->send(id_, std::move(part));
  }
  return false;
}

bool Leg::transmit() {
  if (!flush_cipher()) return session_.state() != tls::State::Failed;
  while (!plain_out.empty()) {
    const size_t room = tools_.stack->send_room(id_);
    if (room < std::min(plain_out.size(), kSealBytesMin) + kRecordOverheadBytes) return true;
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

bool Leg::finish_sending() {
  if (sent_fin_) return true;
  if (!transmit()) plain_out.clear();
  if (!plain_out.empty()) return false;
  if (!said_close_) session_.close(cipher_out_);
  said_close_ = true;
  if (!flush_cipher()) return false;
  tools_.stack->shutdown_send(id_);
  sent_fin_ = true;
  return true;
}

void Leg::discard_input(base::Instant now) {
  plain_in.clear();
  tools_.stack->receive_queue(id_).clear();
  tools_.stack->received(id_, now);
}

void Leg::close_gracefully() {
  finish_sending();
  tools_.stack->release(id_);
}

}  // namespace sallyport::flow
