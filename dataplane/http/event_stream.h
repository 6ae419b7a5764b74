// event_stream.h: application/vnd.amazon.eventstream, the binary framing of AWS streams, both ways.
//
//   total size u32 | headers size u32 | CRC32 of these 8 | headers | payload | CRC32 of all before
//   header: name size u8 | name | type u8 | value (of a string: size u16, bytes)
//
// All numbers big endian; CRC32 is that of IEEE 802.3 (zlib). A frame is taken only when both CRCs,
// both sizes and every header hold: what two readers could cut differently is not passed on.
// Source  Amazon Event Stream specification (smithy.io/2.0/aws/amazon-eventstream.html).
// Limits  kSseEventBytesMax per frame; more is Failed, never cut.
// Owner   one answer; memory is kept for the next one; whatever held bytes is wiped.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "dataplane/http/limits.h"
#include "dataplane/mem/text_window.h"

namespace sallyport::http {

enum class EventStreamError : uint8_t {
  None,
  BadPreludeCrc,
  BadSize,
  TooLarge,
  BadMessageCrc,
  BadHeader
};
std::string_view event_stream_error_name(EventStreamError error) noexcept;

struct EventStreamMessage {
  std::span<const uint8_t> raw;      // the whole frame
  std::span<const uint8_t> headers;  // their bytes as they stand in it
  std::span<const uint8_t> payload;
  std::string_view message_type;   // ":message-type": event, exception, error
  std::string_view event_type;     // ":event-type", of an exception ":exception-type"
  std::string_view content_type;   // ":content-type"
  bool has_other_headers = false;  // besides these four
};

class EventStreamSplitter {
 public:
  enum class Result : uint8_t { NeedMore, Message, Failed };

  ~EventStreamSplitter() { begin(); }
  void begin() noexcept;
  // Appends bytes; then call next() until it answers NeedMore.
  void feed(std::span<const uint8_t> bytes);
  // The views are valid until the next call on this object.
  [[nodiscard]] Result next(EventStreamMessage& out);
  EventStreamError error() const noexcept { return error_; }
  // Bytes of a frame that is not whole: at the end of the stream it was cut.
  size_t unfinished_bytes() const noexcept { return buffer_.size() - start_; }

 private:
  Result fail(EventStreamError error) noexcept;
  bool read_headers(EventStreamMessage& out) noexcept;

  mem::TextWindow buffer_;
  size_t start_ = 0;  // of the frame being read, in buffer_
  EventStreamError error_ = EventStreamError::None;
};

// Appends one frame with headers as they stood in another one.
void write_event_stream_message(std::span<const uint8_t> headers, std::span<const uint8_t> payload,
                                std::vector<uint8_t>& out);
// Appends one frame of our own: `message_type` event or exception, a JSON payload.
void write_event_stream_message(std::string_view message_type, std::string_view event_type,
                                std::span<const uint8_t> payload, std::vector<uint8_t>& out);

}  // namespace sallyport::http
