// session_fixture.h: one Session of ours and one peer of OpenSSL's, with a wire of bytes between.
#pragma once

#include <gtest/gtest.h>

#include "tests/unit/tls/openssl_peer.h"

namespace sallyport::tls {

class SessionFixture : public ::testing::Test {
 protected:
  // Our session takes `bytes` in one piece; what it wants to send comes back.
  std::string ours(Session& session, std::string_view bytes) {
    if (!bytes.empty()) {
      EXPECT_TRUE(in_.append_copy({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()},
                                  ciphertext_));
    }
    mem::ByteChain out;
    do session.open(in_, plain_, 64 * 1'024, plaintext_, out);
    while (session.has_pending() && session.state() == State::Open);
    return text(out);
  }
  static std::string text(const mem::ByteChain& chain) {
    std::string out(chain.size(), '\0');
    chain.copy_out(0, {reinterpret_cast<uint8_t*>(out.data()), out.size()});
    return out;
  }
  std::string take_plain() {
    std::string out = text(plain_);
    plain_.clear();
    return out;
  }
  // Until both are quiet. With `cut`, every piece reaches our session in two parts at that byte.
  void shake(Session& session, OpensslPeer& peer, size_t cut = 0) {
    std::string to_us;
    for (int round = 0; round < 10; ++round) {
      peer.handshake();
      to_us = peer.take();
      std::string to_peer;
      if (cut > 0 && cut < to_us.size()) {
        to_peer = ours(session, std::string_view(to_us).substr(0, cut));
        to_peer += ours(session, std::string_view(to_us).substr(cut));
      } else {
        to_peer = ours(session, to_us);
      }
      if (to_us.empty() && to_peer.empty() && round > 0) return;
      peer.give(to_peer);
    }
  }
  std::string seal(Session& session, std::string_view text_in) {
    mem::ByteChain out;
    EXPECT_TRUE(
        session.seal({reinterpret_cast<const uint8_t*>(text_in.data()), text_in.size()}, out));
    return text(out);
  }
  std::string close(Session& session) {
    mem::ByteChain out;
    session.close(out);
    return text(out);
  }

  mem::SegmentPool ciphertext_{256, 4'096, mem::SegmentPool::Wipe::No};
  mem::SegmentPool plaintext_{256, 4'096, mem::SegmentPool::Wipe::OnRelease};
  mem::ByteChain in_;
  mem::ByteChain plain_;
  Authority authority_;
};

}  // namespace sallyport::tls
