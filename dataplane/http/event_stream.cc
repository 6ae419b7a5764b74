#include "dataplane/http/event_stream.h"

#include <algorithm>
#include <array>

#include "dataplane/base/bytes.h"
#include "dataplane/base/check.h"
#include "dataplane/base/crc32.h"
#include "dataplane/mem/wiping_vector.h"

namespace sallyport::http {
namespace {

constexpr size_t kPreludeBytes = 12;  // two sizes and their CRC
constexpr size_t kCrcBytes = 4;
constexpr size_t kFrameBytesMin = kPreludeBytes + kCrcBytes;
constexpr uint8_t kStringType = 7;

uint32_t u32_at(std::span<const uint8_t> bytes, size_t at) noexcept {
  return uint32_t{bytes[at]} << 24 | uint32_t{bytes[at + 1]} << 16 | uint32_t{bytes[at + 2]} << 8 |
         uint32_t{bytes[at + 3]};
}

void put_u32(std::vector<uint8_t>& out, size_t value) {
  const auto v = static_cast<uint32_t>(value);
  const std::array<uint8_t, 4> bytes{static_cast<uint8_t>(v >> 24), static_cast<uint8_t>(v >> 16),
                                     static_cast<uint8_t>(v >> 8), static_cast<uint8_t>(v)};
  mem::append_wiping(out, bytes);
}

// Bytes of the value of a header whose size its type says; -1: it says its size itself, -2: no such
// type.
int fixed_value_size(uint8_t type) noexcept {
  constexpr std::array<int, 10> kSizes{0, 0, 1, 2, 4, 8, -1, -1, 8, 16};
  return type < kSizes.size() ? kSizes[type] : -2;
}

void put_string_header(std::vector<uint8_t>& out, std::string_view name, std::string_view value) {
  SP_CHECK(name.size() <= 0xff && value.size() <= 0x7fff);
  out.push_back(static_cast<uint8_t>(name.size()));
  mem::append_wiping(out, base::bytes_of(name));
  out.push_back(kStringType);
  out.push_back(static_cast<uint8_t>(value.size() >> 8));
  out.push_back(static_cast<uint8_t>(value.size()));
  mem::append_wiping(out, base::bytes_of(value));
}

}  // namespace

std::string_view event_stream_error_name(EventStreamError error) noexcept {
  static constexpr std::array<std::string_view, 6> kNames{
      "none", "bad_prelude_crc", "bad_size", "too_large", "bad_message_crc", "bad_header"};
  return kNames[static_cast<size_t>(error)];
}

void EventStreamSplitter::begin() noexcept {
  buffer_.clear();
  start_ = 0;
  error_ = EventStreamError::None;
}

void EventStreamSplitter::feed(std::span<const uint8_t> bytes) {
  start_ -= buffer_.forget(start_);
  buffer_.append(bytes);
}

EventStreamSplitter::Result EventStreamSplitter::fail(EventStreamError error) noexcept {
  error_ = error;
  return Result::Failed;
}

// The sizes are believed only once their own CRC holds.
EventStreamSplitter::Result EventStreamSplitter::next(EventStreamMessage& out) {
  if (error_ != EventStreamError::None) return Result::Failed;
  const auto bytes = buffer_.bytes().subspan(start_);
  if (bytes.size() < kPreludeBytes) return Result::NeedMore;
  if (base::crc32(bytes.first(8)) != u32_at(bytes, 8)) return fail(EventStreamError::BadPreludeCrc);
  const size_t total = u32_at(bytes, 0);
  const size_t headers = u32_at(bytes, 4);
  if (total < kFrameBytesMin || headers > total - kFrameBytesMin)
    return fail(EventStreamError::BadSize);
  if (total > kSseEventBytesMax) return fail(EventStreamError::TooLarge);
  if (bytes.size() < total) return Result::NeedMore;
  if (base::crc32(bytes.first(total - kCrcBytes)) != u32_at(bytes, total - kCrcBytes))
    return fail(EventStreamError::BadMessageCrc);
  out = EventStreamMessage{};
  out.raw = bytes.first(total);
  out.headers = bytes.subspan(kPreludeBytes, headers);
  out.payload = bytes.subspan(kPreludeBytes + headers, total - kFrameBytesMin - headers);
  if (!read_headers(out)) return fail(EventStreamError::BadHeader);
  start_ += total;
  return Result::Message;
}

// False: it does not add up, or a header that we read stands twice or is no string.
bool EventStreamSplitter::read_headers(EventStreamMessage& out) noexcept {
  std::span<const uint8_t> rest = out.headers;
  while (!rest.empty()) {
    const size_t name_size = rest[0];
    if (name_size == 0 || rest.size() < name_size + 2) return false;
    const std::string_view name = base::text_of(rest.subspan(1, name_size));
    const uint8_t type = rest[name_size + 1];
    rest = rest.subspan(name_size + 2);
    const int fixed = fixed_value_size(type);
    if (fixed == -2) return false;
    size_t value_size = static_cast<size_t>(std::max(fixed, 0));
    if (fixed == -1) {
      if (rest.size() < 2) return false;
      value_size = size_t{rest[0]} << 8 | rest[1];
      rest = rest.subspan(2);
    }
    if (rest.size() < value_size) return false;
    const std::string_view value = base::text_of(rest.first(value_size));
    rest = rest.subspan(value_size);
    std::string_view* known = nullptr;
    if (name == ":message-type") known = &out.message_type;
    if (name == ":event-type" || name == ":exception-type") known = &out.event_type;
    if (name == ":content-type") known = &out.content_type;
    if (known == nullptr) {
      out.has_other_headers = true;
      continue;
    }
    if (type != kStringType || value.empty() || !known->empty()) return false;
    *known = value;
  }
  return true;
}

void write_event_stream_message(std::span<const uint8_t> headers, std::span<const uint8_t> payload,
                                std::vector<uint8_t>& out) {
  const size_t start = out.size();
  put_u32(out, kFrameBytesMin + headers.size() + payload.size());
  put_u32(out, headers.size());
  put_u32(out, base::crc32(std::span<const uint8_t>(out).subspan(start)));
  mem::append_wiping(out, headers);
  mem::append_wiping(out, payload);
  put_u32(out, base::crc32(std::span<const uint8_t>(out).subspan(start)));
}

void write_event_stream_message(std::string_view message_type, std::string_view event_type,
                                std::span<const uint8_t> payload, std::vector<uint8_t>& out) {
  std::vector<uint8_t> headers;
  put_string_header(headers, message_type == "event" ? ":event-type" : ":exception-type",
                    event_type);
  put_string_header(headers, ":content-type", "application/json");
  put_string_header(headers, ":message-type", message_type);
  write_event_stream_message(headers, payload, out);
}

}  // namespace sallyport::http
