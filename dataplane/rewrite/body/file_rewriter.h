// file_rewriter.h: the content of an uploaded file, or of any body that is not the API's own JSON:
// read as what it is, when that can be read at all.
//
//   what        how it is known                                  what happens
//   JSON lines  declared (.jsonl, application/jsonl)             every line by the file's shape
//   JSON        declared (.json, application/json)               by the file's shape
//   text        declared text/*, or no byte that text lacks      one text
//               (in UTF-8, UTF-16 behind a mark, a code page)
//   binary      else: pictures, sound, PDF, archives             counted as opaque
//
// A byte order mark in front of JSON is no part of it and stays.
//
// A declaration makes a reader stricter (what says JSON must be JSON), never blinder: a file that
// says `image/png` and reads like text is read as text.
//
// Owner   one body of one exchange; reusable. The JSON reader is lent by the holder.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "dataplane/rewrite/body/json_rewriter.h"
#include "dataplane/rewrite/body/lines_rewriter.h"
#include "dataplane/rewrite/leaf/byte_mark.h"
#include "dataplane/rewrite/leaf/wide_text.h"
#include "dataplane/rewrite/text/limits.h"
#include "dataplane/rewrite/text/rewrite_scope.h"
#include "dataplane/rewrite/text/text_edit.h"
#include "dataplane/rewrite/text/text_rewriter.h"

namespace sallyport::rewrite {

class FileRewriter {
 public:
  enum class Content : uint8_t { Undecided, Lines, Json, JsonOrText, Text, Opaque };

  FileRewriter() = default;
  ~FileRewriter();

  // `table`: the shape of the file's JSON, its elements that of its lines. Edits go to `edits`, in
  // offsets that count from `raw_start`. All must outlive the file.
  void begin(RewriteScope& scope, const llm::PathTable& table, JsonRewriter& json, EditList& edits,
             uint64_t raw_start, Content declared);
  // Why it was not read, where it turns out to be of a kind that nobody reads; without it: a
  // document.
  void opaque_as(contract::OpaqueReason reason) noexcept { opaque_ = reason; }
  // Any chunking. False: refused, scope.refusal is set or it is not what it says (walk_error()).
  [[nodiscard]] bool feed(std::span<const uint8_t> raw);
  [[nodiscard]] bool end();
  Content content() const noexcept { return content_; }
  llm::WalkError walk_error() const noexcept { return json_->walk_error(); }
  const MessageFacts& facts() const noexcept { return lines_.facts(); }

 private:
  bool decide();
  bool pass_json(std::span<const uint8_t> raw);
  void start();
  bool pass(std::span<const uint8_t> raw);
  bool feed_text(std::span<const uint8_t> raw);
  bool end_text();
  bool is_wide() const noexcept { return mark_size_ == mark_.size() && is_wide_mark(mark_); }
  bool take_edits(EditList& made);

  RewriteScope* scope_ = nullptr;
  llm::PathTable table_;
  JsonRewriter* json_ = nullptr;
  EditList* edits_ = nullptr;
  uint64_t raw_start_ = 0;
  Content content_ = Content::Undecided;
  contract::OpaqueReason opaque_ = contract::OpaqueReason::Document;
  bool is_opaque_counted_ = false;
  LinesRewriter lines_;
  TextRewriter text_;
  std::unique_ptr<WideTextRewriter> wide_text_;  // of a text in UTF-16; made when needed
  std::array<uint8_t, kWideMarkBytes> mark_{};   // the first bytes of a text
  size_t mark_size_ = 0;
  std::unique_ptr<ArgumentsRewriter> arguments_;  // JSON that nobody declared; made when needed
  ByteMark json_mark_;                            // of the file's JSON
  std::array<uint8_t, kSniffBytesMax> sniffed_{};
  size_t sniffed_size_ = 0;
};

// What a file says it is, by its media type and its name; Undecided: nothing that we would read.
FileRewriter::Content declared_content(std::string_view content_type,
                                       std::string_view filename) noexcept;
// What its first bytes say. `is_whole`: there are no more.
FileRewriter::Content sniffed_content(std::span<const uint8_t> bytes, bool is_whole) noexcept;

}  // namespace sallyport::rewrite
