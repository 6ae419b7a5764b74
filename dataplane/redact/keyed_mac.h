// keyed_mac.h: HMAC-SHA256 states that are keyed once and run often without allocation.
//
// Fields are fed length first (4 bytes, little-endian), so that no two lists of fields are the same
// bytes. Owner  whoever made the state; not shared between threads.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace sallyport::redact {

inline constexpr size_t kMacBytes = 32;
using Mac = std::array<uint8_t, kMacBytes>;

// An EVP_MAC_CTX, or null when OpenSSL refuses. Each MacRun starts again from the key it holds.
void* make_keyed_state(std::span<const uint8_t> key);
void free_keyed_state(void* state) noexcept;  // wipes the key; null is fine

class MacRun {
 public:
  explicit MacRun(void* state);
  void field(std::span<const uint8_t> bytes);
  void field(std::string_view text);
  // Without its length in front.
  void raw(std::span<const uint8_t> bytes);
  bool finish(Mac& out);

 private:
  void* state_;
  bool ok_;
};

}  // namespace sallyport::redact
