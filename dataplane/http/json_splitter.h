// json_splitter.h: a stream of JSON texts to its texts: one per line (JSON Lines, as Cohere v1
// streams and batch results come), or the elements of one array (as Gemini streams without
// `alt=sse`).
//
// Only where a text begins and ends is looked for; what is in it, and whether it is JSON, is its
// reader's to say. Everything between texts (line ends; '[', ',', ']' and white space) is framing
// and stays as it came. A text of an array is handed over with its last byte: an object does not
// wait for the comma behind it.
//
// Limits  kSseEventBytesMax per text with the framing before it; more is Failed, never cut.
// Owner   one answer; memory is kept for the next one; whatever held bytes is wiped.
#pragma once

#include <cstdint>
#include <span>

#include "dataplane/http/limits.h"
#include "dataplane/mem/text_window.h"

namespace sallyport::http {

struct JsonPiece {
  // All its bytes: framing, text, framing. Pieces joined are the stream.
  std::span<const uint8_t> raw;
  size_t text_offset = 0;  // of the text in `raw`
  size_t text_size = 0;
  bool has_text = false;  // false: framing alone (an empty line, the end of the array)
  bool is_end = false;    // the array's ']'
  std::span<const uint8_t> text() const noexcept { return raw.subspan(text_offset, text_size); }
};

class JsonSplitter {
 public:
  enum class Form : uint8_t { Lines, Array };
  enum class Result : uint8_t { NeedMore, Piece, Failed /* too large, or no framing of a list */ };

  ~JsonSplitter() { begin(form_); }
  void begin(Form form) noexcept;
  // Appends bytes; then call next() until it answers NeedMore.
  void feed(std::span<const uint8_t> bytes);
  // The stream is over: the last line needs no line end. Call next() once more afterwards.
  void end() noexcept { ended_ = true; }
  // The views are valid until the next call on this object.
  [[nodiscard]] Result next(JsonPiece& out);
  // REQUIRES: end(), and next() answered NeedMore. False: the stream was cut inside a text, or
  // before the end of the array.
  bool complete() const noexcept;

 private:
  // Of an array: before '[', before an element or ']', inside one, before ',' or ']', behind ']'.
  enum class State : uint8_t { Open, First, Element, Text, Next, Behind };

  Result next_line(JsonPiece& out);
  Result next_element(JsonPiece& out);
  bool framing_byte(uint8_t c, bool& is_end) noexcept;
  bool text_ends(uint8_t c) noexcept;
  Result piece(JsonPiece& out, size_t text_start, size_t text_end);
  Result fail() noexcept;
  void forget_delivered();

  Form form_ = Form::Lines;
  mem::TextWindow buffer_;
  size_t start_ = 0;  // of the piece being read, in buffer_
  size_t scan_ = 0;   // bytes looked at
  bool ended_ = false;
  bool failed_ = false;
  State state_ = State::Open;
  size_t text_start_ = 0;
  uint32_t depth_ = 0;      // open brackets of the text
  bool in_string_ = false;  // of the text
  bool escaped_ = false;
};

}  // namespace sallyport::http
