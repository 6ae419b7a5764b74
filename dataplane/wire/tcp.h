// tcp.h: the TCP header and its options (RFC 9293 3.1, RFC 7323) as values.
//
// Everything here comes from a peer, so nothing is asserted: a lying length is an answer of
// parse(). Urgent data is in-band data (dataplane notes b): the pointer is not even read.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/wire/ip_address.h"

namespace sallyport::wire {

struct TcpOptions {
  uint16_t mss = 0;  // 0: absent
  uint8_t window_scale = 0;
  bool has_window_scale = false;
  bool sack_permitted = false;
  bool has_timestamps = false;
  uint32_t timestamp_value = 0;
  uint32_t timestamp_echo = 0;
  // RFC 2018: at most four, three beside timestamps. As they came: nothing is judged here.
  static constexpr size_t kSackBlocksMax = 4;
  uint8_t sack_count = 0;
  struct SackBlock {
    uint32_t begin = 0;
    uint32_t end = 0;
  };
  std::array<SackBlock, kSackBlocksMax> sack{};
};

struct TcpView {
  static constexpr size_t kBytes = 20;  // without options
  static constexpr size_t kOptionsBytesMax = 40;
  enum Flag : uint8_t {
    Fin = 1,
    Syn = 2,
    Rst = 4,
    Psh = 8,
    Ack = 16,
    Urg = 32,
    Ece = 64,
    Cwr = 128
  };
  enum class Parse : uint8_t { Good, Truncated, BadDataOffset, BadOption };

  uint16_t source_port = 0;
  uint16_t destination_port = 0;
  uint32_t sequence = 0;
  uint32_t acknowledgment = 0;
  uint8_t flags = 0;
  uint16_t window = 0;  // as on the wire, unscaled
  uint16_t header_bytes = 0;
  TcpOptions options;

  bool has(Flag flag) const noexcept { return (flags & flag) != 0; }

  // Header and options; the checksum is tcp_checksum_is_good(). `segment` ends where the IP packet
  // ends.
  [[nodiscard]] static Parse parse(std::span<const uint8_t> segment, TcpView& out) noexcept;
  // Writes header and options (order MSS, SACK-permitted, timestamps, NOP, window scale, SACK
  // blocks) with a zero checksum; answers the header's length. REQUIRES: out.size() >= kBytes +
  // kOptionsBytesMax.
  size_t write(std::span<uint8_t> out) const noexcept;
};

[[nodiscard]] bool tcp_checksum_is_good(const IpAddress& source, const IpAddress& destination,
                                        std::span<const uint8_t> segment) noexcept;
// Puts the checksum into `header` (written by TcpView::write) for the payload pieces that follow
// it.
void write_tcp_checksum(const IpAddress& source, const IpAddress& destination,
                        std::span<uint8_t> header,
                        std::span<const std::span<const uint8_t>> payload) noexcept;

}  // namespace sallyport::wire
