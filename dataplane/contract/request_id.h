// request_id.h: the name of one exchange, as both daemons, a log line and a caller write it.
//
// It encodes where the exchange ran (node, dataplane start, worker) and its number there, so an id
// found in a support ticket leads to the ring and the record without a lookup. Text form: "sp_" and
// 26 characters of Crockford base32 (no letters I, L, O, U), the 128 bits most significant first.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sallyport::contract {

struct RequestId {
  uint32_t node = 0;    // hash of the node name
  uint32_t start = 0;   // hash of (boot id, generation): one dataplane start
  uint32_t worker = 0;  // 16 bits are written
  uint64_t number = 0;  // 48 bits are written; from 1, gap-free per worker and start
  friend constexpr auto operator<=>(const RequestId&, const RequestId&) = default;

  // The 128 bits as stored: high = node | start, low = worker(16) | number(48).
  constexpr uint64_t high() const { return (uint64_t{node} << 32) | start; }
  constexpr uint64_t low() const {
    return (uint64_t{worker & 0xffffU} << 48) | (number & 0xffff'ffff'ffffULL);
  }
  static constexpr RequestId of_words(uint64_t high, uint64_t low) {
    return RequestId{static_cast<uint32_t>(high >> 32), static_cast<uint32_t>(high),
                     static_cast<uint32_t>(low >> 48), low & 0xffff'ffff'ffffULL};
  }
  constexpr bool empty() const { return high() == 0 && low() == 0; }
};

inline constexpr size_t kRequestIdTextBytes = 29;  // "sp_" + 26

struct RequestIdText {
  std::array<char, kRequestIdTextBytes + 1> bytes{};  // zero terminated
  constexpr std::string_view view() const { return {bytes.data(), kRequestIdTextBytes}; }
};

inline constexpr std::string_view kCrockfordDigits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

constexpr RequestIdText request_id_text(const RequestId& id) {
  RequestIdText text;
  text.bytes[0] = 's';
  text.bytes[1] = 'p';
  text.bytes[2] = '_';
  uint64_t high = id.high();
  uint64_t low = id.low();
  for (size_t at = kRequestIdTextBytes; at-- > 3;) {
    text.bytes[at] = kCrockfordDigits[low & 31];
    low = (low >> 5) | (high << 59);
    high >>= 5;
  }
  return text;
}

// Nothing when the text is not exactly one id. Lower case is accepted; people retype ids.
constexpr std::optional<RequestId> parse_request_id(std::string_view text) {
  if (text.size() != kRequestIdTextBytes) return std::nullopt;
  if ((text[0] | 0x20) != 's' || (text[1] | 0x20) != 'p' || text[2] != '_') return std::nullopt;
  uint64_t high = 0;
  uint64_t low = 0;
  for (size_t at = 3; at < text.size(); ++at) {
    char c = text[at];
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    const size_t digit = kCrockfordDigits.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    if (at == 3 && digit > 7)
      return std::nullopt;  // 26 digits carry 130 bits; the top two are zero
    high = (high << 5) | (low >> 59);
    low = (low << 5) | digit;
  }
  return RequestId::of_words(high, low);
}

static_assert(parse_request_id(request_id_text(RequestId{1, 2, 3, 4}).view()) ==
              RequestId{1, 2, 3, 4});

}  // namespace sallyport::contract
