// wide_text.h: a text in UTF-16 behind a byte order mark, as Windows programs write files. Read as
// the same text in UTF-8; edits cover whole units and are in UTF-16 again.
//
// A surrogate without its other half reads as U+FFFD, a byte behind the last unit as nothing. What
// its bytes say to a reader who does not believe the mark is read besides (byte_reading.h).
// Owner   one text; reusable.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "dataplane/redact/offset_map.h"
#include "dataplane/rewrite/leaf/byte_reading.h"
#include "dataplane/rewrite/text/limits.h"
#include "dataplane/rewrite/text/rewrite_scope.h"
#include "dataplane/rewrite/text/text_edit.h"
#include "dataplane/rewrite/text/text_rewriter.h"

namespace sallyport::rewrite {

inline constexpr size_t kWideMarkBytes = 2;
// FF FE or FE FF.
bool is_wide_mark(std::span<const uint8_t> head) noexcept;

class WideTextRewriter {
 public:
  WideTextRewriter() : map_(kMapPiecesMax) {}
  ~WideTextRewriter();

  // `scope` must outlive the text. REQUIRES: is_wide_mark(mark).
  void begin(RewriteScope& scope, std::span<const uint8_t> mark);
  // What stands behind the mark, in any chunking. False: scope.refusal says why.
  [[nodiscard]] bool feed(std::span<const uint8_t> raw);
  [[nodiscard]] bool end();
  // In raw offsets, the mark counted.
  EditList& edits() noexcept { return edits_; }

 private:
  bool unit(uint16_t unit);
  bool put(uint32_t character, uint8_t raw_size);
  bool settle();
  void take_edits();
  void put_wide(std::span<const uint8_t> text);
  void put_unit(uint32_t unit);

  TextRewriter text_;
  ByteReading bytes_;
  redact::OffsetMap map_;
  RewriteScope* scope_ = nullptr;
  bool is_big_ = false;
  bool has_byte_ = false;  // the first one of a unit has come
  uint8_t byte_ = 0;
  uint16_t high_ = 0;  // a surrogate that waits for its other half
  uint64_t raw_ = 0;   // of what text_ has or `piece_` holds
  std::array<uint8_t, 1'024> piece_{};
  size_t piece_size_ = 0;
  std::vector<uint8_t> wide_;
  EditList edits_;
};

}  // namespace sallyport::rewrite
