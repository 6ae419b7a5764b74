// fold.h: the many ways to write a character, folded into one before anything is matched.
//
// What arrives is text as a person or a program sent it; what leaves is what the matcher reads
// (text_view.h), and source_map.h leads back. A function of the text alone: how it is cut does not
// matter. Folded are
//   code points      fold_table.h
//   escapes          \u0031 (surrogate pairs too), \x31, \n \r \t, a backslash before punctuation
//   (JSON or source code inside a
//                    text, Markdown); several backslashes count as one, so JSON inside JSON is read
//                    as well
//   percent          %40 when it means printable ASCII (RFC 3986 2.1); not one alone in its word
//                    that would cut it: "Summer%2024" is a password
//   entities         &#64; &#x40; and the names of ASCII characters (HTML 13.5)
//   quoted-printable =2D in a place that is no assignment: a sign among digits, or a neighbour of
//   the same kind; and its
//                    soft line break (RFC 2045 6.7)
// Not here  base64 and hex (encoded_runs.h), characters with one between (spaced_runs.h).
// Owner  one channel; reusable. At most kFoldHeldBytes are held until the rest of a sequence is
// there.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "dataplane/mem/text_window.h"
#include "dataplane/scan/text/source_map.h"

namespace sallyport::scan {

// Two \uXXXX with eight backslashes each.
inline constexpr size_t kFoldHeldBytes = 32;

class Folder {
 public:
  void begin() noexcept;
  // Appends to `out` and to the map.
  void feed(std::span<const uint8_t> text, mem::TextWindow& out);
  // Nothing comes any more: what is held stands for itself.
  void end(mem::TextWindow& out);
  // What is held is not in the map yet: map().source_size() is where it begins.
  const SourceMap& map() const noexcept { return map_; }
  SourceMap& map() noexcept { return map_; }

 private:
  // Where the next character goes. Folded text is never longer than what it comes from.
  struct Out {
    uint8_t* begin;  // of all that is kept
    uint8_t* at;
  };
  enum class Follows : uint8_t { No, Yes, Unknown };
  static Out open(mem::TextWindow& text, size_t room);
  static void close(const Out& out, mem::TextWindow& text) noexcept;
  size_t bulk(const uint8_t* text, size_t size, bool final, Out& out);
  size_t step(const uint8_t* text, size_t size, bool final, Out& out);
  size_t escape(const uint8_t* text, size_t size, bool final, Out& out);
  size_t unicode_escape(const uint8_t* text, size_t size, size_t slashes, bool final, Out& out);
  size_t percent(const uint8_t* text, size_t size, bool final, Out& out);
  Follows percent_follows(const uint8_t* text, size_t size, bool final) const noexcept;
  size_t entity(const uint8_t* text, size_t size, bool final, Out& out);
  size_t numeric_entity(const uint8_t* text, size_t size, bool final, Out& out);
  static Follows blank_follows(const uint8_t* text, size_t size, bool final) noexcept;
  size_t quoted(const uint8_t* text, size_t size, bool final, Out& out);
  size_t quoted_word(const uint8_t* text, size_t size, bool final, Out& out);
  size_t code_points(const uint8_t* text, size_t size, bool final, Out& out);
  size_t itself(const uint8_t* text, size_t size, Out& out);
  size_t put_out(size_t size, Out& out);
  size_t becomes(uint8_t character, size_t source, uint8_t reason, Out& out);
  size_t becomes_code_point(uint32_t code_point, size_t source, uint8_t reason, Out& out);

  SourceMap map_;
  std::array<uint8_t, kFoldHeldBytes> held_{};
  size_t held_size_ = 0;
  uint8_t last_ = 0;              // the last character that was put out
  bool was_quoted_ = false;       // and it came from =XX
  bool in_quoted_word_ = false;   // one did in this word
  bool in_percent_word_ = false;  // one came from %XX in this word
  bool in_blank_row_ = false;     // a blank came from =20, and only letters and digits since
};

// A word as it stands in folded text; and in lower case (context_words.h). For literals of a
// policy.
std::string folded_text(std::string_view text);
std::string folded_lower(std::string_view text);

}  // namespace sallyport::scan
