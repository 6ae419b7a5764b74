// encoded_file.h: a value of class B in a request: a file in base64, by itself or in a data: URI.
//
//   what                                          what happens
//   base64 of text (plain, CSV, Markdown, JSON)   read like any text; edited text is base64 again
//   base64 of anything else, PDF and UTF-16 too   Binary: the holder counts it as opaque
//   no base64 at all, and data: without it        read as the text that it is
//
// What it is, its first bytes say and not the type beside it (file_rewriter.h does so with the
// files of forms): who calls a text an image gains nothing.
//
// It is harder than to decode, edit and encode again because a document is large and its base64
// goes on behind an edit: an edit whose length is no multiple of three would change every character
// behind it. So blanks are put behind a replacement until it is one, and only the groups of four
// are written anew that the value touches.
//
// Limits  kEncodedHeadBytesMax characters tell what it is. Line ends and other foreign characters
//         between digits are skipped, as decoders do.
// Owner   one JSON text; reusable. Text of it is wiped.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "dataplane/mem/text_window.h"
#include "dataplane/redact/offset_map.h"
#include "dataplane/rewrite/body/json_rewriter.h"
#include "dataplane/rewrite/text/rewrite_scope.h"
#include "dataplane/rewrite/text/text_edit.h"
#include "dataplane/rewrite/text/text_rewriter.h"

namespace sallyport::rewrite {

// The prefix of a data: URI with its parameters, and base64 of as much as a file tells itself by.
inline constexpr size_t kEncodedHeadBytesMax = 1'024;

class EncodedFile {
 public:
  enum class Content : uint8_t { Undecided, Text, Binary };

  EncodedFile();
  ~EncodedFile();

  // `roles`: whose words it is. `scope` must outlive the value.
  void begin(RewriteScope& scope, RoleSet roles);
  // The string, decoded from JSON; any chunking; not once it is Binary. False: scope.refusal says
  // why.
  [[nodiscard]] bool feed(std::span<const uint8_t> text);
  [[nodiscard]] bool end();
  Content content() const noexcept { return content_; }
  // Something in it was replaced.
  bool is_edited() const noexcept { return is_edited_; }
  // Characters of the string that are decided.
  uint64_t edge() const noexcept { return edge_; }
  // In offsets of the string.
  EditList& edits() noexcept { return edits_; }

 private:
  enum class Form : uint8_t { Plain, Encoded };

  bool decide(bool is_whole);
  bool pass(std::span<const uint8_t> text);
  bool decode(std::span<const uint8_t> text);
  bool end_group();
  bool put_rows();
  bool put_group(std::span<const uint8_t> bytes);
  bool put_rest(bool is_last);
  bool read();
  bool take_edits(bool is_end);
  void open_edit(const TextEdit& edit, std::span<const uint8_t> replacement);
  void close_edit(uint64_t until);
  std::span<const uint8_t> decoded(uint64_t start, uint64_t end) const noexcept;
  uint64_t text_edge() const noexcept;
  void wipe() noexcept;

  RewriteScope* scope_ = nullptr;
  RoleSet roles_;
  Content content_ = Content::Undecided;
  Form form_ = Form::Plain;
  bool is_json_ = false;
  bool is_edited_ = false;
  TextRewriter text_;
  std::unique_ptr<ArgumentsRewriter> json_;  // of a document that may be JSON; made when needed
  mem::TextWindow head_;                     // while it is undecided
  uint64_t at_ = 0;                          // characters of the string that were passed
  uint64_t edge_ = 0;

  // Of base64.
  redact::OffsetMap map_;         // decoded bytes to characters of the string
  bool is_url_alphabet_ = false;  // '-' and '_' instead of '+' and '/'
  uint32_t group_ = 0;            // bits of a group that is not whole
  unsigned group_digits_ = 0;
  uint64_t group_start_ = 0;
  uint64_t group_end_ = 0;  // its padding counted
  bool is_padded_ = false;
  uint64_t rows_start_ = 0;  // whole groups side by side that the map does not know yet
  uint64_t rows_ = 0;
  mem::TextWindow fresh_;   // their bytes
  mem::TextWindow window_;  // decoded text from window_start_ on: what an edit may still touch
  uint64_t window_start_ = 0;
  uint64_t kept_ = 0;     // text before it is decided, and the map has forgotten it
  uint64_t decoded_ = 0;  // bytes of it
  bool edit_is_open_ = false;
  uint64_t edit_start_ = 0;  // of its first group
  uint64_t edit_end_ = 0;    // of what is replaced so far
  std::vector<uint8_t> edit_bytes_;
  EditList edits_;
};

}  // namespace sallyport::rewrite
