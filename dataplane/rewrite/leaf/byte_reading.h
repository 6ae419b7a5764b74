// byte_reading.h: what a text in UTF-16 says to a reader who takes its bytes for characters.
//
// A byte order mark is a claim. Behind a false one "jo" is one Chinese character, and a vendor that
// does not believe it reads every word. No text in UTF-16 says anything worth replacing in both
// readings, so a value that only the other one has is refused: there is no edit that is right in
// both.
//
// Read are stretches of units that are two characters of text, and of units in the other byte
// order; units below U+0100 part them, so that texts in Latin letters are read once.
// Owner   one text; reusable.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "dataplane/rewrite/text/rewrite_scope.h"
#include "dataplane/rewrite/text/text_rewriter.h"

namespace sallyport::rewrite {

class ByteReading {
 public:
  ByteReading() = default;
  ~ByteReading();

  // `scope` must outlive the text.
  void begin(RewriteScope& scope, bool is_big);
  // The next unit, its bytes as they came. False: scope.refusal says why.
  [[nodiscard]] bool unit(uint8_t first, uint8_t second);
  // `rest`: the byte behind the last unit; none if !has_rest.
  [[nodiscard]] bool end(bool has_rest, uint8_t rest);

 private:
  bool put(uint8_t byte);
  bool settle();
  bool refuse_edits();

  TextRewriter text_;
  RewriteScope* scope_ = nullptr;
  bool is_big_ = false;
  bool in_stretch_ = false;
  bool has_text_ = false;
  uint8_t last_ = 0;  // the byte before the next unit; 0: none
  std::array<uint8_t, 1'024> piece_{};
  size_t piece_size_ = 0;
};

}  // namespace sallyport::rewrite
