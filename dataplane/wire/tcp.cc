#include "dataplane/wire/tcp.h"

#include <algorithm>

#include "dataplane/base/check.h"
#include "dataplane/wire/bytes.h"
#include "dataplane/wire/checksum.h"
#include "dataplane/wire/ipv4.h"

namespace sallyport::wire {
namespace {

enum Kind : uint8_t {
  End = 0,
  Nop = 1,
  Mss = 2,
  WindowScale = 3,
  SackPermitted = 4,
  Sack = 5,
  Timestamps = 8
};

void parse_sack(const uint8_t* value, size_t count, TcpOptions& out) noexcept {
  out.sack_count = static_cast<uint8_t>(std::min(count, TcpOptions::kSackBlocksMax));
  for (size_t i = 0; i < out.sack_count; ++i)
    out.sack[i] = {load_be32(value + 8 * i), load_be32(value + 8 * i + 4)};
}

// Unknown options are skipped by their length; a known one with a wrong length is skipped as
// unknown.
//= RFC 9293 3.1: option length below 2 or past the header -> refuse the segment
bool parse_options(std::span<const uint8_t> bytes, TcpOptions& out) noexcept {
  size_t at = 0;
  while (at < bytes.size()) {
    const uint8_t kind = bytes[at];
    if (kind == End) return true;
    if (kind == Nop) {
      ++at;
      continue;
    }
    if (bytes.size() - at < 2) return false;
    const uint8_t length = bytes[at + 1];
    if (length < 2 || length > bytes.size() - at) return false;
    const uint8_t* value = bytes.data() + at + 2;
    if (kind == Mss && length == 4) {
      out.mss = load_be16(value);
    } else if (kind == WindowScale && length == 3) {
      out.has_window_scale = true;
      out.window_scale = value[0];
    } else if (kind == SackPermitted && length == 2) {
      out.sack_permitted = true;
    } else if (kind == Timestamps && length == 10) {
      out.has_timestamps = true;
      out.timestamp_value = load_be32(value);
      out.timestamp_echo = load_be32(value + 4);
    } else if (kind == Sack && length >= 10 && (length - 2) % 8 == 0) {
      parse_sack(value, static_cast<size_t>(length - 2) / 8, out);
    }
    at += length;
  }
  return true;
}

size_t write_options(const TcpOptions& options, uint8_t* p) noexcept {
  uint8_t* const begin = p;
  if (options.mss != 0) {
    p[0] = Mss;
    p[1] = 4;
    store_be16(p + 2, options.mss);
    p += 4;
  }
  if (options.sack_permitted) {
    p[0] = SackPermitted;
    p[1] = 2;
    p += 2;
  }
  if (options.has_timestamps) {
    // Two NOPs keep the values aligned when SACK-permitted does not do it already.
    if (!options.sack_permitted) {
      p[0] = Nop;
      p[1] = Nop;
      p += 2;
    }
    p[0] = Timestamps;
    p[1] = 10;
    store_be32(p + 2, options.timestamp_value);
    store_be32(p + 6, options.timestamp_echo);
    p += 10;
  }
  if (options.has_window_scale) {
    p[0] = Nop;
    p[1] = WindowScale;
    p[2] = 3;
    p[3] = options.window_scale;
    p += 4;
  }
  if (options.sack_count > 0) {
    while ((p - begin) % 4 != 2) *p++ = Nop;
    p[0] = Sack;
    p[1] = static_cast<uint8_t>(2 + 8 * options.sack_count);
    p += 2;
    for (size_t i = 0; i < options.sack_count; ++i, p += 8) {
      store_be32(p, options.sack[i].begin);
      store_be32(p + 4, options.sack[i].end);
    }
  }
  while ((p - begin) % 4 != 0) *p++ = Nop;
  return static_cast<size_t>(p - begin);
}

}  // namespace

TcpView::Parse TcpView::parse(std::span<const uint8_t> segment, TcpView& out) noexcept {
  if (segment.size() < kBytes) return Parse::Truncated;
  const uint8_t* p = segment.data();
  out.header_bytes = static_cast<uint16_t>((p[12] >> 4) * 4);
  if (out.header_bytes < kBytes || out.header_bytes > segment.size()) return Parse::BadDataOffset;
  out.source_port = load_be16(p);
  out.destination_port = load_be16(p + 2);
  out.sequence = load_be32(p + 4);
  out.acknowledgment = load_be32(p + 8);
  out.flags = p[13];
  out.window = load_be16(p + 14);
  out.options = TcpOptions{};
  if (!parse_options(segment.subspan(kBytes, out.header_bytes - kBytes), out.options))
    return Parse::BadOption;
  return Parse::Good;
}

size_t TcpView::write(std::span<uint8_t> out) const noexcept {
  SP_CHECK(out.size() >= kBytes + kOptionsBytesMax);
  uint8_t* p = out.data();
  const size_t bytes = kBytes + write_options(options, p + kBytes);
  store_be16(p, source_port);
  store_be16(p + 2, destination_port);
  store_be32(p + 4, sequence);
  store_be32(p + 8, acknowledgment);
  p[12] = static_cast<uint8_t>((bytes / 4) << 4);
  p[13] = flags;
  store_be16(p + 14, window);
  store_be16(p + 16, 0);
  store_be16(p + 18, 0);
  return bytes;
}

bool tcp_checksum_is_good(const IpAddress& source, const IpAddress& destination,
                          std::span<const uint8_t> segment) noexcept {
  Checksum checksum;
  checksum.add_pseudo_header(source, destination, static_cast<uint8_t>(IpProtocol::Tcp),
                             static_cast<uint32_t>(segment.size()));
  checksum.add(segment);
  return checksum.finish() == 0;
}

void write_tcp_checksum(const IpAddress& source, const IpAddress& destination,
                        std::span<uint8_t> header,
                        std::span<const std::span<const uint8_t>> payload) noexcept {
  SP_CHECK(header.size() >= TcpView::kBytes);
  size_t length = header.size();
  for (const auto& piece : payload) length += piece.size();
  store_be16(header.data() + 16, 0);
  Checksum checksum;
  checksum.add_pseudo_header(source, destination, static_cast<uint8_t>(IpProtocol::Tcp),
                             static_cast<uint32_t>(length));
  checksum.add(header);
  for (const auto& piece : payload) checksum.add(piece);
  store_be16(header.data() + 16, checksum.finish());
}

}  // namespace sallyport::wire
